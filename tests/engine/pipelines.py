"""Small compiled pipelines, made by hand: no SQL front end between a test and the engine."""

from __future__ import annotations

from tailrace.model import types as t
from tailrace.model.errors import Place
from tailrace.project.compiled import CompiledProject, Component, Dataset, Flow
from tailrace.sql.compiled import (
    BatchInput,
    BatchQuery,
    Branch,
    Column,
    Expectation,
    Input,
    RowProgram,
    StreamQuery,
    TableInput,
    TopicInput,
)

PLACE = Place("pipeline.sql", 1)
TOPIC = "numbers"

RAW_SCHEMA = t.Schema((t.Field("value", t.BINARY), t.Field("offset", t.LONG)))
RAW = RowProgram(
    (), None, (Column("value", t.BINARY, '"value"', False), Column("offset", t.LONG, '"offset"', False))
)
NUMBER = 'CAST(decode("value") AS INTEGER)'
IDS_SCHEMA = t.Schema((t.Field("id", t.INT), t.Field("parity", t.STRING)))
IDS = RowProgram(
    (),
    "\"value\" <> ''::BLOB",
    (
        Column("id", t.INT, NUMBER),
        Column("parity", t.STRING, f"CASE WHEN {NUMBER} % 2 = 0 THEN 'even' ELSE 'odd' END"),
    ),
)
COPY_IDS = RowProgram(
    (), None, (Column("id", t.INT, '"id"', False), Column("parity", t.STRING, '"parity"', False))
)
SMALL = Expectation("small", '"id" < 1000', "drop", "id < 1000")


def stream(
    name: str,
    schema: t.Schema,
    *branches: tuple[Input, RowProgram],
    kind: str = "streaming_table",
    expectations: tuple[Expectation, ...] = (),
    partition_by: tuple[str, ...] = (),
    properties: dict[str, str] | None = None,
) -> Dataset:
    query = StreamQuery(tuple(Branch(source, program) for source, program in branches), schema)
    return Dataset(
        name,
        kind,  # type: ignore[arg-type]
        schema,
        PLACE,
        flows=(Flow(name, query, PLACE),),
        expectations=expectations,
        partition_by=partition_by,
        properties=properties or {},
    )


def view(name: str, schema: t.Schema, sql: str, *tables: str) -> Dataset:
    inputs = tuple(BatchInput(f"in{i}", TableInput(table)) for i, table in enumerate(tables))
    return Dataset(name, "materialized_view", schema, PLACE, view=BatchQuery(sql, inputs, schema))


def raw() -> Dataset:
    return stream("bronze.raw", RAW_SCHEMA, (TopicInput(TOPIC), RAW))


def ids(name: str = "silver.ids", source: str = "bronze.raw") -> Dataset:
    return stream(
        name, IDS_SCHEMA, (TableInput(source), IDS), expectations=(SMALL,), partition_by=("parity",)
    )


def counts() -> Dataset:
    schema = t.Schema((t.Field("parity", t.STRING), t.Field("n", t.LONG)))
    return view(
        "gold.counts", schema, 'SELECT parity, count(*) AS n FROM "in0" GROUP BY parity', "silver.ids"
    )


def project(*datasets: Dataset) -> CompiledProject:
    """All streaming datasets are one component, each view its own."""
    streams = tuple(d.name for d in datasets if d.view is None)
    views = tuple(Component(f"view:{d.name}", (d.name,)) for d in datasets if d.view is not None)
    components = (Component(streams[0], streams), *views) if streams else views
    return CompiledProject({d.name: d for d in datasets}, components)


def numbers() -> CompiledProject:
    """topic -> bronze.raw -> silver.ids (partitioned, with an expectation) -> gold.counts."""
    return project(raw(), ids(), counts())


def only_raw() -> CompiledProject:
    """topic -> bronze.raw."""
    return project(raw())


def only_latest() -> CompiledProject:
    """topic -> bronze.direct, which begins at the topic's end."""
    return project(stream("bronze.direct", RAW_SCHEMA, (TopicInput(TOPIC, "latest"), RAW)))


def latest_added() -> CompiledProject:
    """bronze.raw, and beside it a table that begins at the topic's end."""
    return project(raw(), stream("bronze.direct", RAW_SCHEMA, (TopicInput(TOPIC, "latest"), RAW)))


def ids_added() -> CompiledProject:
    """The same with two more datasets: one reads the table, one reads the topic itself."""
    direct = stream("bronze.direct", RAW_SCHEMA, (TopicInput(TOPIC), RAW))
    return project(raw(), ids(), direct)


