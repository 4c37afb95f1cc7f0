"""JSON values of a file as typed values, as Spark's JSON reader gives them.

Each function gives DuckDB SQL over an expression of type JSON. A value of another kind than its column
(a text where a number is wanted, a number where an object is) is NULL; a text column takes anything.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from tailrace.duck.connection import literal
from tailrace.duck.files_cast import date_from_text, timestamp_from_text
from tailrace.files.options import FileOptions
from tailrace.model import types as t
from tailrace.model.errors import Refused
from tailrace.sql.duck_types import duck as duck_type


def shape_of(fields: Sequence[t.Field]) -> str:
    """What `json_transform` takes to split an object into the JSON of its fields."""
    return json.dumps({field.name: "JSON" for field in fields})


def as_type(
    sql: str, type_: t.DataType, options: FileOptions, depth: int = 0, written: str | None = None
) -> str:
    """The value of a JSON expression. `written` is SQL of a number's digits as they stand in the file,
    which the executor's JSON does not keep (1.50 is 1.5 to it)."""
    kind, text, duck = f"json_type({sql})", f"json_extract_string({sql}, '$')", duck_type(type_)
    if isinstance(type_, (t.StringType, t.VoidType, t.DecimalType)) and written is not None:
        kept = f"TRY_CAST({written} AS DOUBLE) = TRY_CAST({text} AS DOUBLE)"
        text = f"CASE WHEN {kind} = 'DOUBLE' AND {kept} THEN {written} ELSE {text} END"
    if isinstance(type_, (t.StringType, t.VoidType)):
        return text
    if isinstance(type_, t.IntegralType):
        return f"CASE WHEN {kind} IN ('UBIGINT', 'BIGINT') THEN TRY_CAST({text} AS {duck}) END"
    if isinstance(type_, t.DecimalType):
        return (
            f"CASE WHEN {kind} IN ('UBIGINT', 'BIGINT', 'DOUBLE', 'HUGEINT', 'UHUGEINT') "
            f"THEN TRY_CAST({text} AS {duck}) "
            f"WHEN {kind} = 'VARCHAR' THEN TRY_CAST(replace({text}, ',', '') AS {duck}) END"
        )
    if isinstance(type_, t.FractionalType):
        special = "'NaN', 'Infinity', '+Infinity', '-Infinity', 'INF', '+INF', '-INF'"
        return (
            f"CASE WHEN {kind} IN ('UBIGINT', 'BIGINT', 'DOUBLE', 'HUGEINT', 'UHUGEINT') "
            f"OR ({kind} = 'VARCHAR' AND {text} IN ({special})) THEN TRY_CAST({text} AS {duck}) END"
        )
    if isinstance(type_, t.BooleanType):
        return f"CASE WHEN {kind} = 'BOOLEAN' THEN {text} = 'true' END"
    if isinstance(type_, t.DateType):
        return f"CASE WHEN {kind} = 'VARCHAR' THEN {date_from_text(text, options)} END"
    if isinstance(type_, (t.TimestampType, t.TimestampNTZType)):
        parsed = timestamp_from_text(text, type_, options)
        seconds = ""
        if isinstance(type_, t.TimestampType):
            seconds = (
                f" WHEN {kind} IN ('UBIGINT', 'BIGINT') "
                f"THEN TRY(make_timestamptz(({text})::BIGINT * 1000000))"
            )
        return f"CASE WHEN {kind} = 'VARCHAR' THEN {parsed}{seconds} END"
    if isinstance(type_, t.BinaryType):
        return f"CASE WHEN {kind} = 'VARCHAR' THEN TRY(from_base64({text})) END"
    return _nested(sql, type_, options, depth)


def _nested(sql: str, type_: t.DataType, options: FileOptions, depth: int) -> str:
    kind, item = f"json_type({sql})", f"e{depth}"
    if isinstance(type_, t.ArrayType):
        inner = as_type(item, type_.element, options, depth + 1)
        return f"CASE WHEN {kind} = 'ARRAY' THEN list_transform(json_extract({sql}, '$[*]'), lambda {item}: {inner}) END"
    if isinstance(type_, t.StructType):
        fields = ", ".join(
            f'"{f.name}" := '
            + as_type(f"json_extract({sql}, {literal(_path(f.name))})", f.type, options, depth)
            for f in type_.fields
        )
        return f"CASE WHEN {kind} = 'OBJECT' THEN struct_pack({fields}) END"
    if isinstance(type_, t.MapType):
        if not isinstance(type_.key, t.StringType):
            raise Refused(f"A JSON object has text keys; {type_} has not.")
        value = as_type(f"json_extract({sql}, {pointer(item)})", type_.value, options, depth + 1)
        keys = keys_of(sql)
        return f"CASE WHEN {kind} = 'OBJECT' THEN map({keys}, list_transform({keys}, lambda {item}: {value})) END"
    raise Refused(f"The type {type_} is not read from JSON.")


def keys_of(sql: str) -> str:
    """SQL of an object's keys; one that is there twice counts once, with its first value."""
    return f"list_filter(json_keys({sql}), lambda k, i: list_position(json_keys({sql}), k) = i)"


def pointer(key: str) -> str:
    """SQL of the path to a member whose name is the SQL `key`."""
    return f"('/' || replace(replace({key}, '~', '~0'), '/', '~1'))"


def digits_of(line: str, name: str) -> str:
    """SQL of the first number that a line gives the name `name`; '' if there is none."""
    pattern = re.escape(json.dumps(name, ensure_ascii=False)) + r"\s*:\s*([-+0-9.eE]+)"
    return f"regexp_extract({line}, {literal(pattern)}, 1)"


def _path(name: str) -> str:
    return '$."' + name.replace('"', '\\"') + '"'
