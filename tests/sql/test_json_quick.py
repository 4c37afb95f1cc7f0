"""The quick way of from_json gives what the exact way gives, wherever its condition lets it."""

from __future__ import annotations

import json
import random
import re

import pytest

from tailrace.duck.connection import connect
from tailrace.model import types as t
from tailrace.sql.expression import analyze_expression
from tailrace.sql.functions.json_quick import other_than, quick_way

FIELDS = "when TIMESTAMP, day DATE, name STRING, n INT, big BIGINT, ok BOOLEAN, x DOUBLE"
SCHEMA = t.StructType(
    (
        t.Field("when", t.TIMESTAMP),
        t.Field("day", t.DATE),
        t.Field("name", t.STRING),
        t.Field("n", t.INT),
        t.Field("big", t.LONG),
        t.Field("ok", t.BOOLEAN),
        t.Field("x", t.DOUBLE),
    )
)
TOKENS = [
    *("null", "true", "false", "0", "-0", "7", "-12", "1.5", "1e3", "123456789012345678", "9" * 30),
    *('""', '"a"', '"é"', '"12"', '"a\\"b"', '"2024-02-29"', '"2024-04-31"', '"2024-05-01 10:00:00"'),
    *('"2024-05-01T10:00:00"', '"2024-13-01 00:00:00"', '"2024-05-01 24:00:00"', '{"a":1}', "[1]", "NaN"),
]

FITTING = {
    t.TIMESTAMP: '"2024-05-01 10:00:00"',
    t.DATE: '"2024-02-29"',
    t.STRING: '"é"',
    t.INT: "-12",
    t.LONG: "123456789012345678",
    t.BOOLEAN: "true",
    t.DOUBLE: "1.5",
}


def documents(count: int) -> list[str]:
    rng = random.Random(7)
    names = [*SCHEMA.names, "Name", "na", "names", "", "other"]
    made = ["", "{}", "{", " {}", '{"n":1}x', '{"n": 1, "n": 2}', '{"n":1,}', "[]", "null", '{"n" : 3}']
    for _ in range(count):
        members = [
            f"{json.dumps(rng.choice(names))}:{rng.choice(('', ' '))}{rng.choice(TOKENS)}"
            for _ in range(rng.randrange(4))
        ]
        if rng.random() < 0.5:  # in the schema's order, as most producers have it
            members.sort(key=lambda member: names.index(member.split('"')[1]))
        made.append("{" + rng.choice((",", ", ")).join(members) + "}")
    for _ in range(count // 3):
        fields = [field for i, field in enumerate(SCHEMA.fields) if i == 0 or rng.random() < 0.7]
        made.append(
            "{" + ", ".join(f'"{f.name}": {rng.choice((FITTING[f.type], "null"))}' for f in fields) + "}"
        )
    return made


NESTED = (
    "id INT, who STRUCT<id: INT, name: STRING, at: STRUCT<zip: STRING>>, tags ARRAY<STRING>, "
    "lines ARRAY<STRUCT<sku: STRING, n: INT, when: TIMESTAMP>>, m ARRAY<ARRAY<DOUBLE>>"
)


def nested_documents(count: int) -> list[str]:
    rng = random.Random(11)

    def plain(kind: t.DataType) -> str:
        if rng.random() < 0.15:
            return rng.choice(["null", "null", "[]", "{}", '"x"', "5", rng.choice(TOKENS)])
        if isinstance(kind, t.StructType):
            fields = [f for i, f in enumerate(kind.fields) if rng.random() < 0.8 or i == 0]
            if rng.random() < 0.1:
                rng.shuffle(fields)
            if rng.random() < 0.05:
                fields.append(fields[0])
            return "{" + ", ".join(f'"{f.name}": {plain(f.type)}' for f in fields) + "}"
        if isinstance(kind, t.ArrayType):
            return "[" + ", ".join(plain(kind.element) for _ in range(rng.randrange(3))) + "]"
        return FITTING[kind]

    return [plain(schema_of(NESTED)) for _ in range(count)]


def schema_of(fields: str) -> t.StructType:
    kind, _ = analyze_expression(f"from_json('', '{fields}')", t.Schema(()))
    assert isinstance(kind, t.StructType)
    return kind


@pytest.mark.parametrize("mode", ["PERMISSIVE", "FAILFAST"])
@pytest.mark.parametrize(("fields", "docs"), [(FIELDS, documents(3_000)), (NESTED, nested_documents(3_000))])
def test_both_ways_agree(fields: str, docs: list[str], mode: str) -> None:
    way = quick_way(schema_of(fields), "doc")
    assert way is not None
    sooner, when, value = way
    _, exact = analyze_expression(
        f"from_json(doc, '{fields}', map('mode', '{mode}'))", t.Schema((t.Field("doc", t.STRING),))
    )
    connection = connect()
    connection.execute("CREATE TABLE docs (doc VARCHAR)")
    connection.executemany("INSERT INTO docs VALUES (?)", [[doc] for doc in docs])
    connection.execute(f"CREATE TABLE plain AS SELECT doc, {value} AS quick FROM docs WHERE {when}")
    assert connection.execute(f"SELECT count(*) FROM docs WHERE {sooner} AND NOT {when}").fetchall() == [(0,)]
    assert connection.execute(f"SELECT count(*) > 100 FROM docs WHERE {sooner}").fetchall() == [(True,)]
    differing = connection.execute(
        f"SELECT doc, quick, {exact} AS exact FROM plain WHERE quick IS DISTINCT FROM {exact}"
    ).fetchall()
    assert differing == []
    taken = connection.execute("SELECT count(*) FROM plain").fetchall()[0][0]
    assert 300 < taken < 3_500


def test_maps_and_strange_names_have_no_quick_way() -> None:
    assert quick_way(schema_of("a STRING, b MAP<STRING, INT>"), "doc") is None
    assert quick_way(schema_of("a STRUCT<`b c`: INT>"), "doc") is None
    assert quick_way(t.StructType((t.Field("a b", t.INT),)), "doc") is None
    assert quick_way(t.StructType((t.Field("a", t.INT), t.Field("A", t.INT))), "doc") is None


def test_a_pattern_for_every_word_but_some() -> None:
    words = ["pid", "state", "pi", "sta"]
    pattern = re.compile(other_than(words))
    assert [word for word in words if pattern.fullmatch(word)] == []
    others = ["", "p", "pida", "s", "stat", "statex", "x", "é", "pie", "PID"]
    assert [word for word in others if not pattern.fullmatch(word)] == []
