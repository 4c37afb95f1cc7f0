"""`tailrace fsck`: the lake against the batch log."""

from __future__ import annotations

import click

from tailrace.cli.verb import Invocation, pass_invocation, verb

COLUMNS = ("subject", "check", "result", "problem")


@verb("fsck", "tailrace fsck", "tailrace fsck --rebuild")
@click.option("--rebuild", is_flag=True, help="Write a new batch log where it was lost.")
@pass_invocation
def command(call: Invocation, rebuild: bool) -> int:
    """Check that batch log, tables, files and accounts agree; the exit code is 1 if they do not.

    --rebuild is for a lake whose batch log is gone: it writes a seal that goes on from the tables'
    own transactions and the positions that their newest commits carry. Nothing is deleted.
    """
    from tailrace.engine import fsck
    from tailrace.runtime.doors import open_doors
    from tailrace.runtime.project import load_settings

    project = load_settings(call.directory, call.profile)
    with open_doors(project.root, project.paths) as doors:
        if rebuild:
            m = fsck.rebuild(doors)
            click.echo(f"Wrote the seal 0-{m}; the next batch is {m + 1}.", err=True)
            return 0
        findings = fsck.check(doors)
    rows = [
        {"subject": f.subject, "check": f.check, "result": fsck.verdict(f), "problem": f.problem}
        for f in findings
    ]
    call.answer(rows, COLUMNS)
    return 1 if any(finding.problem for finding in findings) else 0
