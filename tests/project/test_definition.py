"""Stored definitions: equal for equal plans; edits are told apart."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tailrace.model import types as t
from tailrace.model.errors import Place
from tailrace.project.compiled import Dataset, Flow
from tailrace.project.definition import classify, definition_id, definition_json
from tailrace.sql.compiled import BatchQuery, Branch, Column, Expectation, RowProgram, StreamQuery, TopicInput

PLACE = Place("a.sql", 3)
SCHEMA = t.Schema((t.Field("id", t.LONG), t.Field("s", t.ArrayType(t.StructType((t.Field("x", t.INT),))))))


def table(schema: t.Schema = SCHEMA, sql: str = '"id"', **changes: object) -> Dataset:
    program = RowProgram((), None, tuple(Column(field.name, field.type, sql) for field in schema.fields))
    query = StreamQuery((Branch(TopicInput("t"), program),), schema)
    dataset = Dataset("s.t", "streaming_table", schema, PLACE, (Flow("s.t", query, PLACE),))
    return replace(dataset, **changes)  # type: ignore[arg-type]


def with_fields(*fields: t.Field) -> t.Schema:
    return t.Schema(fields)


def test_definition_is_json_that_ignores_places() -> None:
    one = definition_json(table())
    assert json.loads(json.dumps(one)) == one
    moved = replace(table(), place=Place("b.sql", 9))
    assert definition_id(moved) == definition_id(table())
    assert definition_id(table(sql='"id" + 1')) != definition_id(table())
    assert one["schema"]["fields"][1]["type"]["elementType"]["fields"][0] == {
        "name": "x",
        "type": "int",
        "nullable": True,
    }


@pytest.mark.parametrize(
    ("after", "edit", "added"),
    [
        (table(), "same", ()),
        (table(comment="new", definition="CREATE ..."), "same", ()),
        (table(sql='"id" + 1'), "forward", ()),
        (table(expectations=(Expectation("e", "true", "drop", "true"),)), "forward", ()),
        (table(with_fields(*SCHEMA.fields, t.Field("new", t.INT))), "forward", ("new",)),
        (table(flows=()), "forward", ()),
    ],
)
def test_edit_that_goes_on(after: Dataset, edit: str, added: tuple[str, ...]) -> None:
    change = classify(definition_json(table()), after)
    assert (change.edit, change.added, change.reason) == (edit, added, None)


@pytest.mark.parametrize(
    ("after", "reason"),
    [
        (table(with_fields(SCHEMA.fields[0])), "column 's' is gone"),
        (table(with_fields(t.Field("id", t.INT), SCHEMA.fields[1])), "column 'id' became int"),
        (table(with_fields(*reversed(SCHEMA.fields))), "column 'id' moved"),
        (table(with_fields(t.Field("a", t.INT), *SCHEMA.fields)), "column 'id' moved"),
        (table(partition_by=("id",)), "it was partitioned by nothing, now by id"),
        (table(kind="materialized_view"), "it was a streaming table"),
    ],
)
def test_edit_that_contradicts_rows_already_written(after: Dataset, reason: str) -> None:
    change = classify(definition_json(table()), after)
    assert change.edit == "refuse"
    assert change.reason == f"s.t has rows already, and with this edit {reason}."
    assert change.place == PLACE


def test_a_view_may_change_as_it_likes() -> None:
    before = Dataset("g.v", "materialized_view", SCHEMA, PLACE, view=BatchQuery("SELECT 1", (), SCHEMA))
    after = replace(before, schema=with_fields(t.Field("n", t.INT)))
    assert classify(definition_json(before), after).edit == "forward"
