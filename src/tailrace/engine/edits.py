"""Edits of a project whose tables are there already: what may go on, and what is refused.

*same*: comments, format. *forward*: a changed stateless query whose table keeps its schema or gains
columns; it goes on from the next batch. Anything else is refused at the start, with place and reason.
Added columns are a batch of their own: decided, then one `add_columns` per changed table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tailrace.engine.batch import Given
from tailrace.engine.decide import decide
from tailrace.engine.doors import Doors
from tailrace.engine.standing import Standing, flow_keys
from tailrace.lake import schema as delta_schema
from tailrace.lake.schema import SYSTEM_FIELDS, field_json
from tailrace.model import types as t
from tailrace.model.batch import Decision, FlowStanding, TableChange
from tailrace.model.errors import ProjectErrors, Refused
from tailrace.project.compiled import CompiledProject, Dataset

SYSTEM_NAMES = tuple(field.name for field in SYSTEM_FIELDS)


def check_edits(
    doors: Doors, project: CompiledProject, standing: Standing
) -> dict[str, dict[str, list[t.Field]]]:
    """Component to table to the columns that it gains. Raises ProjectErrors for edits that are refused."""
    refused: list[Refused] = []
    gained: dict[str, list[t.Field]] = {}
    for dataset in project.datasets.values():
        if dataset.kind == "temporary_view" or not doors.tables.table(dataset.name).exists():
            continue
        kind = _kind_problem(doors, dataset)
        if kind is not None:
            refused.append(kind)
            continue
        if dataset.kind == "materialized_view":
            continue
        problems, columns = _compare(doors, dataset)
        refused += problems
        if columns:
            gained[dataset.name] = columns
    if refused:
        raise ProjectErrors(list(refused))
    result: dict[str, dict[str, list[t.Field]]] = {}
    for component in project.components:
        tables = {name: gained[name] for name in component.datasets if name in gained}
        if tables:
            result[component.name] = tables
    return result


def _kind_problem(doors: Doors, dataset: Dataset) -> Refused | None:
    """A streaming table has system columns, a view has none: neither becomes the other in silence."""
    stored = delta_schema.from_json(doors.tables.table(dataset.name).schema())
    was_stream = all(stored.find(name) is not None for name in SYSTEM_NAMES)
    if was_stream == (dataset.kind == "streaming_table"):
        return None
    before, now = ("streaming table", "view") if was_stream else ("view", "streaming table")
    return _refuse(dataset, f"it was a {before}, now it is a {now}")


def _compare(doors: Doors, dataset: Dataset) -> tuple[list[Refused], list[t.Field]]:
    table = doors.tables.table(dataset.name)
    stored = delta_schema.from_json(table.schema())
    problems = []
    for field in stored.fields:
        if field.name in SYSTEM_NAMES:
            continue
        now = dataset.schema.find(field.name)
        if now is None:
            problems.append(_refuse(dataset, f"column {field.name!r} is gone"))
        elif _stored_type(now.type) != field.type:
            problems.append(_refuse(dataset, f"column {field.name!r} was {field.type}, now it is {now.type}"))
    if list(table.partition_by()) != list(dataset.partition_by):
        before = ", ".join(table.partition_by()) or "nothing"
        now_by = ", ".join(dataset.partition_by) or "nothing"
        problems.append(_refuse(dataset, f"it was partitioned by {before}, now by {now_by}"))
    gained = [field for field in dataset.schema.fields if stored.find(field.name) is None]
    return problems, gained


def _stored_type(type_: t.DataType) -> t.DataType:
    """A type as it comes back from Delta."""
    schema = delta_schema.schema_json(t.Schema((t.Field("x", type_),)), False)
    return delta_schema.from_json(schema).fields[0].type


def _refuse(dataset: Dataset, what: str) -> Refused:
    return Refused(
        f"{dataset.name} has rows already, and with this edit {what}.",
        place=dataset.place,
        hint="take the edit back, or define the new shape as a table with another name",
    )


def add_columns(
    doors: Doors,
    project: CompiledProject,
    component: str,
    columns: Mapping[str, Sequence[t.Field]],
    standing: Standing,
    given: Given,
    definition_ids: Mapping[str, str],
) -> Decision:
    """Decide the batch that adds columns: empty ranges for the whole component."""
    names = next(c.datasets for c in project.components if c.name == component)
    keys = {key for name in names for key in flow_keys(project.datasets[name])}
    decision = Decision(
        n=given.n,
        prev=standing.heads.get(component),
        attempt=given.attempt,
        component=component,
        kind="columns",
        lake_id=doors.lake_id,
        planned_us=given.planned_us,
        definitions={name: definition_ids[name] for name in names},
        flows={
            key: _follow(flow, standing, set(columns), given.n)
            for key, flow in standing.flows.items()
            if key in keys
        },
        tables={
            name: TableChange(
                standing.last.get(name), add_columns=tuple(field_json(field) for field in fields)
            )
            for name, fields in columns.items()
        },
        heads=standing.heads,
        last=standing.last,
    )
    doors.state.begin()
    decide(doors, decision)
    return decision


def _follow(flow: FlowStanding, standing: Standing, tables: set[str], n: int) -> FlowStanding:
    """A reader that was level with a table stays level: the batch adds no rows."""
    inputs = {
        edge: {**position, "up_batch": n}
        if (table := edge.partition("#")[0]) in tables
        and position.get("up_batch") == standing.last.get(table, 0)
        else position
        for edge, position in flow.inputs.items()
    }
    return replace(flow, inputs=inputs)
