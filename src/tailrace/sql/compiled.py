"""What the front end hands on: queries as values, ready for an executor.

Pure data, DuckDB SQL in it as text. All names are lower case. Texts refer to input columns as
quoted identifiers (`"value"`) without a relation in front. Nothing here names a file of the lake
or an offset: that is the plan's business.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tailrace.model.types import (
    BINARY,
    INT,
    LONG,
    STRING,
    TIMESTAMP,
    ArrayType,
    DataType,
    Field,
    Schema,
    StructType,
)

TOPIC_SCHEMA = Schema(
    (
        Field("key", BINARY),
        Field("value", BINARY),
        Field("topic", STRING, nullable=False),
        Field("partition", INT, nullable=False),
        Field("offset", LONG, nullable=False),
        Field("timestamp", TIMESTAMP, nullable=False),
        Field("timestampType", INT, nullable=False),
        Field("headers", ArrayType(StructType((Field("key", STRING), Field("value", BINARY))))),
    )
)
"""Columns of `read_kafka`."""

METADATA_TYPE = StructType(
    (
        Field("file_path", STRING),
        Field("file_name", STRING),
        Field("file_size", LONG),
        Field("file_block_start", LONG),
        Field("file_block_length", LONG),
        Field("file_modification_time", TIMESTAMP),
    )
)
"""Type of the hidden column `_metadata` of `read_files` and `cloud_files`."""


@dataclass(frozen=True)
class TopicInput:
    """`STREAM read_kafka(subscribe => ...)` on the project's log."""

    topic: str
    starting_offsets: Literal["earliest", "latest"] = "earliest"


@dataclass(frozen=True)
class FilesInput:
    """`[STREAM] read_files(path, ...)` or `cloud_files(path, format, map(...))`.

    `options` are as written, without a `cloudFiles.` prefix, keys lower case, sorted; `format` is not
    among them. `function` is the one that was called, since their defaults differ. `schema` holds
    what `*` gives (`_rescued_data` last where it is there), without `_metadata`.
    """

    path: str
    format: str
    options: tuple[tuple[str, str], ...]
    function: Literal["read_files", "cloud_files"]
    schema: Schema


@dataclass(frozen=True)
class TableInput:
    """Another dataset of the project, `schema.name`: table, or temporary view inside a stream."""

    name: str


Input = TopicInput | FilesInput | TableInput


@dataclass(frozen=True)
class Column:
    """One output column: its DuckDB SQL over the relation's columns."""

    name: str
    type: DataType
    sql: str
    fallible: bool = True
    """False only where the expression can fail on no row whatever (a column, a literal, coalesce of such)."""


COERCES = "/* coerces */"
"""Stands in texts that turn a present value of another type into NULL, as a PERMISSIVE from_json does,
without counting how many."""


@dataclass(frozen=True)
class Quick:
    """A cheaper way to a let's value for rows that satisfy `when`.

    `source` is computed first, as the column `name`; `sooner`, `when` (BOOLEAN) and `value` are texts over that
    column. `sooner` implies `when` and is cheaper. None of them raises on any row, `value` not on one that
    satisfies `when`.
    """

    name: str
    source: str
    sooner: str
    when: str
    value: str


@dataclass(frozen=True)
class Let:
    """A value used more than once: computed once a row, before `where` and the columns.

    The executor computes it as `TRY(struct_pack(v := <sql>)) AS "<name>"`, so NULL means that it
    failed. Texts that use it are lowered to raise only where the value is really needed.
    """

    name: str
    sql: str
    soft: str | None = None
    """What the executor computes instead, if given: the same value without an exception inside."""
    quick: Quick | None = None
    counts: bool = False
    """Whether `soft` gives `struct_pack(v, n)`: `n INT` values became NULL for their type."""

    @property
    def tried(self) -> str:
        """`struct_pack(v := value)`, NULL where `sql` raises."""
        return self.soft or f"TRY(struct_pack(v := {self.sql}))"


@dataclass(frozen=True)
class RowProgram:
    """Filter and projection of one row; what fails in it rejects the row.

    Executed as `TRY(CASE WHEN <where> THEN struct_pack(ok := true, ...) ELSE ... END)`.
    """

    lets: tuple[Let, ...]
    where: str | None
    columns: tuple[Column, ...]

    @property
    def coerces_uncounted(self) -> bool:
        """Whether values may become NULL for their type where no let counts them."""
        lets = (let.sql for let in self.lets if not let.counts)
        return any(
            COERCES in sql for sql in (*lets, *(column.sql for column in self.columns), self.where or "")
        )

    @property
    def coerces(self) -> bool:
        """Whether values may become NULL for their type, counted or not."""
        return self.coerces_uncounted or any(let.counts for let in self.lets)


@dataclass(frozen=True)
class Explode:
    """One `explode`, `posexplode` or lateral view after a row program.

    The program before ends with the column `__items`, a list. Each element gives a row with that
    program's other columns, `"__item"` (the element; for a map a struct of `key`, `value`) and `"__pos"` (INT
    from 0); `outer` gives one row with NULLs for NULL or an empty list. `program` runs over them.
    """

    outer: bool
    program: RowProgram


@dataclass(frozen=True)
class Branch:
    """One input of a stream query and what is done to each of its rows.

    `alias` tells occurrences apart: the edge gets `#2` from the second on the same input.
    """

    input: Input
    program: RowProgram
    explodes: tuple[Explode, ...] = ()

    @property
    def programs(self) -> tuple[RowProgram, ...]:
        """Every program, in order."""
        return (self.program, *(explode.program for explode in self.explodes))


@dataclass(frozen=True)
class StreamQuery:
    """A stateless query over streams: the union of its branches, in the order written."""

    branches: tuple[Branch, ...]
    schema: Schema


@dataclass(frozen=True)
class BatchInput:
    """A relation that a batch query reads under the DuckDB name `alias`.

    For a streaming table the relation also has `_batch` and `_row`, for files `_metadata`.
    """

    alias: str
    input: Input


@dataclass(frozen=True)
class BatchQuery:
    """A query over whole tables: DuckDB SQL that reads only the aliases of its inputs."""

    sql: str
    inputs: tuple[BatchInput, ...]
    schema: Schema
    deterministic: bool = True


@dataclass(frozen=True)
class Expectation:
    """`CONSTRAINT name EXPECT (condition)`, lowered: `sql` is a BOOLEAN over the output columns."""

    name: str
    sql: str
    action: Literal["warn", "drop", "quarantine", "fail"]
    text: str
    """The condition as it was written, parameters filled in."""
