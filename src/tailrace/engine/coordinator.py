"""The coordinator: one sequence of batches over all components, recovered, fenced, one at a time.

Streaming components take turns; a view is refreshed after its inputs changed, at most every
max(refresh, 10 x its last duration). At most one decided batch is unfinished.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeVar

from tailrace.duck.connection import ResourceErrors
from tailrace.engine import ends as inputs
from tailrace.engine.batch import Given, StreamBatch
from tailrace.engine.commands import waiting
from tailrace.engine.complete import Carrier, complete
from tailrace.engine.doors import Doors
from tailrace.engine.edits import add_columns, check_edits
from tailrace.engine.files import SeenFiles
from tailrace.engine.maintain import Maintenance
from tailrace.engine.plan import Ends, Limits
from tailrace.engine.recover import recover
from tailrace.engine.refresh import ViewBatch, is_due, view_positions
from tailrace.engine.reset import reset_topic
from tailrace.engine.stage import ensure_tables
from tailrace.engine.standing import Standing, descendants, flow_keys
from tailrace.model.batch import Decision
from tailrace.model.errors import EnvironmentFailure, Halt
from tailrace.project.compiled import CompiledProject, Component
from tailrace.project.definition import definition_json

T = TypeVar("T")

RETRIES = (0.1, 0.5, 2.0, 5.0)
"""Seconds to wait before a batch that failed for the environment is tried again."""


MAINTENANCE_BATCHES = 10
"""While there is always work, tables are looked after once in so many rounds."""


@dataclass(frozen=True)
class Options:
    """How the engine runs. Times in seconds."""

    trigger: float = 1.0
    refresh: float = 5.0
    limits: Limits = field(default_factory=Limits)


@dataclass
class Summary:
    """What a run did, for the command line and the ledger."""

    batches: int = 0
    decisions: list[int] = field(default_factory=list)
    parked: dict[str, str] = field(default_factory=dict)
    stale: dict[str, str] = field(default_factory=dict)
    halted: dict[str, str] = field(default_factory=dict)
    account_bug: bool = False

    @property
    def exit_code(self) -> int:
        return 1 if self.parked or self.stale or self.halted or self.account_bug else 0


class Coordinator:
    """Runs the batches of a project. Make one per process; call `start` first."""

    def __init__(
        self,
        doors: Doors,
        project: CompiledProject,
        options: Options,
        new_attempt: Callable[[], str],
        carriers: Mapping[str, Carrier] | None = None,
        script: Mapping[int, Decision] | None = None,
    ) -> None:
        """`script`: decisions of an undisturbed run whose plans and times are to be carried out again."""
        self.doors = doors
        self.project = project
        self.options = options
        self.summary = Summary()
        self.standing = Standing()
        self.on_batch: Callable[[Decision], None] = lambda decision: None
        self.on_trouble: Callable[[str], None] = lambda message: None
        self.stopping: Callable[[], bool] = lambda: False
        self._completing: tuple[Decision, Future[None]] | None = None
        self._thread = ThreadPoolExecutor(1, "complete")
        self._new_attempt = new_attempt
        self._carriers = carriers or {}
        self._script = script or {}
        self._definitions: dict[str, str] = {}
        self._seen = SeenFiles()
        self._maintenance = Maintenance(doors)
        self._view_durations: dict[str, float] = {}
        self._view_times: dict[str, float] = {}
        self._batches_since_care = 0
        self._patient = False

    @property
    def completing(self) -> bool:
        """Whether a decided batch is in its steps 7 to 9 right now."""
        return self._completing is not None and not self._completing[1].done()

    def start(self) -> None:
        """Recover, check edits, create tables, store definitions. Raises Stop or Refused."""
        self.standing = recover(self.doors, self._carriers)
        self._seen = SeenFiles.load(self.doors)
        self._definitions = {
            name: self.doors.definitions.store(definition_json(dataset))
            for name, dataset in self.project.datasets.items()
        }
        widened = check_edits(self.doors, self.project, self.standing)
        ensure_tables(self.doors, self.project)
        for component, columns in widened.items():
            decision = add_columns(
                self.doors, self.project, component, columns, self.standing, self._given(), self._definitions
            )
            self._complete(decision)

    def close(self) -> None:
        """Wait until nothing is carried out beside this thread any more."""
        self._thread.shutdown(wait=True)
        self._maintenance.close()

    def interrupted(self) -> Summary:
        """What was done until an interruption ended the run, with where the datasets stand."""
        self._note_standing()
        return self.summary

    def run_available(self) -> Summary:
        """Read what the inputs hold now, refresh each changed view once, tell the effects; then return."""
        self.take_commands()
        self.settle()
        streams = self.streams()
        fixed = {component.name: self._ends(component, wait_stable=True) for component in streams}
        progress = True
        while progress and not self.stopping():
            progress = False
            for component in streams:
                known = fixed[component.name]
                if known is not None and self.run_batch(component, fixed=known) is not None:
                    progress = True
                    self._care(busy=True)
        for component in self.project.components:
            if component.name.startswith("view:"):
                inputs.wait_stable(self.doors, self.project, component)
        self.refresh_views(every=True)
        self.settle()
        if not self.stopping():
            self._care(busy=False)
        self._note_standing()
        return self.summary

    def run_continuously(self, until: Callable[[], bool]) -> Summary:
        """Run batches as data comes until `until()` is true; sleep by the trigger in between."""
        clock = self.doors.clock
        self._patient = True
        while not until() and not self.stopping():
            started = clock.monotonic()
            worked = self.turn()
            if until() or self.stopping():
                break
            spent = clock.monotonic() - started
            if self.options.trigger > spent:
                clock.sleep(
                    min(self.options.trigger - spent, 0.25) if not worked else self.options.trigger - spent
                )
            elif not worked:
                clock.sleep(0.005)
        self.settle()
        self._note_standing()
        return self.summary

    def turn(self) -> bool:
        """One round: commands, one batch per component, due views, maintenance. True if a batch was made."""
        self.take_commands()
        worked = False
        for component in self.streams():
            worked = self.run_batch(component) is not None or worked
        worked = self.refresh_views() or worked
        self._care(worked)
        return worked

    def _care(self, busy: bool) -> None:
        """Look after tables and topics: when there is time, or after some batches."""
        self._batches_since_care += busy
        if busy and self._batches_since_care < MAINTENANCE_BATCHES:
            return
        self.settle()
        self._batches_since_care = 0
        self._maintenance.run(self.project, self.standing, busy)

    def streams(self) -> list[Component]:
        """Components that are not views, in order."""
        return [c for c in self.project.components if not c.name.startswith("view:")]

    def run_batch(
        self, component: Component, fixed: Ends | None = None, force: bool = False
    ) -> Decision | None:
        """Plan, carry out and complete one batch of a component; None if it has nothing to read."""
        try:
            return self._persistently(lambda: self._batch(component, fixed, force))
        except Halt as halt:
            self._halt(component, halt)
            return None

    def _halt(self, component: Component, halt: Halt) -> None:
        """Note why the component waits; a run that goes on says so at once."""
        before = self.summary.halted.get(component.name)
        self.summary.halted[component.name] = str(halt)
        if self._patient and before != str(halt):
            self.on_trouble(f"{component.name} waits: {halt}")

    def _persistently(self, attempt: Callable[[], T]) -> T:
        """Try again what fails for the environment - disk, network, memory - with longer and longer pauses."""
        pauses = self._pauses()
        while True:
            try:
                return attempt()
            except (EnvironmentFailure, OSError, *ResourceErrors) as failure:
                pause = next(pauses)
                if pause is None or self.stopping():
                    raise EnvironmentFailure(f"{failure}") from failure
                self.on_trouble(f"{failure} Trying again in {pause:g} s.")
                self.doors.clock.sleep(pause)

    def _pauses(self) -> Iterator[float | None]:
        """How long to wait before each new try; a run that goes on for ever never gives up."""
        yield from RETRIES
        while self._patient:
            yield RETRIES[-1]
        yield None

    def refresh_views(self, every: bool = False) -> bool:
        """Refresh views whose inputs changed, in dependency order. `every`: without waiting their time."""
        worked = False
        for component in self.project.components:
            if not component.name.startswith("view:") or self.stopping():
                continue
            name = component.datasets[0]
            if every or self._is_time(name):
                worked = self._persistently(partial(self._refresh, name)) or worked
        return worked

    def take_commands(self) -> None:
        """Carry out waiting commands; each is removed once its effect is decided."""
        for path, command in waiting(self.doors.data):
            self.settle()
            if command.verb == "resume":
                self._resume(command.target)
            else:
                for component in self.streams():
                    decision = reset_topic(
                        self.doors, self.project, component, self.standing, self._given(), command
                    )
                    if decision is not None:
                        self.summary.halted.pop(component.name, None)
                        self._complete(decision)
            self.settle()
            path.unlink(missing_ok=True)

    def _batch(self, component: Component, fixed: Ends | None, force: bool) -> Decision | None:
        found = self._ends(component)
        if found is None:
            return None
        if fixed is not None:
            found = inputs.bounded(found, fixed)
        given = self._given()
        if given.plan is not None:
            found = inputs.given_ends(found, given.plan)
        batch = StreamBatch(
            self.doors,
            self.project,
            component,
            self.standing,
            self.options.limits,
            self._definitions,
            self._seen,
            self.settle,
        )
        decision = batch.decide(given, found, force)
        self.summary.account_bug = self.summary.account_bug or batch.account_bug
        if decision is not None:
            self.summary.halted.pop(component.name, None)
            self._complete(decision)
        return decision

    def _ends(self, component: Component, wait_stable: bool = False) -> Ends | None:
        if wait_stable:
            inputs.wait_stable(self.doors, self.project, component)
        try:
            return inputs.find_ends(
                self.doors,
                self.project,
                component,
                self.standing,
                self._seen,
                self.options.limits,
                self.settle,
            )
        except Halt as halt:
            self._halt(component, halt)
            return None

    def _refresh(self, name: str, again: bool = False) -> bool:
        """Refresh a view if its inputs or its query changed, or `again`."""
        dataset = self.project.datasets[name]
        self.settle()
        positions = view_positions(self.doors, dataset, self.standing)
        changed = self.standing.definitions.get(name) != self._definitions[name]
        if not again and not changed and not is_due(dataset, self.standing, positions):
            return False
        batch = ViewBatch(self.doors, self.project, dataset, self.standing, self._definitions[name])
        started = self.doors.clock.monotonic()
        decision = batch.decide(self._given(), positions)
        self.summary.account_bug = self.summary.account_bug or batch.account_bug
        self._complete(decision)
        self._view_times[name] = self.doors.clock.monotonic()
        self._view_durations[name] = self._view_times[name] - started
        return True

    def _is_time(self, name: str) -> bool:
        if name not in self._view_times:
            return True
        wait = max(self.options.refresh, 10 * self._view_durations.get(name, 0.0))
        return self.doors.clock.monotonic() - self._view_times[name] >= wait

    def _complete(self, decision: Decision) -> None:
        """Carry a decided batch to its end beside the next one's steps 1 to 5."""
        self.settle()
        self.standing = self.standing.after(decision)
        self._seen.note(self.doors, decision)
        self.summary.batches += 1
        self.summary.decisions.append(decision.n)
        self._submit(decision)

    def _submit(self, decision: Decision) -> None:
        self._completing = (decision, self._thread.submit(complete, self.doors, decision, self._carriers))

    def settle(self) -> None:
        """Return when no decided batch is unfinished; raises what its completion raised.

        What the environment refused is begun again, so that whoever asks next finds out whether it goes now.
        """
        if self._completing is None:
            return
        decision, future = self._completing
        try:
            future.result()
        except (EnvironmentFailure, OSError, *ResourceErrors):
            self._submit(decision)
            raise
        self._completing = None
        self.on_batch(decision)

    def _given(self) -> Given:
        n = self.standing.n + 1
        scripted = self._script.get(n)
        if scripted is not None:
            return Given(n, self._new_attempt(), scripted.planned_us, scripted.plan)
        return Given(n, self._new_attempt(), self.doors.clock.now_us())

    def _resume(self, name: str) -> None:
        """Let a parked dataset, and what waits only for it, go on from where it stands."""
        names = [name, *descendants(self.project, name)]
        keys = {key for item in names for key in flow_keys(self.project.datasets[item])}
        flows = {
            key: replace(flow, state="catching_up", reason=None)
            if key in keys and flow.state in ("parked", "stale")
            else flow
            for key, flow in self.standing.flows.items()
        }
        self.standing = replace(self.standing, flows=flows)
        for component in self.streams():
            if set(component.datasets) & set(names):
                self.run_batch(component, force=True)
        if self.project.datasets[name].view is not None:
            self._refresh(name, again=True)

    def _note_standing(self) -> None:
        live = {key: d.name for d in self.project.datasets.values() for key in flow_keys(d)}
        for key, flow in self.standing.flows.items():
            if key in live and flow.state == "parked":
                self.summary.parked[key] = flow.reason or ""
            elif key in live and flow.state == "stale":
                self.summary.stale[key] = flow.reason or ""
