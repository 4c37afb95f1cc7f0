"""Running the engine of a project: doors, coordinator, signals, the run's line in the ledger."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tailrace.duck.connection import ExecutionError
from tailrace.engine.coordinator import Coordinator, Options, Summary
from tailrace.engine.decide import Abandoned
from tailrace.engine.doors import Doors
from tailrace.engine.plan import Limits
from tailrace.model import faults
from tailrace.model.batch import Decision
from tailrace.model.clock import Clock, SystemClock
from tailrace.project.project import Project
from tailrace.runtime.doors import open_doors
from tailrace.runtime.orphans import end_with_supervisor
from tailrace.runtime.project import Opened, allowed_folders
from tailrace.runtime.signals import Interrupted, handle_signals


@dataclass(frozen=True)
class RunOptions:
    """How to run. `for_seconds`: stop after that long; `trigger` None takes the project's."""

    available_now: bool = False
    for_seconds: float | None = None
    trigger: float | None = None
    fault: tuple[str, int] | None = None
    script: Mapping[int, Decision] | None = None


def run_project(
    opened: Opened,
    options: RunOptions,
    command: str,
    on_batch: Callable[[Decision], None] = lambda decision: None,
    on_start: Callable[[Doors], None] = lambda doors: None,
    on_trouble: Callable[[str], None] = lambda message: None,
    clock: Clock | None = None,
    attempt: str | None = None,
) -> Summary:
    """Run until it is done, its time is over, or somebody interrupts; returns what it did."""
    end_with_supervisor()
    project, compiled = opened.project, opened.compiled
    clock = clock or SystemClock()
    if options.fault is not None:
        faults.arm(*options.fault)
    with open_doors(project.root, project.paths, clock, allowed_folders(project)) as doors:
        run = doors.ledger.start_run(command, clock.now_us())
        coordinator = Coordinator(
            doors,
            compiled,
            engine_options(project, options),
            _attempts(attempt or uuid.uuid4().hex[:8]),
            script=options.script,
        )
        coordinator.on_batch = on_batch
        coordinator.on_trouble = on_trouble
        exit_code = 1
        try:
            with handle_signals(lambda: coordinator.completing, doors.interruption):
                coordinator.stopping = doors.interruption
                create_topics(doors, project)
                opened.schemas.remember()
                coordinator.start()
                on_start(doors)
                _work(coordinator, options, clock)
            exit_code = coordinator.summary.exit_code
        except (Interrupted, Abandoned, ExecutionError, RuntimeError):
            # What a signal handler raises while a query runs becomes one of DuckDB's errors.
            if not doors.interruption.asked:
                raise
            exit_code = coordinator.interrupted().exit_code
        finally:
            coordinator.close()
            doors.ledger.end_run(run, clock.now_us(), exit_code, coordinator.summary.batches)
        return coordinator.summary


def _work(coordinator: Coordinator, options: RunOptions, clock: Clock) -> None:
    if options.available_now:
        coordinator.run_available()
        return
    started = clock.monotonic()

    def is_over() -> bool:
        return options.for_seconds is not None and clock.monotonic() - started >= options.for_seconds

    coordinator.run_continuously(is_over)


def create_topics(doors: Doors, project: Project) -> None:
    """Create the topics that the project's settings name; those that are there keep their records and partitions,
    and from now on what the settings say."""
    for name, topic in project.settings.topics.items():
        kept = topic.retention
        limits = (kept.time, kept.bytes) if kept else (None, None)
        doors.log.create(name, topic.partitions, *limits)
        doors.log.set_retention(name, *limits)


def engine_options(project: Project, options: RunOptions) -> Options:
    """The engine's options from the project's settings and the command line."""
    engine = project.settings.engine
    return Options(
        trigger=engine.trigger if options.trigger is None else options.trigger,
        refresh=engine.refresh,
        limits=Limits(engine.rows_max, engine.bytes_max),
    )


def _attempts(prefix: str) -> Callable[[], str]:
    """Ids of attempts: unique over runners by the prefix, within one by counting."""
    number = 0

    def new() -> str:
        nonlocal number
        number += 1
        return f"{prefix}{number:x}"

    return new
