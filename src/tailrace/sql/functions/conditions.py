"""Functions that choose among their arguments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from tailrace.model import types as t
from tailrace.model.types import BOOLEAN
from tailrace.sql import coerce
from tailrace.sql.errors import Mismatch
from tailrace.sql.functions.casts import cast_sql
from tailrace.sql.functions.table import ANY, NUMERIC, Arg, Function, Resolved, T, scalar
from tailrace.sql.operators import is_orderable
from tailrace.sql.ordering import among, compared, is_nested
from tailrace.sql.typed import once


def _resolve_coalesce(args: Sequence[Arg]) -> Resolved:
    resolved = scalar("coalesce", [T, ...], T, "coalesce({*})", min_args=1).resolve(args)
    return Resolved(resolved.types, resolved.result, resolved.lower, all(arg.nullable for arg in args))


def _check_comparable(args: Sequence[Arg]) -> None:
    """As `=`: no maps, and no text meets anything else inside of an array."""
    met = coerce.compared(args[0].type, args[1].type)
    if met is None or not is_orderable(met):
        raise Mismatch("[DATATYPE_MISMATCH.BINARY_OP_DIFF_TYPES] the values cannot be compared")


def _renamed(args: Sequence[Arg]) -> bool:
    """Whether both are nested values that differ in the names of fields."""
    kinds = [arg.type for arg in args]
    return coerce.compared(*kinds) is None and coerce.same_structure(*kinds) and is_orderable(kinds[0])


def _nullif_renamed(first: t.DataType, second: t.DataType) -> Resolved:
    def lower(texts: Sequence[str]) -> str:
        return once(
            texts,
            lambda v: f"CASE WHEN {compared('=', v[0], v[1], (first, second))} THEN NULL ELSE {v[0]} END",
        )

    return Resolved((None, None), first, lower, nullable=True)


def _resolve_nullif(args: Sequence[Arg]) -> Resolved:
    """The first argument keeps its type; the two are compared in their common one."""
    if len(args) == 2 and _renamed(args):
        return _nullif_renamed(args[0].type, args[1].type)
    resolved = scalar("nullif", [T, T], T, "").resolve(args)
    first, met = args[0].type, resolved.result
    _check_comparable(args)
    _, fallible = cast_sql("x", first, met)

    def lower(texts: Sequence[str]) -> str:
        return once(
            texts, lambda v: f"CASE WHEN {cast_sql(v[0], first, met)[0]} = {v[1]} THEN NULL ELSE {v[0]} END"
        )

    return Resolved((first, met), first, lower, nullable=True, fallible=fallible)


def _resolve_nullifzero(args: Sequence[Arg]) -> Resolved:
    """A text is compared as a BIGINT and stays a text."""
    if len(args) == 1 and isinstance(args[0].type, t.VoidType):
        return Resolved((None,), t.VOID, lambda _: "NULL", nullable=True)
    if len(args) != 1 or not isinstance(args[0].type, t.StringType):
        return scalar("nullifzero", [NUMERIC], NUMERIC, "nullif({0}, 0)", null="always").resolve(args)
    both = _resolve_nullif((args[0], Arg(t.INT, False, 0, "0")))
    return replace(both, types=both.types[:1], lower=lambda v: both.lower([v[0], "0"]))


def _resolve_equal_null(args: Sequence[Arg]) -> Resolved:
    resolved = scalar("equal_null", [T, T], BOOLEAN, "({0} IS NOT DISTINCT FROM {1})", null="never").resolve(
        args
    )
    _check_comparable(args)
    return resolved


def _resolve_extreme(name: str, args: Sequence[Arg]) -> Resolved:
    """greatest, least: of nested values by their keys."""
    flat = scalar(name, [T, T, ...], T, f"{name}({{*}})", min_args=2).resolve(args)
    kind = flat.result
    if not is_orderable(kind):
        raise Mismatch(f"[DATATYPE_MISMATCH.INVALID_ORDERING_TYPE] {kind} has no order")
    if not is_nested(kind):
        return flat
    met: t.DataType | None = t.VOID
    for arg in args:
        met = coerce.without_text(met, arg.type) if met is not None else None
    if met is None:  # no text meets anything else inside of them
        raise Mismatch("[DATATYPE_MISMATCH.DATA_DIFF_TYPES] the values have no common type")
    return replace(flat, lower=lambda texts: among(texts, kind, name == "greatest"))


def _unmixed(function: Function) -> Function:
    """The function where texts stand beside nothing but texts."""

    def resolve(args: Sequence[Arg]) -> Resolved:
        present = [arg.type for arg in args if not isinstance(arg.type, t.VoidType)]
        if len({isinstance(kind, t.StringType) for kind in present}) > 1:
            raise Mismatch("[DATATYPE_MISMATCH.DATA_DIFF_TYPES] the values have no common type")
        return function.resolve(args)

    return replace(function, resolve=resolve)


def _with_condition(function: Function) -> Function:
    """`if`, whose first argument must be a BOOLEAN or a bare NULL."""

    def resolve(args: Sequence[Arg]) -> Resolved:
        if args and not isinstance(args[0].type, (t.BooleanType, t.VoidType)):
            raise Mismatch("[DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE] the condition must be a BOOLEAN")
        return function.resolve(args)

    return replace(function, resolve=resolve)


FUNCTIONS: tuple[Function, ...] = (
    Function(("coalesce",), "scalar", _resolve_coalesce),
    Function(("nullif",), "scalar", _resolve_nullif),
    scalar("ifnull nvl", [T, T], T, "coalesce({0}, {1})"),
    scalar("nvl2", [ANY, T, T], T, "CASE WHEN {0} IS NOT NULL THEN {1} ELSE {2} END", null="always"),
    _with_condition(
        scalar(
            "if",
            [BOOLEAN, T, T],
            T,
            "CASE WHEN {0} THEN {1} ELSE {2} END",
            pretty=lambda _, a: f"(IF({a[0]}, {a[1]}, {a[2]}))",
        )
    ),
    scalar("isnull", [ANY], BOOLEAN, "({0} IS NULL)", null="never", pretty=lambda _, a: f"({a[0]} IS NULL)"),
    scalar(
        "isnotnull",
        [ANY],
        BOOLEAN,
        "({0} IS NOT NULL)",
        null="never",
        pretty=lambda _, a: f"({a[0]} IS NOT NULL)",
    ),
    _unmixed(Function(("greatest",), "scalar", partial(_resolve_extreme, "greatest"))),
    _unmixed(Function(("least",), "scalar", partial(_resolve_extreme, "least"))),
    Function(("equal_null",), "scalar", _resolve_equal_null),
    Function(("nullifzero",), "scalar", _resolve_nullifzero),
)
