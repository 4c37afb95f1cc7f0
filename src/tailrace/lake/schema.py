"""Our types as Delta's, and back. Delta JSON is `deltalake.Schema.to_json`'s `fields`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import deltalake

from tailrace.model import types as t

SYSTEM_FIELDS = (t.Field("_batch", t.LONG), t.Field("_row", t.INT))
"""The two system columns of every streaming table."""

_PRIMITIVES: dict[t.DataType, str] = {
    t.BOOLEAN: "boolean",
    t.BYTE: "byte",
    t.SHORT: "short",
    t.INT: "integer",
    t.LONG: "long",
    t.FLOAT: "float",
    t.DOUBLE: "double",
    t.STRING: "string",
    t.BINARY: "binary",
    t.DATE: "date",
    t.TIMESTAMP: "timestamp",
    t.TIMESTAMP_NTZ: "timestamp_ntz",
}
_FROM_PRIMITIVE = {name: type_ for type_, name in _PRIMITIVES.items()}


def field_json(field: t.Field) -> dict[str, Any]:
    """A column as Delta JSON. Every column is stored nullable: the programs enforce NOT NULL."""
    metadata = {"comment": field.comment} if field.comment else {}
    return {"name": field.name, "type": _type_json(field.type), "nullable": True, "metadata": metadata}


def schema_json(schema: t.Schema, system: bool) -> dict[str, Any]:
    """A table's schema as Delta JSON, with the system columns at the end where asked."""
    fields = schema.fields + (SYSTEM_FIELDS if system else ())
    return {"type": "struct", "fields": [field_json(field) for field in fields]}


def from_json(value: Mapping[str, Any]) -> t.Schema:
    """The schema of a table from Delta JSON, system columns included."""
    return t.Schema(tuple(_field(item) for item in value["fields"]))


def to_delta(value: Mapping[str, Any]) -> deltalake.Schema:
    """Delta JSON as the library's schema."""
    return deltalake.Schema.from_json(json.dumps(value))


def delta_field(value: Mapping[str, Any]) -> deltalake.Field:
    """Delta JSON of one column as the library's field."""
    return deltalake.Field.from_json(json.dumps(value))


def _type_json(type_: t.DataType) -> Any:
    if isinstance(type_, t.DecimalType):
        return type_.simple_string
    if isinstance(type_, t.ArrayType):
        return {"type": "array", "elementType": _type_json(type_.element), "containsNull": True}
    if isinstance(type_, t.MapType):
        return {
            "type": "map",
            "keyType": _type_json(type_.key),
            "valueType": _type_json(type_.value),
            "valueContainsNull": True,
        }
    if isinstance(type_, t.StructType):
        return {"type": "struct", "fields": [field_json(field) for field in type_.fields]}
    if isinstance(type_, t.VoidType):
        return "string"
    if type_ not in _PRIMITIVES:
        raise ValueError(f"a Delta table cannot hold {type_.simple_string}")
    return _PRIMITIVES[type_]


def _field(value: Mapping[str, Any]) -> t.Field:
    comment = value.get("metadata", {}).get("comment")
    return t.Field(value["name"], _type(value["type"]), value["nullable"], comment)


def _type(value: Any) -> t.DataType:
    if isinstance(value, str):
        if value.startswith("decimal"):
            precision, scale = value[len("decimal(") : -1].split(",")
            return t.DecimalType(int(precision), int(scale))
        return _FROM_PRIMITIVE[value]
    if value["type"] == "array":
        return t.ArrayType(_type(value["elementType"]))
    if value["type"] == "map":
        return t.MapType(_type(value["keyType"]), _type(value["valueType"]))
    return t.StructType(tuple(_field(item) for item in value["fields"]))
