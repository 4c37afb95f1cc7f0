"""`arrays_zip`: arrays side by side, as an array of structs."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tailrace.model import types as t
from tailrace.sql.duck_types import duck
from tailrace.sql.errors import NotAnswered
from tailrace.sql.functions.collections_arrays import array_of, counted, unless_null, with_null
from tailrace.sql.functions.table import Arg, Function, Resolved
from tailrace.sql.typed import quote


def _name(written: str, index: int) -> str:
    """A column's or a field's own name, else the place from 0."""
    if written == "NULL":
        return str(index)
    if re.fullmatch(r"[^\W\d]\w*", written):
        return written
    if field := re.fullmatch(r"[^\W\d][\w.]*\.([^\W\d]\w*)", written):
        return field[1]
    if written.endswith(")") or re.search(r"\[\d+\]$", written):
        return str(index)
    raise NotAnswered(
        f"the name of {written} in arrays_zip is not answered; give it a name of its own before"
    )


def _resolve_zip(args: Sequence[Arg]) -> Resolved:
    """`arrays_zip`: fields are named by the columns."""
    counted(args, 1, max(len(args), 1))
    kinds = [array_of(arg) for arg in args]
    names = [_name(arg.name, index) for index, arg in enumerate(args)]
    if len({name.lower() for name in names}) < len(names):
        raise NotAnswered("one column twice is not answered")
    fields = tuple(t.Field(name, kind.element) for name, kind in zip(names, kinds, strict=True))

    def body(v: Sequence[str]) -> str:
        parts = ", ".join(
            f"{quote(f.name)} := CAST(list_extract({one}, _z) AS {duck(f.type)})"
            for f, one in zip(fields, v, strict=True)
        )
        most = f"greatest({', '.join(f'len({one})' for one in v)})"
        return f"list_transform(range(1, {most} + 1), lambda _z: struct_pack({parts}))"

    result = t.ArrayType(t.StructType(fields), False)
    return Resolved((None,) * len(args), result, lambda x: unless_null(x, range(len(x)), body))


_ANY_NUMBER = 10_000

FUNCTIONS: tuple[Function, ...] = (
    Function(("arrays_zip",), "scalar", with_null(_resolve_zip, t.ArrayType(t.VOID), _ANY_NUMBER)),
)
