"""Functions of maps by Spark's answers: entries keep their order, a key twice or a NULL key is an error.

Keys of FLOAT and DOUBLE are refused where a map is made: Spark makes -0.0 the key 0.0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tailrace.model import types as t
from tailrace.sql.duck_types import duck
from tailrace.sql.errors import Mismatch, NotAnswered
from tailrace.sql.functions.collections_arrays import array_of, comparable, counted, unless_null
from tailrace.sql.functions.table import Arg, Function, Resolved
from tailrace.sql.typed import fail, once, text

TWICE = fail("DUPLICATED_MAP_KEY", "A key is there twice.")
NO_KEY = fail("NULL_MAP_KEY", "A key is NULL.")


def map_of(arg: Arg) -> t.MapType:
    """The type of an argument that must be a map."""
    if isinstance(arg.type, t.VoidType):
        raise NotAnswered("an untyped NULL is not answered here")
    if not isinstance(arg.type, t.MapType):
        raise Mismatch(
            f"[DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE] argument 1 must be MAP, not {arg.type.simple_string.upper()}"
        )
    return arg.type


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
    kind = map_of(args[0])
    comparable(kind.key, floats=False)
    if args[1].type != kind.key:
        raise NotAnswered(f"a key of {args[1].type} for keys of {kind.key} is not answered")

    def body(v: Sequence[str]) -> str:
        return f"list_contains(map_keys({v[0]}), {v[1]})"

    return Resolved((None, None), t.BOOLEAN, lambda x: unless_null(x, (0, 1), body))


def _resolve_concat(args: Sequence[Arg]) -> Resolved:
    if not args:
        raise NotAnswered("a map without entries is not answered")
    kinds = [map_of(arg) for arg in args]
    first = kinds[0]
    if any((kind.key, kind.value) != (first.key, first.value) for kind in kinds):
        raise NotAnswered("maps of several types are not answered")
    comparable(first.key, floats=False)
    result = t.MapType(first.key, first.value, any(kind.value_contains_null for kind in kinds))

    def body(v: Sequence[str]) -> str:
        entries = f"map_entries({v[0]})"
        for one in v[1:]:
            entries = f"list_concat({entries}, map_entries({one}))"
        return from_entries(entries, result)

    return Resolved(
        tuple(None for _ in args), result, lambda x: unless_null(x, range(len(x)), body), fallible=True
    )


def _resolve_from_arrays(args: Sequence[Arg]) -> Resolved:
    counted(args, 2)
    keys, values = array_of(args[0]), array_of(args[1])
    comparable(keys.element, floats=False)
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
    comparable(key.type, floats=False)
    result = t.MapType(key.type, value.type, value.nullable)

    def body(v: Sequence[str]) -> str:
        first, second = text(key.name), text(value.name)
        parts = f"struct_pack(key := struct_extract(_m, {first}), value := struct_extract(_m, {second}))"
        made = from_entries(f"list_transform({v[0]}, lambda _m: {parts})", result)
        return f"CASE WHEN list_count({v[0]}) < len({v[0]}) THEN NULL ELSE {made} END"

    return Resolved((None,), result, lambda x: unless_null(x, (0,), body), fallible=True)


def _named(name: str, resolve: Callable[[Sequence[Arg]], Resolved]) -> Function:
    return Function((name,), "scalar", resolve)


FUNCTIONS: tuple[Function, ...] = (
    _named("map_keys", _resolve_keys),
    _named("map_values", _resolve_values),
    _named("map_entries", _resolve_entries),
    _named("map_contains_key", _resolve_contains),
    _named("map_concat", _resolve_concat),
    _named("map_from_arrays", _resolve_from_arrays),
    _named("map_from_entries", _resolve_from_entries),
)
