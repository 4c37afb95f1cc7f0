"""Spark's `simpleString` of a type, read back."""

from __future__ import annotations

from tailrace.model import types as t

_ATOMIC = {
    kind.simple_string: kind
    for kind in (
        t.VOID, t.BOOLEAN, t.BYTE, t.SHORT, t.INT, t.LONG, t.FLOAT, t.DOUBLE, t.STRING, t.BINARY, t.DATE,
        t.TIMESTAMP, t.TIMESTAMP_NTZ,
    )
}  # fmt: skip


def parse_type(text: str) -> t.DataType:
    """`array<struct<a:int,b:decimal(10,2)>>` as a type."""
    if text in _ATOMIC:
        return _ATOMIC[text]
    if text.startswith("decimal("):
        precision, scale = text[8:-1].split(",")
        return t.DecimalType(int(precision), int(scale))
    name, inner = text.split("<", 1)
    parts = _split(inner[:-1])
    if name == "array":
        return t.ArrayType(parse_type(parts[0]))
    if name == "map":
        return t.MapType(parse_type(parts[0]), parse_type(parts[1]))
    fields = (part.split(":", 1) for part in parts)
    return t.StructType(tuple(t.Field(field, parse_type(kind)) for field, kind in fields))


def _split(text: str) -> list[str]:
    parts, depth, start = [], 0, 0
    for i, char in enumerate(text):
        depth += (char in "<(") - (char in ">)")
        if char == "," and depth == 0:
            parts.append(text[start:i])
            start = i + 1
    return [*parts, text[start:]]
