"""Functions of numbers, and the casts that are written as functions, by Spark's answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tailrace.model import types as t
from tailrace.sql import coerce, decimals, operators
from tailrace.sql.duck_types import duck
from tailrace.sql.errors import Mismatch, NotAnswered
from tailrace.sql.functions.casts import cast_sql
from tailrace.sql.functions.intervals_made import absolute, or_interval, sign
from tailrace.sql.functions.options import whole, with_options
from tailrace.sql.functions.rounding import FUNCTIONS as ROUNDING_FUNCTIONS
from tailrace.sql.functions.rounding import floating, rounded_type, to_scale
from tailrace.sql.functions.table import Arg, Function, Pattern, Resolved, scalar
from tailrace.sql.typed import once

_NAN = "CAST('nan' AS DOUBLE)"


def _double(names: str, sql: str, null: str = "any") -> Function:
    """A function of one DOUBLE; `{0}` may be written several times."""

    def lower(v: Sequence[str]) -> str:
        return once(v, lambda n: sql.replace("{0}", n[0]))

    return scalar(names, [t.DOUBLE], t.DOUBLE, lower, null="always" if null == "always" else "any")


def _number_of(arg: Arg) -> t.DataType:
    """The number that an argument is: text and NULL are DOUBLE."""
    if isinstance(arg.type, t.NumericType):
        return arg.type
    if isinstance(arg.type, (t.StringType, t.VoidType)):
        return t.DOUBLE
    if coerce.is_interval(arg.type):
        raise NotAnswered("an interval is not answered here")
    raise Mismatch(f"[DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE] {arg.type.simple_string.upper()} is no number")


def _abs(args: Sequence[Arg]) -> Resolved:
    _count(args, 1, 1)
    kind = _number_of(args[0])
    if isinstance(kind, t.DecimalType):
        fallible, decimal = decimals.negation_fails(kind), kind
        return Resolved((kind,), kind, lambda v: decimals.absolute(v[0], decimal), args[0].nullable, fallible)
    return Resolved(
        (kind,), kind, lambda v: f"abs({v[0]})", args[0].nullable, isinstance(kind, t.IntegralType)
    )


def _count(args: Sequence[Arg], least: int, most: int) -> None:
    if not least <= len(args) <= most:
        raise Mismatch(
            f"[WRONG_NUM_ARGS.WITHOUT_SUGGESTION] it takes {least} to {most} arguments, not {len(args)}"
        )


def _round(args: Sequence[Arg]) -> Resolved:
    """Half away from zero, by the decimal digits that are printed."""
    _count(args, 1, 2)
    kind = _number_of(args[0])
    scale = args[1].value if len(args) == 2 else 0
    if scale is None:
        made = _round([args[0], replace(args[1], value=0)])
        return replace(made, lower=lambda _: f"CAST(NULL AS {duck(made.result)})", nullable=True)
    floats = kind in (t.FLOAT, t.DOUBLE)
    if not isinstance(scale, int) or not (-20 if floats else -30) <= scale <= 15:
        raise NotAnswered(
            f"a number of digits that is not from {-20 if floats else -30} to 15 is not answered"
        )
    types: tuple[t.DataType | None, ...] = (kind, *([t.INT] * (len(args) - 1)))
    nullable = args[0].nullable
    if isinstance(kind, t.IntegralType):
        if scale >= 0:
            return Resolved(types, kind, lambda v: v[0], nullable)
        return Resolved(
            types,
            kind,
            lambda v: f"CAST(round(CAST({v[0]} AS DECIMAL(38,0)), {scale}) AS {duck(kind)})",
            nullable,
            fallible=True,
        )
    if isinstance(kind, t.DecimalType):
        result = rounded_type(kind, scale)
        room = t.DecimalType(min(kind.precision + 1, 38), kind.scale)
        return Resolved(
            types,
            result,
            lambda v: (
                f"CAST(round(CAST({v[0]} AS {duck(room)}), {min(scale, kind.scale)}) AS {duck(result)})"
            ),
            nullable,
            fallible=kind.precision >= 38,
        )
    return Resolved(
        types, kind, lambda v: once(v[:1], lambda n: floating("round", n[0], scale, kind)), nullable
    )


def _to_whole(name: str) -> Function:
    """`ceil`, `floor` of one argument: BIGINT, as far as it goes; DECIMAL without digits after the point."""

    def resolve(args: Sequence[Arg]) -> Resolved:
        if len(args) == 2:
            return to_scale(name, args)
        _count(args, 1, 1)
        kind = _number_of(args[0])
        if isinstance(kind, t.IntegralType):
            return Resolved((t.LONG,), t.LONG, lambda v: v[0], args[0].nullable)
        if isinstance(kind, t.DecimalType):
            result = coerce.bounded(kind.precision - kind.scale + 1, 0)
            room = t.DecimalType(min(kind.precision + 1, 38), kind.scale)
            return Resolved(
                (kind,),
                result,
                lambda v: f"CAST({name}(CAST({v[0]} AS {duck(room)})) AS {duck(result)})",
                args[0].nullable,
            )
        edge = "CAST('9223372036854775808' AS DOUBLE)"

        def body(v: Sequence[str]) -> str:
            x = v[0]
            return (
                f"CASE WHEN isnan({x}) THEN 0 WHEN {x} >= {edge} THEN 9223372036854775807 "
                f"WHEN {x} <= -{edge} THEN -9223372036854775807 - 1 ELSE CAST({name}({x}) AS BIGINT) END"
            )

        return Resolved((t.DOUBLE,), t.LONG, lambda v: once(v, body), args[0].nullable)

    names = ("ceil", "ceiling") if name == "ceil" else (name,)
    return with_options(Function(names, "scalar", resolve, _rounding_name), whole(1, "NON_FOLDABLE_ARGUMENT"))


def _rounding_name(name: str, arguments: Sequence[str]) -> str:
    """Spark prints CEIL and FLOOR of one argument in capitals, ceiling as it is."""
    printed = name.upper() if len(arguments) == 1 and name.lower() != "ceiling" else name.lower()
    return f"{printed}({', '.join(arguments)})"


def _power(texts: Sequence[str]) -> str:
    return once(
        texts,
        lambda v: (
            f"CASE WHEN isnan({v[1]}) OR (abs({v[0]}) = 1 AND isinf({v[1]})) THEN {_NAN} ELSE pow({v[0]}, {v[1]}) END"
        ),
    )


def _log(texts: Sequence[str]) -> str:
    if len(texts) == 1:
        return once(texts, lambda v: f"CASE WHEN {v[0]} > 0 THEN ln({v[0]}) END")
    return once(texts, lambda v: f"CASE WHEN {v[0]} > 0 AND {v[1]} > 0 THEN ln({v[1]}) / ln({v[0]}) END")


_FLOATING = Pattern("double or float", lambda kind: kind if isinstance(kind, t.FloatType) else t.DOUBLE if coerce.implicit(kind, t.DOUBLE) else None)  # fmt: skip


def _cast_function(names: str, kind: t.DataType) -> Function:
    """`int(x)` is CAST(x AS INT)."""

    def resolve(args: Sequence[Arg]) -> Resolved:
        _count(args, 1, 1)
        _, fallible = cast_sql("x", args[0].type, kind)
        nullable = args[0].nullable or operators.fails_to_null(args[0].type, kind)
        return Resolved((None,), kind, lambda v: cast_sql(v[0], args[0].type, kind)[0], nullable, fallible)

    return Function(
        tuple(names.split()), "scalar", resolve, lambda _, a: f"CAST({a[0]} AS {kind.simple_string.upper()})"
    )


def _zero_if_null(args: Sequence[Arg]) -> Resolved:
    _count(args, 1, 1)
    kind = coerce.wider(args[0].type, t.INT)
    if not isinstance(kind, t.NumericType):
        raise Mismatch(f"[DATATYPE_MISMATCH.DATA_DIFF_TYPES] {args[0].type.simple_string.upper()} and INT")
    return Resolved((kind,), kind, lambda v: f"coalesce({v[0]}, 0)", False)


FUNCTIONS: tuple[Function, ...] = (
    or_interval(Function(("abs",), "scalar", _abs), None, absolute),
    *ROUNDING_FUNCTIONS,
    with_options(
        Function(("round",), "scalar", _round, lambda _, a: f"round({a[0]}, {a[1] if len(a) > 1 else 0})"),
        whole(1, "DATATYPE_MISMATCH.NON_FOLDABLE_INPUT"),
    ),
    _to_whole("ceil"),
    _to_whole("floor"),
    Function(("zeroifnull",), "scalar", _zero_if_null),
    or_interval(
        _double("sign signum", "CASE WHEN isnan({0}) OR {0} = 0 THEN {0} ELSE CAST(sign({0}) AS DOUBLE) END"),
        t.DOUBLE,
        sign,
    ),
    _double("sqrt", "CASE WHEN {0} < 0 THEN CAST('nan' AS DOUBLE) ELSE sqrt({0}) END"),
    _double("cbrt", "cbrt({0})"),
    _double("exp", "exp({0})"),
    _double("ln", "CASE WHEN {0} > 0 THEN ln({0}) END", null="always"),
    _double("log10", "CASE WHEN {0} > 0 THEN log10({0}) END", null="always"),
    _double("log2", "CASE WHEN {0} > 0 THEN log2({0}) END", null="always"),
    scalar("log", [t.DOUBLE, t.DOUBLE], t.DOUBLE, _log, min_args=1, null="always"),
    scalar("pow power", [t.DOUBLE, t.DOUBLE], t.DOUBLE, _power),
    _double(
        "sin", "CASE WHEN isfinite({0}) THEN sin({0}) WHEN {0} IS NOT NULL THEN CAST('nan' AS DOUBLE) END"
    ),
    _double(
        "cos", "CASE WHEN isfinite({0}) THEN cos({0}) WHEN {0} IS NOT NULL THEN CAST('nan' AS DOUBLE) END"
    ),
    _double(
        "tan", "CASE WHEN isfinite({0}) THEN tan({0}) WHEN {0} IS NOT NULL THEN CAST('nan' AS DOUBLE) END"
    ),
    _double(
        "asin", "CASE WHEN abs({0}) <= 1 THEN asin({0}) WHEN {0} IS NOT NULL THEN CAST('nan' AS DOUBLE) END"
    ),
    _double(
        "acos", "CASE WHEN abs({0}) <= 1 THEN acos({0}) WHEN {0} IS NOT NULL THEN CAST('nan' AS DOUBLE) END"
    ),
    _double("atan", "atan({0})"),
    scalar(
        "atan2", [t.DOUBLE, t.DOUBLE], t.DOUBLE, "atan2({0} + CAST('0' AS DOUBLE), {1} + CAST('0' AS DOUBLE))"
    ),
    _double("sinh", "sinh({0})"),
    _double("cosh", "cosh({0})"),
    _double("tanh", "tanh({0})"),
    _double("degrees", "degrees({0})"),
    _double("radians", "radians({0})"),
    scalar("e", [], t.DOUBLE, "CAST('2.718281828459045' AS DOUBLE)", null="never", pretty=lambda *_: "E()"),
    scalar("pi", [], t.DOUBLE, "pi()", null="never", pretty=lambda *_: "PI()"),
    scalar("isnan", [_FLOATING], t.BOOLEAN, "coalesce(isnan({0}), false)", null="never"),
    _cast_function("string", t.STRING),
    _cast_function("int", t.INT),
    _cast_function("bigint", t.LONG),
    _cast_function("smallint", t.SHORT),
    _cast_function("tinyint", t.BYTE),
    _cast_function("float", t.FLOAT),
    _cast_function("double", t.DOUBLE),
    _cast_function("decimal", t.DecimalType(10, 0)),
    _cast_function("boolean", t.BOOLEAN),
    _cast_function("binary", t.BINARY),
    _cast_function("date", t.DATE),
    _cast_function("timestamp", t.TIMESTAMP),
)
