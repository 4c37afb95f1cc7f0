"""`tailrace prove`: exactly once, shown on your own pipeline."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tailrace.cli.verb import Invocation, pass_invocation, verb

if TYPE_CHECKING:
    from tailrace.proof.prove import Outcome

COLUMNS = ("point", "batch", "runners", "lost", "result", "differences")


@verb("prove", "tailrace prove", "tailrace prove --pairwise", "tailrace prove --point decided --output json")
@click.option(
    "--point", "points", multiple=True, metavar="P", help="Only this fault point (may be repeated)."
)
@click.option(
    "--pairwise", is_flag=True, help="Also lose ledger, state or a commit, and let two runners recover."
)
@click.option("--all", "everything", is_flag=True, help="Every combination (long).")
@pass_invocation
def command(call: Invocation, points: tuple[str, ...], pairwise: bool, everything: bool) -> int:
    """Kill the engine at every step and compare the tables with those of an undisturbed run.

    It works on what the project's topics and files hold now, in a folder of its own: lake and run-time
    files of the project are not touched. The exit code is 1 if anything differs.
    """
    from tailrace.model.errors import UsageError
    from tailrace.proof.prove import KILL_POINTS, Prover, all_cases, pairwise_cases, simple_cases
    from tailrace.runtime.project import open_project

    unknown = set(points) - set(KILL_POINTS)
    if unknown:
        raise UsageError(
            f"There is no fault point {', '.join(sorted(unknown))}.",
            hint=f"there are {', '.join(KILL_POINTS)}",
        )
    cases = all_cases() if everything else pairwise_cases() if pairwise else simple_cases()
    cases = [case for case in cases if not points or case.point in points]
    open_project(call.directory, call.profile)  # a wrong project is told here, with exit code 2
    outcomes: list[Outcome] = []
    with tempfile.TemporaryDirectory(prefix="tailrace-prove-") as work:
        prover = Prover(Path(call.directory).resolve(), call.profile, Path(work))
        batches = prover.record()
        click.echo(f"The undisturbed run made {batches} batches; {len(cases)} cases follow.", err=True)
        for outcome in prover.outcomes(cases, batches) if batches else ():
            outcomes.append(outcome)
            click.echo(f"{_result(outcome):12} {outcome.case}", err=True)
    call.answer([_row(outcome) for outcome in outcomes], COLUMNS)
    return 1 if any(outcome.differences for outcome in outcomes) else 0


def _result(outcome: Outcome) -> str:
    if not outcome.reached:
        return "not reached"
    return "DIFFERENT" if outcome.differences else "equal"


def _row(outcome: Outcome) -> dict[str, object]:
    case = outcome.case
    differences = "; ".join(f"{d.subject}: {d.what}" for d in outcome.differences)
    return {
        "point": case.point,
        "batch": case.batch,
        "runners": case.runners,
        "lost": case.lost,
        "result": _result(outcome),
        "differences": differences or None,
    }
