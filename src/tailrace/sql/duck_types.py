"""Spark's types as DuckDB writes them."""

from __future__ import annotations

from tailrace.model import types as t
from tailrace.sql.typed import quote

_NAMES: dict[t.DataType, str] = {
    t.VOID: "INTEGER",
    t.BOOLEAN: "BOOLEAN",
    t.BYTE: "TINYINT",
    t.SHORT: "SMALLINT",
    t.INT: "INTEGER",
    t.LONG: "BIGINT",
    t.FLOAT: "FLOAT",
    t.DOUBLE: "DOUBLE",
    t.STRING: "VARCHAR",
    t.BINARY: "BLOB",
    t.DATE: "DATE",
    t.TIMESTAMP: "TIMESTAMPTZ",
    t.TIMESTAMP_NTZ: "TIMESTAMP",
}


def duck(type_: t.DataType) -> str:
    """The DuckDB type that holds the values of a Spark type."""
    if isinstance(type_, t.DecimalType):
        return f"DECIMAL({type_.precision},{type_.scale})"
    if isinstance(type_, t.ArrayType):
        return f"{duck(type_.element)}[]"
    if isinstance(type_, t.MapType):
        return f"MAP({duck(type_.key)}, {duck(type_.value)})"
    if isinstance(type_, t.StructType):
        return "STRUCT(" + ", ".join(f"{quote(f.name)} {duck(f.type)}" for f in type_.fields) + ")"
    if isinstance(type_, (t.DayTimeIntervalType, t.YearMonthIntervalType)):
        return "INTERVAL"
    return _NAMES[type_]
