"""Functions that make rows out of one value: `explode` and its kin.

`generated` says which list is exploded and which columns a row of it has, in DuckDB SQL over the element
`"__item"` and its place `"__pos"`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tailrace.model import types as t
from tailrace.sql.errors import Mismatch, NotAnswered
from tailrace.sql.functions.table import Arg, Function, Resolved
from tailrace.sql.typed import Typed, text

ITEM, POSITION = '"__item"', '"__pos"'
NAMES = ("explode", "explode_outer", "posexplode", "posexplode_outer", "inline", "inline_outer")


@dataclass(frozen=True)
class Generated:
    """`items` is the list; `columns` are named and typed over the element; `outer` keeps a row of NULLs."""

    items: str
    outer: bool
    columns: tuple[Typed, ...]


def generated(name: str, value: Typed) -> Generated:
    """Raises Mismatch for what Spark refuses."""
    outer = name.endswith("_outer")
    kind = value.type
    if name.startswith("inline"):
        if not (isinstance(kind, t.ArrayType) and isinstance(kind.element, t.StructType)):
            raise Mismatch(
                f"[DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE] it takes an array of structs, not {kind}"
            )
        nullable = kind.contains_null or outer
        fields = [
            Typed(f"struct_extract({ITEM}, {text(f.name)})", f.type, nullable or f.nullable, name=f.name)
            for f in kind.element.fields
        ]
        return Generated(value.sql, outer, tuple(fields))
    position = [Typed(POSITION, t.INT, outer, name="pos")] if name.startswith("pos") else []
    if isinstance(kind, t.ArrayType):
        item = Typed(ITEM, kind.element, kind.contains_null or outer, name="col")
        return Generated(value.sql, outer, (*position, item))
    if isinstance(kind, t.MapType):
        key = Typed(f"struct_extract({ITEM}, 'key')", kind.key, outer, name="key")
        item = Typed(
            f"struct_extract({ITEM}, 'value')", kind.value, kind.value_contains_null or outer, name="value"
        )
        return Generated(f"map_entries({value.sql})", outer, (*position, key, item))
    raise Mismatch(f"[DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE] it takes an array or a map, not {kind}")


def _resolve(args: Sequence[Arg]) -> Resolved:
    raise NotAnswered("a generator is answered only as an item of SELECT or in LATERAL VIEW")


def _resolve_stacked(args: Sequence[Arg]) -> Resolved:
    """Structs of one shape as a list: what `stack` becomes; a NULL takes its column's type."""
    kinds: list[t.DataType] = []
    for column in zip(*(a.type.fields for a in args if isinstance(a.type, t.StructType)), strict=True):
        present = {field.type for field in column if not isinstance(field.type, t.VoidType)}
        if len(present) > 1:
            listed = ", ".join(f'"{field.type.simple_string.upper()}"' for field in column)
            raise Mismatch(f"[DATATYPE_MISMATCH.STACK_COLUMN_DIFF_TYPES] a column has the types {listed}")
        kinds.append(present.pop() if present else t.VOID)
    kind = t.StructType(tuple(t.Field(f"col{i}", one) for i, one in enumerate(kinds)))
    return Resolved((kind,) * len(args), t.ArrayType(kind, False), lambda v: f"[{', '.join(v)}]", False)


FUNCTIONS: tuple[Function, ...] = (
    *(Function((name,), "generator", _resolve) for name in NAMES),
    Function(("__stacked",), "scalar", _resolve_stacked),
)
