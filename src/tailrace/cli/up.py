"""`tailrace up`: engine and sources, with a live picture."""

from __future__ import annotations

import click

from tailrace.cli.duration import DURATION
from tailrace.cli.verb import Invocation, pass_invocation, verb
from tailrace.model.errors import DataError


@verb("up", "tailrace -C weblogs up", "tailrace -C weblogs up --for 30s --trigger 200ms")
@click.option("--for", "for_seconds", type=DURATION, metavar="T", help="Stop after this long.")
@click.option(
    "--trigger", type=DURATION, metavar="T", help="Time between batches; 0 = as soon as data is there."
)
@pass_invocation
def command(call: Invocation, for_seconds: float | None, trigger: float | None) -> int:
    """Run a project: its sources fill the topics, its engine carries the data on, until Ctrl-C.

    On a terminal a live picture shows rates, lag and accounts per dataset. Engine and sources are
    processes of their own; what they say is in the project's run-time folder (engine.log, sources.log).
    The answer, at the end, is the account of every dataset.
    """
    run_up(call, for_seconds, trigger)
    return 0


def run_up(call: Invocation, for_seconds: float | None, trigger: float | None, settled: bool = False) -> None:
    """Supervise until it is over, then answer with the accounts. Raises DataError if a child failed.

    `settled`: carry on what the topics still hold and refresh the views first, so that all tables agree.
    """
    from tailrace.catalog.accounts import COLUMNS
    from tailrace.cli.live import live_picture
    from tailrace.model.clock import SystemClock
    from tailrace.model.interruption import Interruption
    from tailrace.runtime.picture import Watcher
    from tailrace.runtime.project import open_project
    from tailrace.runtime.run import RunOptions, run_project
    from tailrace.runtime.signals import Interrupted, handle_signals
    from tailrace.runtime.up import Ended, children_of, refuse_beside, supervise

    opened = open_project(call.directory, call.profile)
    refuse_beside(opened.project.paths.state)
    watcher = Watcher(opened.project, opened.compiled)
    clock = SystemClock()
    started = clock.monotonic()
    ended = Ended(0)
    stopping = Interruption()
    with handle_signals(lambda: True, stopping):

        def over() -> bool:
            late = for_seconds is not None and clock.monotonic() - started >= for_seconds
            return stopping() or late

        try:
            with live_picture(watcher, list(opened.compiled.datasets)) as picture:
                ended = supervise(children_of(opened.project, call.profile, trigger), over, picture.look)
        except Interrupted:
            ended = Ended(0)
    if ended.exit_code:
        raise DataError(f"The {ended.child} ended with exit code {ended.exit_code}: {ended.words}")
    if settled:
        run_project(opened, RunOptions(available_now=True), "up")
    watcher.look()
    call.answer(watcher.picture.totals.rows(), COLUMNS)
