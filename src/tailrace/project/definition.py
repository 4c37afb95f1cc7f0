"""What a dataset was when a batch was decided: its compiled form as JSON.

It holds the compiled plan (lowered SQL, schemas, inputs) and the statement printed for people.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from tailrace.model.types import ArrayType, DataType, MapType, StructType
from tailrace.project.compiled import Dataset

DEFINITION_VERSION = 1


def definition_json(dataset: Dataset) -> dict[str, Any]:
    """The compiled dataset as plain JSON; equal for equal plans, whatever the file looks like."""
    return {
        "version": DEFINITION_VERSION,
        "name": dataset.name,
        "kind": dataset.kind,
        "schema": _type_json(dataset.schema),
        "flows": [
            {"name": flow.name, "once": flow.once, "query": _plain(flow.query)} for flow in dataset.flows
        ],
        "view": _plain(dataset.view),
        "expectations": _plain(dataset.expectations),
        "partition_by": list(dataset.partition_by),
        "properties": dict(sorted(dataset.properties.items())),
        "comment": dataset.comment,
        "statement": dataset.definition,
    }


def _plain(value: Any) -> Any:
    if isinstance(value, DataType):
        return _type_json(value)
    if is_dataclass(value) and not isinstance(value, type):
        named = {item.name: _plain(getattr(value, item.name)) for item in fields(value)}
        return {"is": type(value).__name__, **named}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    return value


def _type_json(type_: DataType) -> Any:
    """Spark's JSON form of a type."""
    if isinstance(type_, StructType):
        return {
            "type": "struct",
            "fields": [
                {"name": field.name, "type": _type_json(field.type), "nullable": field.nullable}
                for field in type_.fields
            ],
        }
    if isinstance(type_, ArrayType):
        return {
            "type": "array",
            "elementType": _type_json(type_.element),
            "containsNull": type_.contains_null,
        }
    if isinstance(type_, MapType):
        return {
            "type": "map",
            "keyType": _type_json(type_.key),
            "valueType": _type_json(type_.value),
            "valueContainsNull": type_.value_contains_null,
        }
    return type_.simple_string
