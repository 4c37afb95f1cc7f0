"""`tailrace rejected`: the rows that were not kept, and why."""

from __future__ import annotations

import click

from tailrace.cli.project import dataset_named, tell_errors
from tailrace.cli.verb import Invocation, pass_invocation, verb

COLUMNS = ("_batch", "dataset", "kind", "rule", "column", "error", "place", "raw")


@verb(
    "rejected",
    "tailrace rejected",
    "tailrace rejected silver.web_logs --limit 5",
    "tailrace rejected silver.web_logs --output json",
)
@click.argument("dataset", required=False, metavar="[D]")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="Newest rows only.")
@pass_invocation
def command(call: Invocation, dataset: str | None, limit: int) -> int:
    """Show rejected rows, newest first: kind, rule, error, where they came from, their bytes.

    All columns are in the table system.rejected.
    """
    from tailrace.runtime.project import open_usable_reader

    reader = open_usable_reader(call.directory, call.profile)
    tell_errors(reader.errors)
    name = dataset.lower() if dataset else None
    place = (
        "coalesce(topic || '/' || \"partition\" || '/' || \"offset\", file || ':' || file_row, file, "
        "'batch ' || up_batch || ', row ' || up_row)"
    )
    rows = reader.connection.execute(
        f'SELECT _batch, dataset, kind, rule, "column", error, {place}, '
        "coalesce(TRY(decode(raw)), base64(raw)) "
        f"FROM ({reader.rejected_scan()}) WHERE $name IS NULL OR dataset = $name "
        "ORDER BY _batch DESC, dataset, _row LIMIT $limit",
        {"name": name, "limit": limit},
    ).fetchall()
    if dataset and not rows and not reader.errors:
        # Rows of a dataset that was taken out of the project stay, so its name is asked for only here.
        dataset_named(reader.compiled, dataset)
    call.answer([dict(zip(COLUMNS, row, strict=True)) for row in rows], COLUMNS)
    return 0
