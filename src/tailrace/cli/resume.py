"""`tailrace resume`: let a parked dataset go on."""

from __future__ import annotations

import click

from tailrace.cli.verb import Invocation, pass_invocation, verb
from tailrace.model.errors import UsageError


@verb("resume", "tailrace resume silver.web_logs")
@click.argument("dataset", metavar="D")
@pass_invocation
def command(call: Invocation, dataset: str) -> int:
    """Let a parked dataset, and what waits for it, go on from where it stands.

    The command is left for the engine and taken at the next batch border, or by the next `tailrace run`.
    """
    from tailrace.engine.commands import Command, send
    from tailrace.engine.standing import flow_keys
    from tailrace.runtime.project import open_reader

    reader = open_reader(call.directory, call.profile)
    name = dataset.lower()
    if name not in reader.compiled.datasets:
        raise UsageError(
            f"There is no dataset {dataset!r}.", hint=f"there are {', '.join(reader.compiled.datasets)}"
        )
    standing = reader.standing()
    states = {
        standing.flows[k].state for k in flow_keys(reader.compiled.datasets[name]) if k in standing.flows
    }
    if not states & {"parked", "stale"}:
        raise UsageError(f"{name} is not parked.", hint="`tailrace status` shows where datasets stand")
    send(reader.paths.data, Command("resume", name), f"{reader.clock.now_us():020}")
    click.echo(
        f"{name} resumes at the next batch border of the engine, or with the next `tailrace run`.", err=True
    )
    return 0
