"""Lineage by column, read off compiled plans."""

from __future__ import annotations

from tailrace.model import types as t
from tailrace.model.errors import Place
from tailrace.project.compiled import CompiledProject, Dataset, Flow
from tailrace.project.lineage import Edge, lineage
from tailrace.sql.compiled import (
    BatchInput,
    BatchQuery,
    Branch,
    Column,
    Explode,
    FilesInput,
    Let,
    RowProgram,
    StreamQuery,
    TableInput,
    TopicInput,
)

PLACE = Place("a.sql", 1)


def schema(*names: str) -> t.Schema:
    return t.Schema(tuple(t.Field(name, t.STRING) for name in names))


def program(*lets: Let, **columns: str) -> RowProgram:
    return RowProgram(lets, None, tuple(Column(name, t.STRING, sql) for name, sql in columns.items()))


def project() -> CompiledProject:
    parsed = program(
        Let("j", 'from_json("value")'), id='"j".v.id', at='"timestamp"', n="1", both='concat("key", "topic")'
    )
    raw = Dataset(
        "b.raw",
        "streaming_table",
        schema("id", "at", "n", "both"),
        PLACE,
        (
            Flow(
                "b.raw",
                StreamQuery((Branch(TopicInput("t"), parsed),), schema("id", "at", "n", "both")),
                PLACE,
            ),
        ),
    )
    items = Branch(
        TableInput("b.raw"),
        program(at='"at"', __items='list_transform("both", lambda x: x || "id")'),
        (Explode(False, program(at='"at"', item='"__item"', pos='"__pos" + 1')),),
    )
    silver = Dataset(
        "s.items",
        "streaming_table",
        schema("at", "item", "pos"),
        PLACE,
        (Flow("s.items", StreamQuery((items,), schema("at", "item", "pos")), PLACE),),
    )
    view = BatchQuery(
        'SELECT a."at" AS "at", count(*) AS "n", max(b."item" || a."item") AS "m" '
        'FROM (SELECT "at", "item" FROM "in0") AS a JOIN "in1" AS b ON a."at" = b."at" GROUP BY a."at"',
        (BatchInput("in0", TableInput("s.items")), BatchInput("in1", TableInput("b.raw"))),
        schema("at", "n", "m"),
    )
    view = BatchQuery(view.sql.replace('b."item"', 'b."id"'), view.inputs, view.schema)
    gold = Dataset("g.v", "materialized_view", schema("at", "n", "m"), PLACE, view=view)
    return CompiledProject({one.name: one for one in (raw, silver, gold)}, ())


def edges(dataset: str) -> list[tuple[str, str | None, str | None, str]]:
    found: list[Edge] = lineage(project(), dataset)
    return [(edge.column, edge.input, edge.input_column, edge.how) for edge in found]


def test_stream_columns_through_lets() -> None:
    assert edges("b.raw") == [
        ("id", "topic:t", "value", "expression"),
        ("at", "topic:t", "timestamp", "column"),
        ("n", None, None, "expression"),
        ("both", "topic:t", "key", "expression"),
        ("both", "topic:t", "topic", "expression"),
    ]


def test_exploded_columns_come_from_what_the_list_was_made_of() -> None:
    assert edges("s.items") == [
        ("at", "b.raw", "at", "column"),
        ("item", "b.raw", "both", "expression"),
        ("item", "b.raw", "id", "expression"),
        ("pos", "b.raw", "both", "expression"),
        ("pos", "b.raw", "id", "expression"),
    ]


def test_view_columns_through_subqueries_and_joins() -> None:
    assert edges("g.v") == [
        ("at", "s.items", "at", "column"),
        ("n", None, None, "expression"),
        ("m", "b.raw", "id", "expression"),
        ("m", "s.items", "item", "expression"),
    ]


def test_all_datasets_in_order() -> None:
    assert list(dict.fromkeys(edge.dataset for edge in lineage(project()))) == ["b.raw", "s.items", "g.v"]


def test_a_field_of_a_struct_is_named_with_it() -> None:
    files = FilesInput("d", "text", (), "read_files", schema("value"))
    stream = program(
        name="struct_extract(\"_metadata\", 'file_name')",
        both='struct_extract("_metadata", \'file_path\') || "value"',
    )
    view = BatchQuery(
        'SELECT "_3" AS "name", length("_4") AS "both" FROM (SELECT struct_extract("_1", \'file_name\') AS "_3", '
        'struct_extract("_1", \'file_path\') || "_2" AS "_4" '
        'FROM (SELECT "_metadata" AS "_1", "value" AS "_2" FROM "in0"))',
        (BatchInput("in0", files),),
        schema("name", "both"),
    )
    flow = Flow("d.s", StreamQuery((Branch(files, stream),), schema("name", "both")), PLACE)
    made = CompiledProject(
        {
            "d.s": Dataset("d.s", "streaming_table", schema("name", "both"), PLACE, (flow,)),
            "d.v": Dataset("d.v", "materialized_view", schema("name", "both"), PLACE, view=view),
        },
        (),
    )
    for dataset in ("d.s", "d.v"):
        assert [(e.column, e.input_column, e.how) for e in lineage(made, dataset)] == [
            ("name", "_metadata.file_name", "column"),
            ("both", "_metadata.file_path", "expression"),
            ("both", "value", "expression"),
        ]


def test_the_place_of_a_row_is_no_origin_of_a_sum() -> None:
    view = BatchQuery(
        'SELECT "a" AS "n" FROM (SELECT sum("i" ORDER BY "_batch", "_row") AS "a" FROM '
        '(SELECT "i", "_batch", "_row" FROM "in0"))',
        (BatchInput("in0", TableInput("d.t")),),
        schema("n"),
    )
    table = Dataset("d.t", "streaming_table", schema("i"), PLACE)
    made = CompiledProject(
        {"d.t": table, "d.v": Dataset("d.v", "materialized_view", schema("n"), PLACE, view=view)}, ()
    )
    assert [edge.input_column for edge in lineage(made, "d.v")] == ["i"]
