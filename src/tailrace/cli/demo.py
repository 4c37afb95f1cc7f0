"""`tailrace demo`: a template that runs at once."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import click

from tailrace.cli.duration import DURATION
from tailrace.cli.verb import Invocation, pass_invocation, verb

DEMO_SECONDS = 10.0
DEMO_PROFILE = "load"
"""Ten records a second are true to life and dull to look at."""
QUERIES = {
    "weblogs": "SELECT category, type, sum(visits) AS visits FROM gold.visits_daily "
    "GROUP BY category, type ORDER BY visits DESC, category, type LIMIT 10",
    "turnstile": "SELECT station, linename, sum(entries) AS entries, sum(exits) AS exits "
    "FROM gold.report_station_day GROUP BY station, linename ORDER BY entries DESC LIMIT 10",
}
"""What a demo shows at its end."""


@verb("demo", "tailrace demo", "tailrace demo turnstile", "tailrace demo weblogs --for 30s")
@click.argument("template", default="weblogs", metavar="[T]")
@click.option(
    "--for",
    "for_seconds",
    type=DURATION,
    metavar="T",
    help="Run this long (default: 10s; on a terminal until Ctrl-C).",
)
@pass_invocation
def command(call: Invocation, template: str, for_seconds: float | None) -> int:
    """Make a project from a template in ./demo/T, run it, and show what it made.

    A demo that was made before goes on where it stopped.
    """
    from tailrace.cli.run import run_available
    from tailrace.cli.up import run_up
    from tailrace.runtime.session import load
    from tailrace.runtime.templates import make_project

    folder = Path(call.directory) / "demo" / template
    if not folder.exists():
        make_project(folder, template)
        click.echo(f"Made the project {folder}.", err=True)
    inside = Invocation(str(folder), call.profile, call.output)
    if template == "weblogs":
        seconds = for_seconds
        if seconds is None and not sys.stdout.isatty():
            seconds = DEMO_SECONDS
        inside.profile = call.profile or DEMO_PROFILE
        click.echo(
            "Running engine and sources" + (f" for {seconds:g} s." if seconds else "; Ctrl-C stops."),
            err=True,
        )
        run_up(inside, seconds, 0.2, settled=True)
    else:
        code = run_available(inside)
        if code:
            return code
    result = load(folder).sql(QUERIES[template])
    click.echo("")
    inside.answer(
        [dict(zip([n for n, _ in result.columns], row, strict=True)) for row in result.fetchall()],
        [name for name, _ in result.columns],
    )
    click.echo(f"\nTables are in {folder / 'lake'}; each is a Delta table.", err=True)
    click.echo(f'Ask them: {_program()} -C {folder} query "SELECT * FROM system.accounts"', err=True)
    return 0


def _program() -> str:
    """How this program is called from here: by its name, if that finds it."""
    called = Path(sys.argv[0])
    if called.name != "tailrace" or shutil.which("tailrace") == shutil.which(str(called)):
        return "tailrace"
    return str(called)
