"""Signs, bits and shifts, and the rarer functions of DOUBLE."""

from __future__ import annotations

from collections.abc import Sequence

from tailrace.model import types as t
from tailrace.sql import coerce, decimals
from tailrace.sql.duck_types import duck
from tailrace.sql.errors import Mismatch, NotAnswered
from tailrace.sql.functions.intervals_made import bucketed, negative, or_interval
from tailrace.sql.functions.table import Arg, Function, Resolved, coerce_args, scalar
from tailrace.sql.typed import fail, once

_NAN = "CAST('nan' AS DOUBLE)"
_INF = "CAST('inf' AS DOUBLE)"


def _count(args: Sequence[Arg], wanted: int) -> None:
    if len(args) != wanted:
        raise Mismatch(f"[WRONG_NUM_ARGS.WITHOUT_SUGGESTION] it takes {wanted} arguments, not {len(args)}")


def _negative(args: Sequence[Arg]) -> Resolved:
    _count(args, 1)
    kind = args[0].type
    if isinstance(kind, (t.StringType, t.VoidType)):
        kind = t.DOUBLE
    if not isinstance(kind, t.NumericType):
        raise NotAnswered(f"negative of {kind.simple_string} is not answered")
    if isinstance(kind, t.DecimalType):
        fallible, decimal = decimals.negation_fails(kind), kind
        return Resolved((kind,), kind, lambda v: decimals.negated(v[0], decimal), args[0].nullable, fallible)
    bounds: dict[t.DataType, int] = {t.BYTE: -(2**7), t.SHORT: -(2**15), t.INT: -(2**31), t.LONG: -(2**63)}
    least = bounds.get(kind)
    if least is None:
        return Resolved((kind,), kind, lambda v: f"(-{v[0]})", args[0].nullable)
    raised = fail("ARITHMETIC_OVERFLOW", "The number has no negative of its type")

    def body(v: Sequence[str]) -> str:
        return f"CASE WHEN {v[0]} = {least} THEN {raised} ELSE CAST(-{v[0]} AS {duck(kind)}) END"

    return Resolved((kind,), kind, lambda v: once(v, body), args[0].nullable, fallible=True)


def _positive(args: Sequence[Arg]) -> Resolved:
    _count(args, 1)
    kind = args[0].type
    if isinstance(kind, (t.StringType, t.VoidType)):
        kind = t.DOUBLE
    if not isinstance(kind, t.NumericType):
        raise NotAnswered(f"positive of {kind.simple_string} is not answered")
    return Resolved((kind,), kind, lambda v: v[0], args[0].nullable)


def _shift(name: str) -> Function:
    """Java's shifts: the distance counts modulo the width, and bits that leave are lost."""

    def resolve(args: Sequence[Arg]) -> Resolved:
        _count(args, 2)
        kind = t.LONG if args[0].type == t.LONG else t.INT
        types = coerce_args((kind, t.INT), args)
        bits = 64 if kind == t.LONG else 32

        def body(v: Sequence[str]) -> str:
            x, by = f"CAST({v[0]} AS HUGEINT)", f"({v[1]} & {bits - 1})"
            power = f"CAST(pow(2, {by}) AS HUGEINT)"
            if name == "shiftright":
                rest = f"((({x} % {power}) + {power}) % {power})"
                return f"CAST(({x} - {rest}) // {power} AS {duck(kind)})"
            unsigned = f"(CASE WHEN {v[0]} < 0 THEN {x} + {2**bits} ELSE {x} END)"
            if name == "shiftrightunsigned":
                value = f"({unsigned} // {power})"
            else:
                value = f"(({unsigned} % ({2**bits} // {power})) * {power})"
            signed = f"CASE WHEN {value} >= {2 ** (bits - 1)} THEN {value} - {2**bits} ELSE {value} END"
            return f"CAST({signed} AS {duck(kind)})"

        return Resolved(tuple(types), kind, lambda v: once(v, body), any(a.nullable for a in args))

    return Function((name,), "scalar", resolve)


def _bit_count(args: Sequence[Arg]) -> Resolved:
    _count(args, 1)
    kind = args[0].type
    if isinstance(kind, t.BooleanType):
        return Resolved((None,), t.INT, lambda v: f"CAST({v[0]} AS INTEGER)", args[0].nullable)
    if not isinstance(kind, (t.IntegralType, t.VoidType)):
        raise NotAnswered(f"bit_count of {kind.simple_string} is not answered")
    return Resolved(
        (None,), t.INT, lambda v: f"CAST(bit_count(CAST({v[0]} AS BIGINT)) AS INTEGER)", args[0].nullable
    )


def _bit_get(args: Sequence[Arg]) -> Resolved:
    _count(args, 2)
    kind = args[0].type
    if not isinstance(kind, t.IntegralType) or not coerce.implicit(args[1].type, t.INT):
        raise NotAnswered(f"bit_get of {kind.simple_string} is not answered")
    bits = {t.BYTE: 8, t.SHORT: 16, t.INT: 32, t.LONG: 64}[kind]
    raised = fail("INVALID_PARAMETER_VALUE.BIT_POSITION_RANGE", "The position is no bit of the number")

    def body(v: Sequence[str]) -> str:
        x = f"CAST({v[0]} AS HUGEINT)"
        unsigned = f"(CASE WHEN {v[0]} < 0 THEN {x} + {2**bits} ELSE {x} END)"
        value = f"CAST(({unsigned} // CAST(pow(2, {v[1]}) AS HUGEINT)) % 2 AS TINYINT)"
        return (
            f"CASE WHEN {v[0]} IS NULL OR {v[1]} IS NULL THEN NULL "
            f"WHEN {v[1]} NOT BETWEEN 0 AND {bits - 1} THEN {raised} ELSE {value} END"
        )

    return Resolved((None, t.INT), t.BYTE, lambda v: once(v, body), any(a.nullable for a in args), True)


