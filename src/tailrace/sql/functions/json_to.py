"""`to_json` by Spark's answers: compact text, fields that are NULL left out, keys of maps as they come."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tailrace.model import types as t
from tailrace.sql.errors import Mismatch, NotAnswered
from tailrace.sql.functions.casts import cast_sql
from tailrace.sql.functions.table import Arg, Function, Resolved
from tailrace.sql.typed import quote, text

DEPTH_MAX = 8


def _string(value: str) -> str:
    """A JSON string: DuckDB escapes as Spark does, but for the capitals of \\u001F and the sign \\u007f."""
    return (
        f"list_transform([CAST(to_json({value}) AS VARCHAR)], lambda _q: CASE WHEN contains(_q, '\\u00') "
        f"THEN {_capitals()} ELSE _q END)[1]"
    )


def _capitals() -> str:
    inner = "_q"
    for code in (11, *range(14, 32)):
        if f"{code:04x}" != f"{code:04X}":
            inner = f"replace({inner}, '\\u{code:04x}', '\\u{code:04X}')"
    return inner


def _text_of(value: str, kind: t.DataType, nulls: bool, depth: int = 0) -> str:
    """JSON text of a value that is not NULL."""
    if depth > DEPTH_MAX:
        raise NotAnswered("to_json of so deep a type is not answered")
    if isinstance(kind, t.StringType):
        return _string(value)
    if isinstance(kind, (t.IntegralType, t.BooleanType, t.DecimalType)):
        if isinstance(kind, t.DecimalType) and kind.scale > 6:
            raise NotAnswered("to_json of a DECIMAL of more than six digits after the point is not answered")
        return f"CAST({value} AS VARCHAR)"
    if isinstance(kind, (t.DoubleType, t.FloatType)):
        number = cast_sql(value, kind, t.STRING)[0]
        return f"CASE WHEN isfinite({value}) THEN {number} ELSE '\"' || {number} || '\"' END"
    if isinstance(kind, t.DateType):
        return f"'\"' || {_day(value)} || '\"'"
    if isinstance(kind, (t.TimestampType, t.TimestampNTZType)):
        moment = f"CAST({value} AS TIMESTAMP)"
        zone = "Z" if isinstance(kind, t.TimestampType) else ""
        return f"'\"' || {_day(moment)} || strftime({moment}, 'T%H:%M:%S.%g{zone}') || '\"'"
    if isinstance(kind, t.BinaryType):
        return f"'\"' || to_base64({value}) || '\"'"
    if isinstance(kind, t.ArrayType):
        item = f"_a{depth}"
        one = _or_null(item, kind.element, nulls, depth + 1)
        return f"'[' || array_to_string(list_transform({value}, lambda {item}: {one}), ',') || ']'"
    if isinstance(kind, t.MapType):
        if not isinstance(kind.key, t.StringType):
            raise NotAnswered(f"to_json of a map with keys of type {kind.key.simple_string} is not answered")
        item = f"_a{depth}"
        pair = f"{_string(f'{item}.key')} || ':' || {_or_null(f'{item}.value', kind.value, nulls, depth + 1)}"
        listed = f"list_transform(map_entries({value}), lambda {item}: {pair})"
        return f"'{{' || array_to_string({listed}, ',') || '}}'"
    if isinstance(kind, t.StructType):
        return _record(value, kind, nulls, depth)
    raise NotAnswered(f"to_json of {kind.simple_string} is not answered")


def _record(value: str, kind: t.StructType, nulls: bool, depth: int) -> str:
    name = f"_a{depth}"
    parts = []
    for field in kind.fields:
        inner = f"{name}.{quote(field.name)}"
        written = _text_of(inner, field.type, nulls, depth + 1)
        if not re.fullmatch(r"[^\"\\\x00-\x1f\x7f]*", field.name):
            raise NotAnswered(f"to_json of a field named {field.name!r} is not answered")
        key = text(f'"{field.name}":')
        other = f" ELSE {key} || 'null'" if nulls else ""
        parts.append(f"CASE WHEN {inner} IS NOT NULL THEN {key} || {written}{other} END")
    joined = f"concat_ws(',', {', '.join(parts)})"
    return f"list_transform([{value}], lambda {name}: '{{' || {joined} || '}}')[1]"


def _or_null(value: str, kind: t.DataType, nulls: bool, depth: int) -> str:
    return f"CASE WHEN {value} IS NULL THEN 'null' ELSE {_text_of(value, kind, nulls, depth)} END"


def _day(value: str) -> str:
    """A date of a year from 1 to 9999; far ones carry a sign."""
    year = (
        f"CASE WHEN year({value}) > 9999 THEN '+' WHEN year({value}) < 0 THEN '-' ELSE '' END || "
        f"lpad(CAST(abs(year({value})) AS VARCHAR), greatest(4, length(CAST(abs(year({value})) AS VARCHAR)))::INTEGER, '0')"
    )
    return f"({year} || strftime({value}, '-%m-%d'))"


def _resolve(args: Sequence[Arg]) -> Resolved:
    if len(args) not in (1, 2):
        raise Mismatch(f"[WRONG_NUM_ARGS.WITHOUT_SUGGESTION] it takes 1 or 2 arguments, not {len(args)}")
    kind = args[0].type
    if not isinstance(kind, (t.StructType, t.ArrayType, t.MapType)):
        raise Mismatch(
            f"[DATATYPE_MISMATCH.INVALID_JSON_SCHEMA] {kind.simple_string.upper()} cannot be written as JSON"
        )
    nulls = False
    if len(args) == 2:
        found = re.fullmatch(r"map\((?i:ignoreNullFields), (true|false)\)", args[1].name)
        if found is None:
            raise NotAnswered("options other than map('ignoreNullFields', '...') are not answered")
        nulls = found[1] == "false"

    def lower(v: Sequence[str]) -> str:
        written = _text_of("_o", kind, nulls)
        return f"list_transform([{v[0]}], lambda _o: CASE WHEN _o IS NOT NULL THEN {written} END)[1]"

    lower(["NULL"])  # what is not answered is told now
    return Resolved((None,) * len(args), t.STRING, lower, args[0].nullable)


FUNCTIONS: tuple[Function, ...] = (
    Function(("to_json",), "scalar", _resolve, lambda _, a: f"to_json({a[0]})"),
)
