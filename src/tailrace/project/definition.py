"""What a dataset was when a batch was decided: its compiled form as JSON, and how an edit differs.

`definition_json` holds the compiled plan (lowered SQL, schemas, inputs) and the statement printed for
people; the plan alone says whether an edit changes what is computed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Literal

from tailrace.model.errors import Place
from tailrace.model.types import ArrayType, DataType, MapType, StructType
from tailrace.project.compiled import Dataset

DEFINITION_VERSION = 1

Edit = Literal["same", "forward", "refuse"]


@dataclass(frozen=True)
class Change:
    """What an edit means for a table that has rows; `reason` and `place` where it is refused."""

    edit: Edit
    reason: str | None = None
    place: Place | None = None
    added: tuple[str, ...] = ()
    """Columns that the edit adds at the end."""


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


def definition_id(dataset: Dataset) -> str:
    """SHA-256 of the definition's JSON, the name under which it is stored."""
    text = json.dumps(definition_json(dataset), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def classify(old: Mapping[str, Any], new: Dataset) -> Change:
    """How the edit from a stored definition to `new` may go on.

    same: nothing that is computed changed. forward: the query, the expectations or properties changed,
    the columns did not, or some were added at the end; it goes on from the next batch. refuse: anything
    that the rows already written contradict.
    """
    now = definition_json(new)
    if all(old.get(key) == now[key] for key in _COMPUTED):
        return Change("same")
    if old["kind"] != now["kind"]:
        return _refuse(new, f"it was a {old['kind'].replace('_', ' ')}")
    if new.kind != "streaming_table":
        return Change("forward")
    if old["partition_by"] != now["partition_by"]:
        was, is_now = (", ".join(by) or "nothing" for by in (old["partition_by"], now["partition_by"]))
        return _refuse(new, f"it was partitioned by {was}, now by {is_now}")
    before_fields, after_fields = old["schema"]["fields"], now["schema"]["fields"]
    for i, before in enumerate(before_fields):
        name = before["name"]
        after = next((field for field in after_fields if field["name"].lower() == name.lower()), None)
        if after is None:
            return _refuse(new, f"column '{name}' is gone")
        if after["type"] != before["type"]:
            shown = new.schema.find(name)
            return _refuse(new, f"column '{name}' became {shown.type if shown else '?'}")
        if after_fields.index(after) != i:
            return _refuse(new, f"column '{name}' moved")
    return Change("forward", added=tuple(field["name"] for field in after_fields[len(before_fields) :]))


_COMPUTED = ("kind", "schema", "flows", "view", "expectations", "partition_by", "properties")


def _refuse(dataset: Dataset, reason: str) -> Change:
    return Change("refuse", f"{dataset.name} has rows already, and with this edit {reason}.", dataset.place)


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
