"""Casts of arrays, structs and maps: part by part, and as the text that Spark prints."""

from __future__ import annotations

from collections.abc import Callable

from tailrace.model import types as t
from tailrace.sql.errors import Mismatch
from tailrace.sql.typed import quote

Cast = Callable[[str, t.DataType, t.DataType, bool], tuple[str, bool]]
"""`casts.cast_sql`, for the parts."""
_NESTED = (t.ArrayType, t.StructType, t.MapType)


def parts_cast(
    sql: str, source: t.DataType, target: t.DataType, safe: bool, cast: Cast
) -> tuple[str, bool] | None:
    """The cast and whether it can fail; None for types without parts."""
    if isinstance(source, t.ArrayType) and isinstance(target, t.ArrayType):
        inner, fallible = cast("_e", source.element, target.element, safe)
        return f"list_transform({sql}, lambda _e: {inner})", fallible
    if isinstance(source, t.StructType) and isinstance(target, t.StructType):
        return _struct(sql, source, target, safe, cast)
    if isinstance(source, t.MapType) and isinstance(target, t.MapType):
        key, key_fails = cast("_e.key", source.key, target.key, safe)
        value, value_fails = cast("_e.value", source.value, target.value, safe)
        packed = f"struct_pack(key := {key}, value := {value})"
        return (
            f"map_from_entries(list_transform(map_entries({sql}), lambda _e: {packed}))",
            key_fails or value_fails,
        )
    if isinstance(source, _NESTED) and isinstance(target, t.StringType):
        return _text(sql, source, cast)
    return None


def _struct(sql: str, source: t.StructType, target: t.StructType, safe: bool, cast: Cast) -> tuple[str, bool]:
    if len(source.fields) != len(target.fields):
        raise Mismatch("[DATATYPE_MISMATCH.CAST_WITHOUT_SUGGESTION] structs of different lengths")
    pairs = list(zip(source.fields, target.fields, strict=True))
    parts = [cast(f"_s.{quote(a.name)}", a.type, b.type, safe) for a, b in pairs]
    packed = ", ".join(f"{quote(b.name)} := {p}" for (_, b), (p, _) in zip(pairs, parts, strict=True))
    made = f"list_transform([{sql}], lambda _s: CASE WHEN _s IS NULL THEN NULL ELSE struct_pack({packed}) END)[1]"
    return made, any(fallible for _, fallible in parts)


def _text(sql: str, source: t.DataType, cast: Cast) -> tuple[str, bool]:
    """`[1, null]`, `{a -> 1}`, `{1, x}`."""

    def part(value: str, kind: t.DataType) -> str:
        if isinstance(kind, t.StringType):
            return f"coalesce({value}, 'null')"
        return f"coalesce({cast(value, kind, t.STRING, False)[0]}, 'null')"

    def joined(listed: str) -> str:
        return f"coalesce(array_to_string({listed}, ', '), '')"

    if isinstance(source, t.ArrayType):
        items = f"list_transform(_x, lambda _e: {part('_e', source.element)})"
        body = f"'[' || {joined(items)} || ']'"
    elif isinstance(source, t.MapType):
        entry = f"{part('_e.key', source.key)} || ' -> ' || {part('_e.value', source.value)}"
        items = f"list_transform(map_entries(_x), lambda _e: {entry})"
        body = f"'{{' || {joined(items)} || '}}'"
    else:
        assert isinstance(source, t.StructType)
        fields = ", ".join(part(f"_x.{quote(f.name)}", f.type) for f in source.fields)
        body = f"'{{' || {joined(f'[{fields}]')} || '}}'"
    return f"list_transform([{sql}], lambda _x: CASE WHEN _x IS NOT NULL THEN {body} END)[1]", False
