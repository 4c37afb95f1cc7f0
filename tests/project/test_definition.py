"""Stored definitions: equal for equal plans."""

from __future__ import annotations

import json
from dataclasses import replace

from tailrace.model import types as t
from tailrace.model.errors import Place
from tailrace.project.compiled import Dataset, Flow
from tailrace.project.definition import definition_json
from tailrace.sql.compiled import Branch, Column, RowProgram, StreamQuery, TopicInput

PLACE = Place("a.sql", 3)
SCHEMA = t.Schema((t.Field("id", t.LONG), t.Field("s", t.ArrayType(t.StructType((t.Field("x", t.INT),))))))


def table(schema: t.Schema = SCHEMA, sql: str = '"id"', **changes: object) -> Dataset:
    program = RowProgram((), None, tuple(Column(field.name, field.type, sql) for field in schema.fields))
    query = StreamQuery((Branch(TopicInput("t"), program),), schema)
    dataset = Dataset("s.t", "streaming_table", schema, PLACE, (Flow("s.t", query, PLACE),))
    return replace(dataset, **changes)  # type: ignore[arg-type]


def test_definition_is_json_that_ignores_places() -> None:
    one = definition_json(table())
    assert json.loads(json.dumps(one)) == one
    moved = replace(table(), place=Place("b.sql", 9))
    assert definition_json(moved) == one
    assert definition_json(table(sql='"id" + 1')) != one
    assert one["schema"]["fields"][1]["type"]["elementType"]["fields"][0] == {
        "name": "x",
        "type": "int",
        "nullable": True,
    }
