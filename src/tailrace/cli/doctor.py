"""`tailrace doctor`: this machine and the project's folders."""

from __future__ import annotations

import click

from tailrace.cli.verb import Invocation, pass_invocation, verb

COLUMNS = ("check", "found", "problem", "fixed")


@verb("doctor", "tailrace doctor", "tailrace -C weblogs doctor --fix")
@click.option("--fix", is_flag=True, help="Make missing folders, remove left-over temporary files.")
@pass_invocation
def command(call: Invocation, fix: bool) -> int:
    """Check what Tailrace relies on: versions, folders, put-if-absent, syncing, disk, running engines.

    The exit code is 1 if something is not as it must be.
    """
    from tailrace.runtime.doctor import examine
    from tailrace.runtime.project import load_settings

    findings = examine(load_settings(call.directory, call.profile), fix)
    call.answer([vars(finding) for finding in findings], COLUMNS)
    return 1 if any(finding.problem for finding in findings) else 0
