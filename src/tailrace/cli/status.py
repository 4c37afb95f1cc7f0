"""`tailrace status`: what is going on."""

from __future__ import annotations

from tailrace.cli.verb import Invocation, pass_invocation, verb

COLUMNS = ("dataset", "kind", "state", "last_batch", "rows", "files", "lag", "reason")


@verb("status", "tailrace status", "tailrace -C weblogs status --output json")
@pass_invocation
def command(call: Invocation) -> int:
    """Show every dataset: where it stands, how many rows it has, how far it is behind its topics.

    lag counts records that are in the topics and not yet in the dataset. The exit code is 1 if a dataset
    is parked or stale, or waits for a topic that is gone or another one (halted).
    """
    from tailrace.runtime.project import open_reader
    from tailrace.runtime.status import dataset_status

    rows = dataset_status(open_reader(call.directory, call.profile))
    call.answer(rows, COLUMNS)
    return 1 if any(row["state"] in ("parked", "stale", "halted") for row in rows) else 0
