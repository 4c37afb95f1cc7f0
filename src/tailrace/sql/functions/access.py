"""`base[index]`: an element of an array, a value of a map. The analyzer calls it `__subscript`."""

from __future__ import annotations

from collections.abc import Sequence

from tailrace.model import types as t
from tailrace.sql import coerce
from tailrace.sql.errors import Mismatch, NotAnswered
from tailrace.sql.functions.table import Arg, Function, Resolved
from tailrace.sql.typed import fail, once


def _element(texts: Sequence[str]) -> str:
    """Counted from 0; outside of the array is an error, as in ANSI mode."""
    bad = fail("INVALID_ARRAY_INDEX", "The index is out of bounds.")

    def body(v: Sequence[str]) -> str:
        inside = f"{v[1]} >= 0 AND {v[1]} < len({v[0]})"
        return (
            f"CASE WHEN {v[0]} IS NULL OR {v[1]} IS NULL THEN NULL "
            f"WHEN {inside} THEN list_extract({v[0]}, {v[1]} + 1) ELSE {bad} END"
        )

    return once(texts, body)


def _resolve(args: Sequence[Arg]) -> Resolved:
    base, index = args[0].type, args[1].type
    if isinstance(base, t.ArrayType):
        if isinstance(index, t.VoidType):
            raise NotAnswered("a bare NULL as a place is not answered: Spark reads the first element or none")
        if not isinstance(index, t.IntegralType):
            raise Mismatch(
                f"[DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE] an array takes a whole index, not {index}"
            )
        return Resolved((None, t.LONG), base.element, _element, nullable=True, fallible=True)
    if isinstance(base, t.MapType):
        if not coerce.implicit(index, base.key):
            raise Mismatch(
                f"[DATATYPE_MISMATCH.MAP_FUNCTION_DIFF_TYPES] the keys are {base.key}, not {index}"
            )
        return Resolved(
            (None, base.key), base.value, lambda x: f"map_extract_value({x[0]}, {x[1]})", nullable=True
        )
    raise Mismatch(f"[INVALID_EXTRACT_BASE_FIELD_TYPE] {base} has no elements")


FUNCTIONS: tuple[Function, ...] = (Function(("__subscript",), "scalar", _resolve),)
