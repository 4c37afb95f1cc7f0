"""`tailrace status`: what is going on."""

from __future__ import annotations

from tailrace.cli.project import tell_errors
from tailrace.cli.verb import Invocation, pass_invocation, verb

COLUMNS = ("dataset", "kind", "state", "last_batch", "rows", "files", "lag", "reason")


@verb("status", "tailrace status", "tailrace -C weblogs status --output json")
@pass_invocation
def command(call: Invocation) -> int:
    """Show every dataset: where it stands, how many rows it has, how far it is behind its topics.

    lag counts records that are in the topics and not yet in the dataset. The exit code is 1 if a dataset
    is parked or stale, waits for a topic that is gone or another one (halted), or the project is wrong (invalid).
    """
    from tailrace.runtime.project import open_usable_reader
    from tailrace.runtime.status import dataset_status

    reader = open_usable_reader(call.directory, call.profile)
    tell_errors(reader.errors)
    rows = dataset_status(reader)
    call.answer(rows, COLUMNS)
    wrong = any(row["state"] in ("parked", "stale", "halted", "invalid") for row in rows)
    return 1 if wrong or reader.errors else 0