def _double(names: str, sql: str, always: bool = False) -> Function:
    def lower(v: Sequence[str]) -> str:
        return once(v, lambda n: sql.replace("{0}", n[0]))

    return scalar(names, [t.DOUBLE], t.DOUBLE, lower, null="always" if always else "any")


def _hypot(texts: Sequence[str]) -> str:
    def body(v: Sequence[str]) -> str:
        a, b = v
        most = f"greatest(abs({a}), abs({b}))"
        return (
            f"CASE WHEN {a} IS NULL OR {b} IS NULL THEN NULL WHEN isinf({a}) OR isinf({b}) THEN {_INF} "
            f"WHEN isnan({a}) OR isnan({b}) THEN {_NAN} WHEN {most} = 0 THEN CAST(0 AS DOUBLE) "
            f"ELSE {most} * sqrt(pow({a} / {most}, 2) + pow({b} / {most}, 2)) END"
        )

    return once(texts, body)


def _nanvl(args: Sequence[Arg]) -> Resolved:
    _count(args, 2)
    kind = t.FLOAT if args[0].type == t.FLOAT and args[1].type in (t.FLOAT, t.VOID) else t.DOUBLE
    types = coerce_args((kind, kind), args)
    return Resolved(
        tuple(types),
        kind,
        lambda v: once(v[:1], lambda n: f"CASE WHEN isnan({n[0]}) THEN {v[1]} ELSE {n[0]} END"),
        any(a.nullable for a in args),
    )


def _width_bucket(texts: Sequence[str]) -> str:
    def body(v: Sequence[str]) -> str:
        x, low, high, n = v

        def part(over: str, span: str) -> str:
            return f"CAST(trunc(CAST({n} AS DOUBLE) * ({over}) / ({span})) AS BIGINT) + 1"

        return (
            f"CASE WHEN {x} IS NULL OR {low} IS NULL OR {high} IS NULL OR {n} IS NULL THEN NULL "
            f"WHEN {n} <= 0 OR {n} = 9223372036854775807 OR isnan({x}) OR {low} = {high} "
            f"OR NOT isfinite({low}) OR NOT isfinite({high}) THEN NULL "
            f"WHEN {low} < {high} THEN CASE WHEN {x} < {low} THEN 0 WHEN {x} >= {high} THEN {n} + 1 "
            f"ELSE {part(f'{x} - {low}', f'{high} - {low}')} END "
            f"WHEN {x} > {low} THEN 0 WHEN {x} <= {high} THEN {n} + 1 "
            f"ELSE {part(f'{low} - {x}', f'{low} - {high}')} END"
        )

    return once(texts, body)


_SMALL = "abs({0}) < 1"

FUNCTIONS: tuple[Function, ...] = (
    or_interval(
        Function(("negative",), "scalar", _negative, lambda _, a: f"negative({a[0]})"), None, negative
    ),
    or_interval(
        Function(("positive",), "scalar", _positive, lambda _, a: f"(+ {a[0]})"), None, lambda _, v: v[0]
    ),
    _shift("shiftleft"),
    _shift("shiftright"),
    _shift("shiftrightunsigned"),
    Function(("bit_count",), "scalar", _bit_count),
    Function(("bit_get", "getbit"), "scalar", _bit_get),
    scalar(
        "factorial",
        [t.INT],
        t.LONG,
        lambda v: once(
            v, lambda n: f"CASE WHEN {n[0]} BETWEEN 0 AND 20 THEN CAST(factorial({n[0]}) AS BIGINT) END"
        ),
        null="always",
    ),
    _double("expm1", f"CASE WHEN {_SMALL} THEN 2 * exp({{0}} / 2) * sinh({{0}} / 2) ELSE exp({{0}}) - 1 END"),
    _double(
        "log1p",
        f"CASE WHEN {{0}} <= -1 THEN NULL WHEN {_SMALL} THEN 2 * atanh({{0}} / (2 + {{0}})) ELSE ln(1 + {{0}}) END",
        always=True,
    ),
    _double("asinh", "asinh({0})"),
    _double("acosh", f"CASE WHEN {{0}} < 1 THEN {_NAN} ELSE acosh({{0}}) END"),
    _double(
        "atanh",
        f"CASE WHEN abs({{0}}) > 1 THEN {_NAN} WHEN abs({{0}}) = 1 THEN {{0}} * {_INF} ELSE atanh({{0}}) END",
    ),
    *(
        _double(
            name,
            f"CASE WHEN isfinite({{0}}) THEN pow({inner}, -1) WHEN {{0}} IS NOT NULL THEN {_NAN} END",
        )
        for name, inner in (("cot", "tan({0})"), ("sec", "cos({0})"), ("csc", "sin({0})"))
    ),
    _double("rint", "CASE WHEN abs({0}) < 4503599627370496 THEN round_even({0}, 0) ELSE {0} END"),
    scalar("hypot", [t.DOUBLE, t.DOUBLE], t.DOUBLE, _hypot),
    Function(("nanvl",), "scalar", _nanvl),
    bucketed(
        scalar("width_bucket", [t.DOUBLE, t.DOUBLE, t.DOUBLE, t.LONG], t.LONG, _width_bucket, null="always")
    ),
)
