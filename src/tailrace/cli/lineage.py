"""`tailrace lineage [D]`: where the columns of datasets come from."""

from __future__ import annotations

import click

from tailrace.cli.project import dataset_named
from tailrace.cli.verb import Invocation, pass_invocation, verb

COLUMNS = ("dataset", "column", "flow", "input", "input_column", "how")


@verb("lineage", "tailrace lineage", "tailrace -C weblogs lineage silver.web_logs --output csv")
@click.argument("dataset", required=False)
@pass_invocation
def command(call: Invocation, dataset: str | None) -> None:
    """Show for each column of DATASET (or of all) the columns that it is computed from.

    `how` is `column` where a value is passed on as it is, `expression` where it is computed.
    """
    from tailrace.project.lineage import lineage
    from tailrace.runtime.project import open_project

    project = open_project(call.directory, call.profile).compiled
    name = dataset_named(project, dataset).name if dataset else None
    call.answer([vars(edge) for edge in lineage(project, name)], COLUMNS)
