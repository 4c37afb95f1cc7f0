"""The Spark types of relations that come from outside as Arrow."""

from __future__ import annotations

import duckdb
from arro3.core import Table

from tailrace.model import types as t
from tailrace.model.errors import UsageError

_TYPES: dict[str, t.DataType] = {
    "boolean": t.BOOLEAN,
    "tinyint": t.BYTE,
    "smallint": t.SHORT,
    "integer": t.INT,
    "bigint": t.LONG,
    "float": t.FLOAT,
    "double": t.DOUBLE,
    "varchar": t.STRING,
    "blob": t.BINARY,
    "date": t.DATE,
    "timestamp with time zone": t.TIMESTAMP,
    "timestamp": t.TIMESTAMP_NTZ,
    "timestamp_ms": t.TIMESTAMP_NTZ,
    "timestamp_s": t.TIMESTAMP_NTZ,
    "timestamp_ns": t.TIMESTAMP_NTZ,
    '"null"': t.VOID,
    "utinyint": t.SHORT,
    "usmallint": t.INT,
    "uinteger": t.LONG,
}


def register_arrow(connection: duckdb.DuckDBPyConnection, name: str, table: object) -> None:
    """Make anything that gives itself as Arrow a relation, without the library that it comes from."""
    try:
        taken = Table.from_arrow(table)  # type: ignore[arg-type]
    except Exception as error:
        raise UsageError(
            f"A {type(table).__name__} does not give itself as an Arrow table: {error}.",
            hint="pass something with __arrow_c_stream__",
        ) from error
    connection.register(name, taken)


def schema_of(connection: duckdb.DuckDBPyConnection, relation: str) -> t.Schema:
    """The columns of a relation. Raises UsageError for a type that Spark does not have."""
    described = connection.table(relation.strip('"'))
    fields = zip(described.columns, described.types, strict=True)
    return t.Schema(tuple(t.Field(name, _type(type_, name)) for name, type_ in fields))


def _type(type_: object, name: str) -> t.DataType:
    kind = getattr(type_, "id", "")
    children = (
        dict(getattr(type_, "children", ())) if kind in ("list", "struct", "map", "array", "decimal") else {}
    )
    if kind == "decimal":
        return t.DecimalType(int(str(children["precision"])), int(str(children["scale"])))
    if kind in ("list", "array"):
        return t.ArrayType(_type(children["child"], name))
    if kind == "struct":
        return t.StructType(tuple(t.Field(key, _type(child, name)) for key, child in children.items()))
    if kind == "map":
        return t.MapType(_type(children["key"], name), _type(children["value"], name))
    known = _TYPES.get(str(type_).lower())
    if known is None:
        raise UsageError(f"Column {name!r} has the type {type_}, which Spark does not have.")
    return known
