"""`tailrace explain D`: how a dataset is computed."""

from __future__ import annotations

from collections.abc import Iterator

import click

from tailrace.cli.project import dataset_named
from tailrace.cli.verb import Invocation, pass_invocation, verb
from tailrace.project.compiled import CompiledProject, Dataset
from tailrace.project.lineage import input_name
from tailrace.sql.compiled import Branch, RowProgram

COLUMNS = ("part", "name", "detail")
DETAIL_CHARS_MAX = 400
"""Reading a JSON record by Spark's rules takes 40,000: nobody wants them on a terminal."""
Part = dict[str, str]


@verb(
    "explain",
    "tailrace explain silver.web_logs",
    "tailrace -C weblogs explain gold.visits_daily --output json",
)
@click.argument("dataset")
@pass_invocation
def command(call: Invocation, dataset: str) -> None:
    """Show how DATASET is computed: its inputs, its columns, the SQL that runs, its rules.

    The SQL is what the embedded engine (DuckDB) runs, with Spark's types and errors put in. A long one is cut
    in the table; --output json shows it whole.
    """
    from tailrace.runtime.project import open_project

    project = open_project(call.directory, call.profile).compiled
    parts = list(explain(project, dataset_named(project, dataset)))
    call.answer(parts, COLUMNS, cell_width_max=DETAIL_CHARS_MAX)


def explain(project: CompiledProject, dataset: Dataset) -> Iterator[Part]:
    """The parts of a dataset, from the outside in."""
    yield _part("dataset", dataset.name, dataset.kind.replace("_", " "))
    yield _part("defined", dataset.name, str(dataset.place))
    if dataset.comment:
        yield _part("comment", dataset.name, dataset.comment)
    component = next((one for one in project.components if dataset.name in one.datasets), None)
    if component:
        yield _part("component", component.name, ", ".join(component.datasets))
    yield _part("computed", dataset.name, _how(dataset))
    for field in dataset.schema.fields:
        nullable = "" if field.nullable else " NOT NULL"
        comment = f" -- {field.comment}" if field.comment else ""
        yield _part("column", field.name, f"{field.type}{nullable}{comment}")
    for flow in dataset.flows:
        for branch in flow.query.branches:
            yield from _branch(flow.name, branch)
    if dataset.view is not None:
        for item in dataset.view.inputs:
            yield _part("input", item.alias, input_name(item.input))
        yield _part("sql", dataset.name, dataset.view.sql)
    for expect in dataset.expectations:
        yield _part("expectation", expect.name, f"{expect.action}: {expect.text}")
    if dataset.partition_by:
        yield _part("partitioned by", dataset.name, ", ".join(dataset.partition_by))
    for key, value in dataset.properties.items():
        yield _part("property", key, value)


def _how(dataset: Dataset) -> str:
    if dataset.kind == "materialized_view":
        return "as a whole, when an input has changed"
    if dataset.view is not None:
        return "inside of what reads it"
    if not dataset.flows:
        return "not at all: it waits for a flow"
    return "row by row, once a batch, without state"


def _branch(flow: str, branch: Branch) -> Iterator[Part]:
    yield _part("input", flow, input_name(branch.input))
    yield from _program(flow, branch.program)
    for explode in branch.explodes:
        yield _part("explode", flow, "outer" if explode.outer else "inner")
        yield from _program(flow, explode.program)


def _program(flow: str, program: RowProgram) -> Iterator[Part]:
    for let in program.lets:
        yield _part("let", let.name, let.sql)
    if program.where:
        yield _part("where", flow, program.where)
    for column in program.columns:
        yield _part("compute", column.name, column.sql)


def _part(part: str, name: str, detail: str) -> Part:
    return {"part": part, "name": name, "detail": detail}