FAILING = Expectation("all_small", '"id" < 1000', "fail", "id < 1000")


def strict() -> CompiledProject:
    """silver.ids refuses the batch where a row is too large; gold.copy reads from it."""
    judged = stream("silver.ids", IDS_SCHEMA, (TableInput("bronze.raw"), IDS), expectations=(FAILING,))
    return project(raw(), judged, stream("gold.copy", IDS_SCHEMA, (TableInput("silver.ids"), COPY_IDS)))


def relaxed() -> CompiledProject:
    """The same pipeline, mended: the rule only drops."""
    judged = stream("silver.ids", IDS_SCHEMA, (TableInput("bronze.raw"), IDS), expectations=(SMALL,))
    return project(raw(), judged, stream("gold.copy", IDS_SCHEMA, (TableInput("silver.ids"), COPY_IDS)))


def hopeless() -> CompiledProject:
    """Every row of silver.ids fails: the query is wrong, not the data."""
    schema = t.Schema((t.Field("id", t.INT),))
    failing = RowProgram((), None, (Column("id", t.INT, "CAST('[DIVIDE_BY_ZERO] no' AS INTEGER)"),))
    return project(raw(), stream("silver.ids", schema, (TableInput("bronze.raw"), failing)))


def lazy() -> CompiledProject:
    """silver.ids claims that it cannot fail, and fails when its rows are written."""
    schema = t.Schema((t.Field("id", t.INT),))
    column = Column("id", t.INT, "CAST('[DIVIDE_BY_ZERO] no' AS INTEGER)", fallible=False)
    return project(
        raw(), stream("silver.ids", schema, (TableInput("bronze.raw"), RowProgram((), None, (column,))))
    )


def wider() -> CompiledProject:
    """numbers() with one more column in silver.ids."""
    schema = t.Schema((*IDS_SCHEMA.fields, t.Field("twice", t.LONG)))
    columns = (*IDS.columns, Column("twice", t.LONG, f"{NUMBER}::BIGINT * 2"))
    program = RowProgram((), IDS.where, columns)
    judged = stream(
        "silver.ids",
        schema,
        (TableInput("bronze.raw"), program),
        expectations=(SMALL,),
        partition_by=("parity",),
    )
    return project(raw(), judged, counts())


def narrower() -> CompiledProject:
    """numbers() without a column that silver.ids has."""
    schema = t.Schema((t.Field("id", t.LONG),))
    program = RowProgram((), None, (Column("id", t.LONG, f"{NUMBER}::BIGINT"),))
    return project(raw(), stream("silver.ids", schema, (TableInput("bronze.raw"), program)))


def through_view() -> CompiledProject:
    """topic -> temporary view -> one table."""
    between = stream("silver.between", IDS_SCHEMA, (TopicInput(TOPIC), IDS), kind="temporary_view")
    first = stream("silver.first", IDS_SCHEMA, (TableInput("silver.between"), COPY_IDS))
    return project(between, first)


def through_view_later() -> CompiledProject:
    """The same with a second reader of the view, added later."""
    between = stream("silver.between", IDS_SCHEMA, (TopicInput(TOPIC), IDS), kind="temporary_view")
    first = stream("silver.first", IDS_SCHEMA, (TableInput("silver.between"), COPY_IDS))
    second = stream("silver.second", IDS_SCHEMA, (TableInput("silver.between"), COPY_IDS))
    return project(between, first, second)


def failing_view() -> CompiledProject:
    """gold.counts fails on a row: it keeps what it has."""
    schema = t.Schema((t.Field("parity", t.STRING), t.Field("n", t.LONG)))
    sql = "SELECT parity, CAST('x' || parity AS BIGINT) AS n FROM \"in0\""
    return project(raw(), ids(), view("gold.counts", schema, sql, "silver.ids"))


def stamped() -> CompiledProject:
    """silver.stamped notes the batch's time."""
    schema = t.Schema((t.Field("at", t.TIMESTAMP),))
    program = RowProgram((), None, (Column("at", t.TIMESTAMP, "getvariable('tailrace_planned')"),))
    return project(raw(), stream("silver.stamped", schema, (TableInput("bronze.raw"), program)))


def ids_as_view() -> CompiledProject:
    """silver.ids, which was a streaming table, as a view."""
    schema = t.Schema((t.Field("offset", t.LONG),))
    return project(raw(), view("silver.ids", schema, 'SELECT "offset" FROM "in0"', "bronze.raw"))
