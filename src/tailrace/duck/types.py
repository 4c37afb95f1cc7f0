"""Spark's types as DuckDB's, by name."""

from __future__ import annotations

from tailrace.model import types as t

_NAMES: dict[t.DataType, str] = {
    t.VOID: "VARCHAR",
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
    t.TIMESTAMP: "TIMESTAMP WITH TIME ZONE",
    t.TIMESTAMP_NTZ: "TIMESTAMP",
}


def duck_type(type_: t.DataType) -> str:
    """The DuckDB type that holds the values of a Spark type."""
    if isinstance(type_, t.DecimalType):
        return f"DECIMAL({type_.precision},{type_.scale})"
    if isinstance(type_, t.ArrayType):
        return f"{duck_type(type_.element)}[]"
    if isinstance(type_, t.MapType):
        return f"MAP({duck_type(type_.key)}, {duck_type(type_.value)})"
    if isinstance(type_, t.StructType):
        fields = ", ".join(f'"{f.name}" {duck_type(f.type)}' for f in type_.fields)
        return f"STRUCT({fields})"
    if isinstance(type_, (t.DayTimeIntervalType, t.YearMonthIntervalType)):
        return "INTERVAL"
    return _NAMES[type_]
