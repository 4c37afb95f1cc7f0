"""Values of nested types as keys that DuckDB orders as Spark does.

Inside of structs and arrays NULL is less than everything in Spark and more than everything in DuckDB,
whatever is said of NULLs outside. In a key each part stands behind a flag that says whether it is there.
"""

from __future__ import annotations

from collections.abc import Sequence

from tailrace.model import types as t
from tailrace.sql.duck_types import duck
from tailrace.sql.typed import fail, once, quote, text


def is_nested(kind: t.DataType) -> bool:
    """Whether it has parts, of which NULL is a value like any other."""
    return isinstance(kind, (t.ArrayType, t.StructType))


def order_key(sql: str, kind: t.DataType, depth: int = 0) -> str:
    """DuckDB SQL that orders as the value does in Spark; NULL where the value is NULL."""
    if isinstance(kind, t.StructType):
        parts = []
        for place, part in enumerate(kind.fields):
            own = f"struct_extract({sql}, {text(part.name)})"
            parts.append(f"p{place} := {own} IS NOT NULL, v{place} := {order_key(own, part.type, depth)}")
        return f"CASE WHEN {sql} IS NOT NULL THEN struct_pack({', '.join(parts)}) END"
    if isinstance(kind, t.ArrayType):
        own = quote(f"_k{depth}")
        key = order_key(own, kind.element, depth + 1)
        return f"list_transform({sql}, lambda {own}: struct_pack(p := {own} IS NOT NULL, v := {key}))"
    return sql


def sorted_list(sql: str, element: t.DataType, descending: bool, nulls_last: bool) -> str:
    """The list in Spark's order of its elements."""
    flag = "IS NULL" if nulls_last is not descending else "IS NOT NULL"
    place = "-_i" if descending else "_i"  # equal ones stay as they stood
    keyed = f"struct_pack(p := _o {flag}, k := {order_key('_o', element)}, i := {place}, v := _o)"
    how = "'DESC'" if descending else "'ASC'"
    return f"list_transform(list_sort(list_transform({sql}, lambda _o, _i: {keyed}), {how}), lambda _o: _o.v)"


def compared(sign: str, left: str, right: str, kinds: tuple[t.DataType, t.DataType]) -> str:
    """`left sign right` of two values of one structure; the names of fields may differ."""
    a, b = kinds
    ordered = sign not in ("=", "<>", "IS NOT DISTINCT FROM")
    if not is_nested(a) or not is_nested(b) or (not ordered and duck(a) == duck(b)):
        return f"({left} {sign} {right})"
    return once((left, right), lambda v: f"({order_key(v[0], a)} {sign} {order_key(v[1], b)})")


def extreme(items: str, element: t.DataType, greatest: bool) -> str:
    """The greatest or least element of a list: the first of equal ones, NULL if none is there."""
    key, sign = order_key("_o", element), ">" if greatest else "<"
    present = f"list_filter({items}, lambda _o: _o IS NOT NULL)"
    pairs = f"list_transform({present}, lambda _o: struct_pack(k := {key}, v := _o))"
    best = f"list_reduce(_q, lambda _a, _b: CASE WHEN _b.k {sign} _a.k THEN _b ELSE _a END).v"
    return f"list_transform([{pairs}], lambda _q: CASE WHEN len(_q) > 0 THEN {best} END)[1]"


def among(texts: Sequence[str], kind: t.DataType, greatest: bool) -> str:
    """`extreme` of values that stand side by side."""
    return extreme(f"[{', '.join(texts)}]", kind, greatest)


def has_zeros(kind: t.DataType) -> bool:
    """Whether 0.0 and -0.0 may be in a value."""
    if isinstance(kind, t.ArrayType):
        return has_zeros(kind.element)
    if isinstance(kind, t.StructType):
        return any(has_zeros(field.type) for field in kind.fields)
    return isinstance(kind, (t.FloatType, t.DoubleType))


def unsigned(sql: str, kind: t.DataType, depth: int = 0) -> str:
    """The value with 0.0 for each -0.0 in it, as Spark's sets and keys have it."""
    if not has_zeros(kind):
        return sql
    own = quote(f"_u{depth}")
    if isinstance(kind, t.ArrayType):
        return f"list_transform({sql}, lambda {own}: {unsigned(own, kind.element, depth + 1)})"
    if isinstance(kind, t.StructType):
        parts = ", ".join(
            f"{quote(f.name)} := {unsigned(f'{own}.{quote(f.name)}', f.type, depth + 1)}" for f in kind.fields
        )
        packed = f"CASE WHEN {own} IS NOT NULL THEN struct_pack({parts}) END"
        return f"list_transform([{sql}], lambda {own}: {packed})[1]"
    return f"list_transform([{sql}], lambda {own}: CASE WHEN {own} = 0 THEN abs({own}) ELSE {own} END)[1]"


def has_maps(kind: t.DataType) -> bool:
    """Whether a map is in it."""
    if isinstance(kind, t.StructType):
        return any(has_maps(field.type) for field in kind.fields)
    return isinstance(kind, t.MapType) or (isinstance(kind, t.ArrayType) and has_maps(kind.element))


_NULL_INSIDE = fail(
    "UNSUPPORTED_FEATURE", "A NULL inside of a map that is grouped by is not answered: Spark makes 0 of it."
)


def by_keys(sql: str, kind: t.DataType, depth: int = 0) -> str:
    """The value with each map in the order of its keys, so that equal ones are one group."""
    own = quote(f"_u{depth}")
    if not has_maps(kind):
        return sql
    if isinstance(kind, t.ArrayType):
        return f"list_transform({sql}, lambda {own}: {by_keys(own, kind.element, depth + 1)})"
    if isinstance(kind, t.StructType):
        inner = [(f.name, by_keys(f"{own}.{quote(f.name)}", f.type, depth + 1)) for f in kind.fields]
        made = f"struct_pack({', '.join(f'{quote(name)} := {one}' for name, one in inner)})"
    else:
        assert isinstance(kind, t.MapType)
        pair = quote(f"_e{depth}")
        value = by_keys(f"{pair}.value", kind.value, depth + 1)
        if kind.value_contains_null and not is_nested(kind.value) and kind.value not in (t.STRING, t.BINARY):
            value = f"CASE WHEN {pair}.value IS NULL THEN {_NULL_INSIDE} ELSE {value} END"
        parts = f"o := {order_key(f'{pair}.key', kind.key)}, key := {pair}.key, value := {value}"
        rows = f"list_sort(list_transform(map_entries({own}), lambda {pair}: struct_pack({parts})))"
        pairs = (
            f"list_transform({rows}, lambda {pair}: struct_pack(key := {pair}.key, value := {pair}.value))"
        )
        made = f"map_from_entries({pairs})"
    return f"list_transform([{sql}], lambda {own}: CASE WHEN {own} IS NOT NULL THEN {made} END)[1]"
