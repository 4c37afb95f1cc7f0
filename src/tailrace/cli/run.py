"""`tailrace run`: the engine alone."""

from __future__ import annotations

import click

from tailrace.cli.duration import DURATION
from tailrace.cli.verb import Invocation, pass_invocation, verb
from tailrace.model.errors import Refused, UsageError


@verb(
    "run",
    "tailrace run --available-now",
    "tailrace -C weblogs run --for 30s --trigger 200ms",
    "tailrace run --available-now --output json",
)
@click.option("--available-now", is_flag=True, help="Read what the inputs hold now, then stop.")
@click.option("--close", is_flag=True, help="Also close open windows at the end.")
@click.option("--for", "for_seconds", type=DURATION, metavar="T", help="Stop after this long.")
@click.option(
    "--trigger", type=DURATION, metavar="T", help="Time between batches; 0 = as soon as data is there."
)
@click.option("--engine", default="embedded", show_default=True, metavar="E", help="Which engine runs.")
@pass_invocation
def command(
    call: Invocation,
    available_now: bool,
    close: bool,
    for_seconds: float | None,
    trigger: float | None,
    engine: str,
) -> int:
    """Run the engine of a project until it is interrupted, or done.

    Each batch is a line on stderr. The answer, at the end, is the account of every dataset over this run:
    in = kept + filtered + late + duplicate + error. The exit code is 1 if anything is parked, halted or
    stale.
    """
    if engine != "embedded":
        raise Refused(f"The engine {engine!r} is not executed yet.", hint="leave --engine out")
    if close and not available_now:
        raise UsageError("--close goes with --available-now.")
    return run_engine(call, available_now, for_seconds, trigger)


def run_available(call: Invocation) -> int:
    """Read what the inputs hold now, then answer with the accounts."""
    return run_engine(call, True, None, None)


def run_engine(
    call: Invocation, available_now: bool, for_seconds: float | None, trigger: float | None
) -> int:
    """Run, answer with the accounts of this run, and give the exit code."""
    from tailrace.catalog.accounts import COLUMNS, Totals
    from tailrace.cli.progress import BatchLines, tell_summary
    from tailrace.model.batch import Decision
    from tailrace.runtime.project import open_project
    from tailrace.runtime.run import RunOptions, run_project

    opened = open_project(call.directory, call.profile)
    totals = Totals()
    lines = BatchLines(goes_on=not available_now)

    def on_batch(decision: Decision) -> None:
        totals.add(decision)
        lines.tell(decision)

    options = RunOptions(available_now, for_seconds, trigger)
    summary = run_project(opened, options, "run", on_batch, on_trouble=lines.trouble)
    tell_summary(summary)
    call.answer(totals.rows(), COLUMNS)
    return summary.exit_code
