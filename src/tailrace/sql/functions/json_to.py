"""`to_json` by Spark's answers: compact text, fields that are NULL left out, keys of maps as they come."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tailrace.model import types as t
from tailrace.sql.errors import Mismatch, NotAnswered
from tailrace.sql.functions.casts import cast_sql
from tailrace.sql.functions.date_patterns import format_text
from tailrace.sql.functions.json_options import options_of
from tailrace.sql.functions.table import Arg, Function, Resolved
from tailrace.sql.typed import quote, text

DEPTH_MAX = 8
_OPTIONS = {
    "ignorenullfields": "ignoreNullFields",
    "sortkeys": "sortKeys",
    "timestampformat": "timestampFormat",
    "dateformat": "dateFormat",
}


@dataclass(frozen=True)
class Writing:
    """How values are written. `nulls`: fields that are NULL too; patterns are None for Spark's own."""

    nulls: bool = False
    sort_keys: bool = False
    timestamp_format: str | None = None
    date_format: str | None = None


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


def _text_of(value: str, kind: t.DataType, how: Writing, depth: int = 0) -> str:
    """JSON text of a value that is not NULL."""
    if depth > DEPTH_MAX:
        raise NotAnswered("to_json of so deep a type is not answered")
    if isinstance(kind, t.VoidType):
        return "'null'"
    if isinstance(kind, t.StringType):
        return _string(value)
    if isinstance(kind, (t.IntegralType, t.BooleanType, t.DecimalType)):
        if isinstance(kind, t.DecimalType) and kind.scale > 6:
            raise NotAnswered("to_json of a DECIMAL of more than six digits after the point is not answered")
        return f"CAST({value} AS VARCHAR)"
    if isinstance(kind, (t.DoubleType, t.FloatType)):
        number = cast_sql(value, kind, t.STRING)[0]
        return f"CASE WHEN isfinite({value}) THEN {number} ELSE '\"' || {number} || '\"' END"
    pattern = how.timestamp_format if isinstance(kind, t.TimestampType) else how.date_format
    if isinstance(kind, (t.DateType, t.TimestampType)) and pattern is not None:
        return _string(format_text(pattern)(f"CAST({value} AS TIMESTAMP)"))
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
        one = _or_null(item, kind.element, how, depth + 1)
        return f"'[' || array_to_string(list_transform({value}, lambda {item}: {one}), ',') || ']'"
    if isinstance(kind, t.MapType):
        if not isinstance(kind.key, t.StringType):
            raise NotAnswered(f"to_json of a map with keys of type {kind.key.simple_string} is not answered")
        item = f"_a{depth}"
        pair = f"{_string(f'{item}.key')} || ':' || {_or_null(f'{item}.value', kind.value, how, depth + 1)}"
        entries = f"list_sort(map_entries({value}))" if how.sort_keys else f"map_entries({value})"
        listed = f"list_transform({entries}, lambda {item}: {pair})"
        return f"'{{' || array_to_string({listed}, ',') || '}}'"
    if isinstance(kind, t.StructType):
        return _record(value, kind, how, depth)
    raise NotAnswered(f"to_json of {kind.simple_string} is not answered")


def _record(value: str, kind: t.StructType, how: Writing, depth: int) -> str:
    name = f"_a{depth}"
    parts = []
    for field in sorted(kind.fields, key=lambda f: f.name.encode()) if how.sort_keys else kind.fields:
        inner = f"{name}.{quote(field.name)}"
        written = _text_of(inner, field.type, how, depth + 1)
        if not re.fullmatch(r"[^\"\\\x00-\x1f\x7f]*", field.name):
            raise NotAnswered(f"to_json of a field named {field.name!r} is not answered")
        key = text(f'"{field.name}":')
        other = f" ELSE {key} || 'null'" if how.nulls else ""
        parts.append(f"CASE WHEN {inner} IS NOT NULL THEN {key} || {written}{other} END")
    joined = f"concat_ws(',', {', '.join(parts)})"
    return f"list_transform([{value}], lambda {name}: '{{' || {joined} || '}}')[1]"


def _or_null(value: str, kind: t.DataType, how: Writing, depth: int) -> str:
    return f"CASE WHEN {value} IS NULL THEN 'null' ELSE {_text_of(value, kind, how, depth)} END"


def _day(value: str) -> str:
    """A date of a year from 1 to 9999; far ones carry a sign."""
    year = (
        f"CASE WHEN year({value}) > 9999 THEN '+' WHEN year({value}) < 0 THEN '-' ELSE '' END || "
        f"lpad(CAST(abs(year({value})) AS VARCHAR), greatest(4, length(CAST(abs(year({value})) AS VARCHAR)))::INTEGER, '0')"
    )
    return f"({year} || strftime({value}, '-%m-%d'))"


def _writing(options: Mapping[str, str]) -> Writing:
    flags = {name: options.get(name, "").lower() for name in ("ignorenullfields", "sortkeys")}
    if not set(flags.values()) <= {"", "true", "false"}:
        raise NotAnswered("a flag that is neither true nor false is not answered")
    day = options.get("dateformat")
    if day is not None and re.search("[HhKkmsSaXZxzVO]", re.sub("'[^']*'", "", day)):
        raise NotAnswered(f"the pattern {day!r} of a date, which has a time, is not answered")
    return Writing(
        flags["ignorenullfields"] == "false",
        flags["sortkeys"] == "true",
        options.get("timestampformat"),
        day,
    )


def _resolve(args: Sequence[Arg]) -> Resolved:
    if len(args) not in (1, 2):
        raise Mismatch(f"[WRONG_NUM_ARGS.WITHOUT_SUGGESTION] it takes 1 or 2 arguments, not {len(args)}")
    kind = args[0].type
    if not isinstance(kind, (t.StructType, t.ArrayType, t.MapType)):
        raise Mismatch(
            f"[DATATYPE_MISMATCH.INVALID_JSON_SCHEMA] {kind.simple_string.upper()} cannot be written as JSON"
        )
    how = _writing(options_of(args[1], _OPTIONS)) if len(args) == 2 else Writing()

    def lower(v: Sequence[str]) -> str:
        written = _text_of("_o", kind, how)
        return f"list_transform([{v[0]}], lambda _o: CASE WHEN _o IS NOT NULL THEN {written} END)[1]"

    lower(["NULL"])  # what is not answered is told now
    return Resolved((None,) * len(args), t.STRING, lower, args[0].nullable)


FUNCTIONS: tuple[Function, ...] = (
    Function(("to_json",), "scalar", _resolve, lambda _, a: f"to_json({a[0]})"),
)
