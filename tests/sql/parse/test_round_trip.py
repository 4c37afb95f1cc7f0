"""Any head that the model can hold is printed as text that parses to the same model."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from tailrace.model.errors import Place
from tailrace.sql.parse import statement as s
from tailrace.sql.parse.heads import parse, parse_one
from tailrace.sql.parse.printing import print_statement
from tailrace.sql.parse.scan import Position

HERE = Position(1, 1, 0)

texts = st.text(max_size=12).filter(lambda text: "\0" not in text)
parts = st.one_of(
    st.sampled_from(
        ["t", "my table", "select", "a`b", "LIVE", "${env}", "x_${env}", "as", "1st", "Ž", "comment"]
    ),
    st.text(
        st.characters(codec="utf-8", exclude_characters=".\0", exclude_categories=["Cs"]),
        min_size=1,
        max_size=8,
    ),
)
spans = st.sampled_from(["a > 0", "x IN ('(', ')')", "f(a, (b))", "a IS NOT NULL -- why\n AND b", "1"])
queries = st.sampled_from(["SELECT 1", "WITH a AS (SELECT 1) SELECT * FROM a", "FROM b", "(SELECT ';')"])


def located(values: st.SearchStrategy) -> st.SearchStrategy:
    return st.builds(s.At, values, st.just(HERE))


def maybe(values: st.SearchStrategy) -> st.SearchStrategy:
    return st.none() | located(values)


def span(values: st.SearchStrategy) -> st.SearchStrategy:
    return st.builds(s.Span, values, st.just(HERE))


def unique(values: st.SearchStrategy, **sizes: int) -> st.SearchStrategy:
    return st.lists(values, unique_by=str.lower, **sizes).map(tuple)


names = st.builds(
    s.Name,
    st.lists(parts, min_size=1, max_size=3).map(tuple),
    st.just(HERE),
    st.booleans(),
).filter(lambda name: name.live or name.parts[0].upper() != "LIVE")
flags = maybe(st.just(True))
types = st.builds(
    s.ColumnType, st.sampled_from(["INT", "ARRAY<STRING>", "DECIMAL(5,2)"]), st.none(), st.just(HERE)
)
references = st.builds(
    s.References, names, unique(parts, max_size=2), st.sampled_from([(), ("RELY",), ("NOT ENFORCED", "RELY")])
)
generated = st.one_of(
    st.builds(s.Generated, st.just(True), span(spans)),
    st.builds(
        s.Generated, st.booleans(), st.none(), st.none() | st.integers(-9, 9), st.none() | st.integers(-9, 9)
    ),
)


@st.composite
def columns(draw: st.DrawFn) -> tuple[s.Column, ...]:
    typed = draw(st.booleans())
    found = []
    for name in draw(unique(parts, max_size=3)):
        made = draw(maybe(generated)) if typed else None
        default = draw(maybe(span(st.sampled_from(["1", "f(a, b)", "'x'"])))) if typed and not made else None
        key = draw(
            maybe(st.builds(s.Key, st.just((name,)), st.none() | references, st.none() | parts))
            if typed
            else st.none()
        )
        found.append(
            s.Column(
                name,
                HERE,
                draw(types) if typed else None,
                draw(flags) if typed else None,
                draw(maybe(texts)),
                default,
                made,
                key,
            )
        )
    return tuple(found)


expectations = st.lists(
    st.builds(
        s.Expect, parts, span(spans), st.sampled_from(["warn", "drop", "fail", "quarantine"]), st.just(HERE)
    ),
    unique_by=lambda expect: expect.name.lower(),
    max_size=3,
).map(tuple)
properties = st.lists(st.tuples(texts, texts), unique_by=lambda pair: pair[0], min_size=1, max_size=3).map(
    tuple
)
schedules = st.one_of(
    st.builds(s.Schedule, st.integers(1, 99), st.sampled_from(["minute", "hour", "day", "week"])),
    st.builds(s.Schedule, st.none(), st.none(), texts, st.none() | texts.filter(bool)),
)
clusters = st.sampled_from([s.ClusterBy("auto"), s.ClusterBy("none"), s.ClusterBy("columns", ("a", "b c"))])
masks = st.builds(s.Mask, names, unique(parts, min_size=1, max_size=2))

partitions = unique(parts, min_size=1, max_size=2).map(
    lambda names: tuple(s.Partition(name) for name in names)
)
usings = st.builds(s.ReplaceUsing, unique(parts, min_size=1, max_size=2), st.none() | span(st.just("ts")))


@st.composite
def clauses(draw: st.DrawFn, *, view: bool) -> s.Clauses:
    partitioned = None if view else draw(maybe(partitions))
    scheduled = None if view else draw(maybe(schedules))
    return s.Clauses(
        comment=draw(maybe(texts)),
        properties=draw(maybe(properties)),
        partitioned_by=partitioned,
        cluster_by=None if view or partitioned else draw(maybe(clusters)),
        location=None if view else draw(maybe(texts)),
        using=None if view else draw(maybe(st.sampled_from(["delta", "parquet"]))),
        schedule=scheduled,
        trigger=None if view or scheduled else draw(maybe(st.just(s.Trigger()))),
        row_filter=None if view else draw(maybe(masks)),
        refresh_policy=draw(maybe(st.sampled_from(["AUTO", "FULL", "INCREMENTAL STRICT"]))),
        schema_mode=draw(maybe(st.sampled_from(["BINDING", "TYPE EVOLUTION"]))),
        collation=draw(maybe(st.just("UTF8_LCASE"))),
    )


@st.composite
def cdcs(draw: st.DrawFn) -> s.Cdc:
    keys = draw(unique(parts, min_size=1, max_size=2))
    scd = draw(maybe(st.sampled_from([1, 2])))
    two_times = None if scd else draw(flags)
    second = scd is not None and scd.value == 2
    sets = st.builds(s.ColumnSet, st.just(("x1", "x2")), st.booleans())
    return s.Cdc(
        source=draw(span(st.sampled_from(["STREAM(s)", "STREAM s", "(SELECT 1 AS keys FROM a)"]))),
        keys=draw(located(st.just(keys))),
        sequence_by=draw(located(span(st.sampled_from(["ts", "STRUCT(a, b)"])))),
        ignore_null_updates=draw(maybe(st.none() | sets)),
        delete_when=draw(maybe(span(st.sampled_from(["op = 'D'", "CASE WHEN a THEN b END"])))),
        truncate_when=None if second else draw(maybe(span(st.just("op = 'T'")))),
        columns=draw(maybe(st.just(s.ColumnSet((*keys, "x1"))))),
        scd_type=scd,
        bitemporal=two_times,
        system_sequence_by=draw(located(span(st.just("st")))) if two_times else None,
        track_history=draw(maybe(sets)) if second else None,
    )


@st.composite
def statements(draw: st.DrawFn) -> s.Statement:
    kind = draw(st.sampled_from(["table", "view", "temporary", "flow", "cdc"]))
    if kind == "flow":
        where = draw(maybe(span(spans)))
        by_name = draw(located(st.just(True)) if where else flags)
        using = draw(maybe(usings)) if by_name and not where else None
        return s.Flow(
            *(draw(names), draw(names), draw(span(queries)), HERE),
            *(draw(flags), by_name, draw(maybe(texts)), where, using),
        )
    if kind == "cdc":
        name = draw(st.none() | names)
        comment, once = (draw(maybe(texts)), draw(flags)) if name else (None, None)
        return s.AutoCdc(draw(names), draw(cdcs()), HERE, name, comment, once)
    live = draw(st.booleans())
    if_not_exists = draw(flags)
    head = {
        "name": draw(names),
        "create": "create"
        if if_not_exists
        else draw(st.sampled_from(["create or refresh", "create or replace"])),
        "at": HERE,
        "live": live,
        "visibility": draw(maybe(st.sampled_from(["temporary", "private"]))),
        "if_not_exists": if_not_exists,
        "columns": draw(columns()),
        "keys": draw(st.lists(located(st.builds(s.Key, unique(parts, min_size=1), references)), max_size=1)),
        "expectations": draw(expectations),
        "clauses": draw(clauses(view=kind == "temporary")),
        "query": draw(span(queries)),
    }
    head["keys"] = tuple(head["keys"])
    if kind == "temporary":
        return s.TemporaryView(**head, streaming=live and draw(st.booleans()))
    if kind == "view":
        return s.MaterializedView(**head)
    cdc = draw(maybe(cdcs()))
    if cdc:
        head["query"] = None
    return s.StreamingTable(**head, once=None if cdc else draw(flags), cdc=cdc)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(statements())
def test_printed_statement_parses_to_the_same(statement: s.Statement) -> None:
    printed = print_statement(statement)
    again = parse_one(printed)
    assert _untyped(again) == statement, printed
    assert print_statement(again) == printed


def _untyped(statement: s.Statement) -> s.Statement:
    """Without the types' values, which the strategy leaves out."""
    if not isinstance(statement, s.Dataset):
        return statement
    found = tuple(
        replace(column, type=replace(column.type, type=None) if column.type else None)
        for column in statement.columns
    )
    return replace(statement, columns=found)


PIECES = """
CREATE STREAMING TABLE LIVE VIEW t ( ) , < > ' " ` -- /* */ ; AS SELECT 1 INT CONSTRAINT EXPECT FLOW KEYS
FROM SEQUENCE BY {{ ${x} COMMENT 'x' TBLPROPERTIES SCHEDULE EVERY SET USE APPLY CHANGES INTO \\ é
"""
WORDS = st.sampled_from([*PIECES.split(), "\n"])


@settings(max_examples=400, deadline=None, derandomize=True)
@given(st.one_of(st.text(max_size=60), st.lists(WORDS, max_size=14).map(" ".join)))
def test_any_text_gives_statements_or_problems_with_places(text: str) -> None:
    for parsed in parse(text, "a.sql"):
        assert (parsed.statement is None) != (parsed.problem is None)
        if parsed.problem is not None:
            assert parsed.problem.place is not None
            assert parsed.problem.place >= Place("a.sql", 1, 1)
        else:
            assert parsed.statement is not None
            assert parse_one(print_statement(parsed.statement)) == parsed.statement
