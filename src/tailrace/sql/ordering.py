"""Values of nested types as keys that DuckDB orders as Spark does.

Inside of structs and arrays NULL is less than everything in Spark and more than everything in DuckDB,
whatever is said of NULLs outside. In a key each part stands behind a flag that says whether it is there.
"""

from __future__ import annotations

from tailrace.model import types as t
from tailrace.sql.typed import quote, text


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
    pair = f"struct_pack(p := _o {flag}, k := {order_key('_o', element)}, v := _o)"
    how = "'DESC'" if descending else "'ASC'"
    return f"list_transform(list_sort(list_transform({sql}, lambda _o: {pair}), {how}), lambda _o: _o.v)"
