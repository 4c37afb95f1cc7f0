"""`tailrace accounts`: what became of every row."""

from __future__ import annotations

from typing import Any

import click

from tailrace.cli.project import tell_errors
from tailrace.cli.verb import Invocation, pass_invocation, verb
from tailrace.model.errors import UsageError


@verb(
    "accounts",
    "tailrace accounts",
    "tailrace accounts silver.web_logs",
    "tailrace accounts --batch 12 --output json",
)
@click.argument("dataset", required=False, metavar="[D]")
@click.option("--batch", type=click.IntRange(min=1), metavar="N", help="Only this batch, edge by edge.")
@pass_invocation
def command(call: Invocation, dataset: str | None, batch: int | None) -> int:
    """Show the accounts: in = kept + filtered + late + duplicate + error; out = emitted - violated.

    Without --batch counts are summed over all batches (of a view: its newest refresh). With it they are
    shown as they were decided, a row per edge and one per dataset.
    """
    from tailrace.catalog.accounts import COLUMNS, Totals
    from tailrace.model.account import COLUMNS as EDGE_COLUMNS
    from tailrace.model.account import to_row
    from tailrace.runtime.project import open_usable_reader

    reader = open_usable_reader(call.directory, call.profile)
    tell_errors(reader.errors)
    wanted = dataset.lower() if dataset else None
    if wanted and wanted not in reader.names():
        raise UsageError(f"There is no dataset {dataset!r}.", hint=f"there are {', '.join(reader.names())}")
    newest = reader.batch_log.newest()
    if batch is not None and batch > newest:
        raise UsageError(f"There is no batch {batch} yet.", hint=f"the newest is {newest}")
    rows: list[dict[str, Any]]
    if batch is None:
        rows = Totals(reader.decisions()).rows()
        columns = COLUMNS
    else:
        rows = [
            to_row(decision.n, account)
            for decision in reader.decisions()
            if decision.n == batch
            for account in decision.accounts
        ]
        columns = EDGE_COLUMNS
    call.answer([row for row in rows if wanted in (None, row["dataset"])], columns)
    return 0
