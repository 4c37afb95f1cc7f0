"""Rounding to a number of digits that is a literal: `ceil`, `floor` and `bround`, and `round` of DOUBLE and FLOAT.

A DOUBLE is rounded by the decimal digits that are printed, a FLOAT by those of the DOUBLE that it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tailrace.model import types as t
from tailrace.sql import coerce
from tailrace.sql.duck_types import duck
from tailrace.sql.errors import Mismatch, NotAnswered
from tailrace.sql.functions.options import whole, with_options
from tailrace.sql.functions.table import Arg, Function, Resolved
from tailrace.sql.typed import once

_DIGITS: dict[t.DataType, int] = {t.BYTE: 3, t.SHORT: 5, t.INT: 10, t.LONG: 20}


def rounded_type(kind: t.DecimalType, scale: int) -> t.DecimalType:
    """The type of a DECIMAL rounded to a scale."""
    whole = kind.precision - kind.scale + 1
    if scale < 0:
        return t.DecimalType(min(max(whole, -scale + 1), 38), 0)
    kept = min(kind.scale, scale)
    return t.DecimalType(min(whole + kept, 38), kept)


def _scale(arg: Arg, way: str) -> int:
    if way != "bround" and (arg.type != t.INT or arg.value is None):
        raise Mismatch("[NON_FOLDABLE_ARGUMENT] the number of digits must be a constant INT that is not NULL")
    if not isinstance(arg.value, int) or isinstance(arg.value, bool) or not -18 <= arg.value <= 38:
        raise NotAnswered("a number of digits that is not from -18 to 38 is not answered")
    return arg.value


def _by(way: str, x: str, kind: t.DecimalType, scale: int, result: t.DecimalType) -> str:
    """The multiple of a unit below, above or nearest; half of it goes to the even one."""
    room = t.DecimalType(min(max(kind.precision, -scale + 1 + kind.scale) + 2, 38), kind.scale)
    if scale >= kind.scale:
        return f"CAST({x} AS {duck(result)})"
    unit = f"CAST('1e{-scale}' AS {duck(room)})"

    def body(v: Sequence[str]) -> str:
        value, rest = f"CAST({v[0]} AS {duck(room)})", f"(CAST({v[0]} AS {duck(room)}) % {unit})"
        step = {
            "floor": f"CASE WHEN {rest} < 0 THEN -{unit} ELSE CAST(0 AS {duck(room)}) END",
            "ceil": f"CASE WHEN {rest} > 0 THEN {unit} ELSE CAST(0 AS {duck(room)}) END",
            "bround": (
                f"CASE WHEN abs({rest}) * 2 > {unit} OR (abs({rest}) * 2 = {unit} AND "
                f"abs({value} - {rest}) % ({unit} * 2) <> 0) THEN CASE WHEN {rest} < 0 THEN -{unit} ELSE {unit} END "
                f"ELSE CAST(0 AS {duck(room)}) END"
            ),
        }[way]
        return f"(CAST({value} - {rest} AS {duck(result)}) + CAST({step} AS {duck(result)}))"

    return once([x], body)


def floating(way: str, v: str, scale: int, kind: t.DataType) -> str:
    """`round` or `bround` of a DOUBLE or FLOAT: digits behind the seventeenth are none."""
    places = max(scale, 0) + 18 if scale >= 0 else 17
    exact = t.DecimalType(38, places)
    digits = f"CAST(CAST(CAST({v} AS DOUBLE) AS VARCHAR) AS {duck(exact)})"
    whole = "CAST(CAST(CAST({v} AS DOUBLE) AS VARCHAR) AS DECIMAL(38,0))".replace("{v}", v)

    def near(number: str, of: t.DecimalType) -> str:
        made = f"round({number}, {scale})" if way == "round" else _by(way, number, of, scale, of)
        return f"CAST({made} AS {duck(kind)})"

    if scale >= 0:
        return f"CASE WHEN abs({v}) < 1e{17 - scale} THEN {near(digits, exact)} ELSE {v} END"
    return (
        f"CASE WHEN abs({v}) < 1e20 THEN {near(digits, exact)} "
        f"WHEN abs({v}) < 1e37 THEN {near(whole, t.DecimalType(38, 0))} ELSE {v} END"
    )


def to_scale(way: str, args: Sequence[Arg]) -> Resolved:
    """`ceil(x, scale)`, `floor(x, scale)`, `bround(x[, scale])`."""
    if not 1 <= len(args) <= 2:
        raise Mismatch(f"[WRONG_NUM_ARGS.WITHOUT_SUGGESTION] it takes 1 or 2 arguments, not {len(args)}")
    if len(args) == 2 and args[1].value is None and way == "bround":
        made = to_scale(way, [args[0], replace(args[1], value=0)])
        return replace(made, lower=lambda _: f"CAST(NULL AS {duck(made.result)})", fallible=False)
    scale = _scale(args[1], way) if len(args) == 2 else 0
    kind: t.DataType = args[0].type
    if way == "bround" and isinstance(kind, (t.FloatType, t.DoubleType, t.StringType, t.VoidType)):
        return _bround_floating(kind if isinstance(kind, t.FloatType) else t.DOUBLE, scale, args)
    if isinstance(kind, (t.FloatType, t.DoubleType)):
        kind = coerce.decimal_of(kind)
    if isinstance(kind, (t.StringType, t.VoidType)):
        kind = t.DecimalType(38, 18)
    if not isinstance(kind, (t.DecimalType, t.IntegralType)):
        raise NotAnswered(f"{way} of {kind} to a number of digits is not answered")
    exact = kind if isinstance(kind, t.DecimalType) else t.DecimalType(_DIGITS[kind], 0)
    if exact.precision + max(0, -scale - exact.precision) + 2 > 38 and kind == args[0].type:
        raise NotAnswered(f"{way} of {kind} to this number of digits is not answered")
    types = (kind, *([t.INT] * (len(args) - 1)))
    result: t.DataType = rounded_type(exact, scale)
    final = result
    if way == "bround" and isinstance(kind, t.IntegralType):
        final = kind
    assert isinstance(result, t.DecimalType)
    wide = t.DecimalType(min(max(result.precision, exact.precision + 1), 38), result.scale)

    def lower(v: Sequence[str]) -> str:
        made = _by(way, v[0], exact, scale, wide)
        return f"CAST({made} AS {duck(final)})"

    fallible = isinstance(final, t.IntegralType) or isinstance(args[0].type, t.StringType)
    return Resolved(types, final, lower, True, fallible=fallible)


def _bround_floating(kind: t.DataType, scale: int, args: Sequence[Arg]) -> Resolved:
    if not -20 <= scale <= 15:
        raise NotAnswered("a number of digits that is not from -20 to 15 is not answered")

    def lower(v: Sequence[str]) -> str:
        return once(v[:1], lambda n: floating("bround", n[0], scale, kind))

    return Resolved((kind, *([t.INT] * (len(args) - 1))), kind, lower, True)


FUNCTIONS: tuple[Function, ...] = (
    with_options(
        Function(
            ("bround",),
            "scalar",
            lambda args: to_scale("bround", args),
            lambda _, a: f"bround({a[0]}, {a[1] if len(a) > 1 else 0})",
        ),
        whole(1, "DATATYPE_MISMATCH.NON_FOLDABLE_INPUT"),
    ),
)
