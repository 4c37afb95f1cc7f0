"""Functions of maps by Spark's answers: entries keep their order, a key twice or a NULL key is an error.

A key -0.0 of its own becomes 0.0, but for map_from_arrays and transform_keys, as in Spark.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tailrace.model import types as t
from tailrace.sql import coerce
from tailrace.sql.duck_types import duck
from tailrace.sql.errors import Mismatch
from tailrace.sql.functions.collections_arrays import (
    array_of,
    counted,
    unless_null,
    with_key,
    with_null,
)
from tailrace.sql.functions.table import Arg, Function, Resolved
from tailrace.sql.operators import is_orderable
from tailrace.sql.ordering import has_zeros, unsigned
from tailrace.sql.typed import fail, once, text

TWICE = fail("DUPLICATED_MAP_KEY", "A key is there twice.")
NO_KEY = fail("NULL_MAP_KEY", "A key is NULL.")


def map_of(arg: Arg) -> t.MapType:
    """The type of an argument that must be a map."""
    if not isinstance(arg.type, t.MapType):
        raise Mismatch(
            f"[DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE] argument 1 must be MAP, not {arg.type.simple_string.upper()}"
        )
    return arg.type


def keyed(kind: t.DataType) -> None:
    """Refuses types that cannot be or contain a key."""
    if not is_orderable(kind):
        raise Mismatch(f"[DATATYPE_MISMATCH.INVALID_MAP_KEY_TYPE] a key cannot be or contain {kind}")


def plain_key(sql: str, kind: t.DataType) -> str:
    """The key as Spark keeps it: -0.0 is 0.0, unless it stands inside of another value."""
    return unsigned(sql, kind) if isinstance(kind, (t.FloatType, t.DoubleType)) else sql


def _bad_keys(keys: str) -> str:
    """WHEN branches for the first bad key: a NULL, or one that was there before."""
    first = f"list_position({keys}, NULL)"
    return (
        f"WHEN {first} IS NOT NULL AND list_unique({keys}[1:{first} - 1]) = {first} - 1 THEN {NO_KEY} "
        f"WHEN list_unique({keys}) < list_count({keys}) THEN {TWICE} "
    )


def from_entries(entries: str, kind: t.MapType) -> str:
    """A map of a list of (key, value) without NULLs in it."""

    def body(v: Sequence[str]) -> str:
        keys = f"list_transform({v[0]}, lambda _k: struct_extract(_k, 'key'))"
        return f"CASE {_bad_keys(keys)}ELSE CAST(map_from_entries({v[0]}) AS {duck(kind)}) END"

    return once([entries], body)


def _resolve_keys(args: Sequence[Arg]) -> Resolved:
    counted(args, 1)
    kind = map_of(args[0])
    return Resolved((None,), t.ArrayType(kind.key, False), lambda x: f"map_keys({x[0]})", args[0].nullable)


def _resolve_values(args: Sequence[Arg]) -> Resolved:
    counted(args, 1)
    kind = map_of(args[0])
    result = t.ArrayType(kind.value, kind.value_contains_null)
    return Resolved((None,), result, lambda x: f"map_values({x[0]})", args[0].nullable)


def _resolve_entries(args: Sequence[Arg]) -> Resolved:
    counted(args, 1)
    kind = map_of(args[0])
    fields = (t.Field("key", kind.key, False), t.Field("value", kind.value, kind.value_contains_null))
    result = t.ArrayType(t.StructType(fields), False)
    return Resolved((None,), result, lambda x: f"map_entries({x[0]})", args[0].nullable)


def _resolve_contains(args: Sequence[Arg]) -> Resolved:
    counted(args, 2)
    map_of(args[0])
    if isinstance(args[1].type, t.VoidType):
        raise Mismatch("[DATATYPE_MISMATCH.NULL_TYPE] a bare NULL is no key")
    return with_key(
        args, coerce.before_ansi_wider, t.BOOLEAN, lambda v: f"list_contains(map_keys({v[0]}), {v[1]})"
    )


def _resolve_concat(args: Sequence[Arg]) -> Resolved:
    if not args:
        return Resolved((), t.MapType(t.STRING, t.STRING, False), lambda _: "MAP([], [])", False)
    met: t.DataType | None = t.VOID
    for arg in args:
        met = coerce.wider(met, map_of(arg)) if met is not None else None
    if not isinstance(met, t.MapType):
        raise Mismatch("[DATATYPE_MISMATCH.DATA_DIFF_TYPES] the maps have no common type")
    result = met

    def body(v: Sequence[str]) -> str:
        entries = f"map_entries({v[0]})"
        for one in v[1:]:
            entries = f"list_concat({entries}, map_entries({one}))"
        if has_zeros(result.key):
            pair = f"struct_pack(key := {plain_key('_m.key', result.key)}, value := _m.value)"
            entries = f"list_transform({entries}, lambda _m: {pair})"
        return from_entries(entries, result)

    return Resolved(
        (result,) * len(args), result, lambda x: unless_null(x, range(len(x)), body), fallible=True
    )


def _resolve_from_arrays(args: Sequence[Arg]) -> Resolved:
    counted(args, 2)
    keys, values = array_of(args[0]), array_of(args[1])
    keyed(keys.element)
    result = t.MapType(keys.element, values.element, values.contains_null)
    uneven = fail("_LEGACY_ERROR_TEMP_2067", "The arrays of keys and values are not equally long.")

    def body(v: Sequence[str]) -> str:
        return (
            f"CASE WHEN len({v[0]}) <> len({v[1]}) THEN {uneven} "
            f"{_bad_keys(v[0])}"
            f"ELSE CAST(MAP({v[0]}, {v[1]}) AS {duck(result)}) END"
        )

    return Resolved((None, None), result, lambda x: unless_null(x, (0, 1), body), fallible=True)


def _resolve_from_entries(args: Sequence[Arg]) -> Resolved:
    """NULL if an entry is NULL."""
    counted(args, 1)
    kind = array_of(args[0])
    if not isinstance(kind.element, t.StructType) or len(kind.element.fields) != 2:
        raise Mismatch("[DATATYPE_MISMATCH.MAP_FROM_ENTRIES_WRONG_TYPE] it takes an array of pairs")
    key, value = kind.element.fields
    keyed(key.type)
    result = t.MapType(key.type, value.type, value.nullable)

    def body(v: Sequence[str]) -> str:
        first, second = text(key.name), text(value.name)
        own = plain_key(f"struct_extract(_m, {first})", key.type)
        parts = f"struct_pack(key := {own}, value := struct_extract(_m, {second}))"
        made = from_entries(f"list_transform({v[0]}, lambda _m: {parts})", result)
        return f"CASE WHEN list_count({v[0]}) < len({v[0]}) THEN NULL ELSE {made} END"

    return Resolved((None,), result, lambda x: unless_null(x, (0,), body), fallible=True)


def _named(name: str, resolve: Callable[[Sequence[Arg]], Resolved]) -> Function:
    return Function((name,), "scalar", resolve)


FUNCTIONS: tuple[Function, ...] = (
    _named("map_keys", with_null(_resolve_keys, t.MapType(t.VOID, t.VOID))),
    _named("map_values", with_null(_resolve_values, t.MapType(t.VOID, t.VOID))),
    _named("map_entries", with_null(_resolve_entries, t.MapType(t.VOID, t.VOID))),
    _named("map_contains_key", _resolve_contains),
    _named("map_concat", _resolve_concat),
    _named("map_from_arrays", with_null(_resolve_from_arrays, t.ArrayType(t.VOID), 2)),
    _named("map_from_entries", _resolve_from_entries),
)
