"""Functions that choose among their arguments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tailrace.model import types as t
from tailrace.model.types import BOOLEAN
from tailrace.sql import coerce
from tailrace.sql.errors import Mismatch, NotAnswered
from tailrace.sql.functions.casts import cast_sql
from tailrace.sql.functions.table import ANY, NUMERIC, Arg, Function, Resolved, T, scalar
from tailrace.sql.operators import is_orderable
from tailrace.sql.typed import once


def _resolve_coalesce(args: Sequence[Arg]) -> Resolved:
    resolved = scalar("coalesce", [T, ...], T, "coalesce({*})", min_args=1).resolve(args)
    return Resolved(resolved.types, resolved.result, resolved.lower, all(arg.nullable for arg in args))


def _check_comparable(args: Sequence[Arg]) -> None:
    """As `=`: no maps, and no text meets anything else inside of an array."""
    met = coerce.compared(args[0].type, args[1].type)
    if met is None or not is_orderable(met):
        raise Mismatch("[DATATYPE_MISMATCH.BINARY_OP_DIFF_TYPES] the values cannot be compared")


def _resolve_nullif(args: Sequence[Arg]) -> Resolved:
    """The first argument keeps its type; the two are compared in their common one."""
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


def _flat(types: Sequence[t.DataType]) -> t.DataType:
    """The common type; arrays and structs are ordered differently where an element is NULL."""
    if isinstance(types[0], (t.ArrayType, t.StructType, t.MapType)):
        raise NotAnswered("ordering nested values is not answered")
    return types[0]


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
    _unmixed(scalar("greatest", [T, T, ...], _flat, "greatest({*})", min_args=2)),
    _unmixed(scalar("least", [T, T, ...], _flat, "least({*})", min_args=2)),
    Function(("equal_null",), "scalar", _resolve_equal_null),
    Function(("nullifzero",), "scalar", _resolve_nullifzero),
)
