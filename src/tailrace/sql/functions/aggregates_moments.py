"""Moments of numbers by Spark's answers: variances, covariances, correlation, regressions, skewness, kurtosis.

Sums of doubles depend on the order of the rows in their last digits: all are `order_sensitive`. Where a value
is NaN or infinite, the moment is NaN, whatever DuckDB says. A value beyond `_LARGE`, whose
products may leave DOUBLE, fails the query: what Spark makes of it depends on how it adds parts together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from tailrace.model import types as t
from tailrace.sql import coerce
from tailrace.sql.errors import Mismatch, NotAnswered
from tailrace.sql.functions.table import Arg, Function, Resolved
from tailrace.sql.typed import fail

_DISTINCT = "DISTINCT "
_LARGE = "1e145"
_FAR = fail("ARITHMETIC_OVERFLOW", f"A moment of values beyond {_LARGE} is not answered.")
_NAN = "CAST('NaN' AS DOUBLE)"


def numbers(args: Sequence[Arg], count: int) -> None:
    """So many arguments that Spark casts to DOUBLE."""
    if len(args) != count:
        raise Mismatch(f"[WRONG_NUM_ARGS.WITHOUT_SUGGESTION] it takes {count} arguments, not {len(args)}")
    for arg in args:
        if coerce.is_interval(arg.type):
            raise NotAnswered(f"{arg.type} is not answered")
        if not isinstance(arg.type, (t.NumericType, t.StringType, t.VoidType)):
            raise Mismatch(
                f"[DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE] it takes NUMERIC, not {arg.type.simple_string.upper()}"
            )


def number_of(arg: Arg) -> t.DataType:
    """The type of a number, which of a text is DOUBLE."""
    return arg.type if isinstance(arg.type, t.NumericType) else t.DOUBLE


def _finite(arg: Arg) -> bool:
    """Whether every value of the type is small enough."""
    return isinstance(arg.type, (t.IntegralType, t.DecimalType))


def _tame(text: str) -> str:
    """The value, or a number in place of one that would spoil the moment."""
    return (
        f"CASE WHEN isfinite({text}) THEN {text} WHEN isnan({text}) THEN 1e140 "
        f"WHEN {text} IS NOT NULL THEN sign({text}) * 1e141 END"
    )


def _wild(text: str, code: int) -> str:
    return f"WHEN abs({text}) <= {_LARGE} THEN 0 WHEN isfinite({text}) THEN 1 ELSE {code} END"


def _watched(
    name: str,
    places: Sequence[int],
    watched: Sequence[int],
    spoiled: Callable[[str], Sequence[str]],
    args: Sequence[Arg],
) -> Resolved:
    """The moment of the arguments at `places`; those at `watched` spoil it by their NaNs and infinities.

    `spoiled` gives the results for NaNs of the first and of the second watched one, from the result that
    stand-ins give, which is NULL where there are too few rows.
    """
    numbers(args, len(places))
    kinds = (t.DOUBLE,) * len(places)
    loose = [i for i in watched if not _finite(args[i])]

    def split(texts: Sequence[str]) -> tuple[str, list[str]]:
        head = _DISTINCT if texts[0].startswith(_DISTINCT) else ""
        return head, [texts[0].removeprefix(_DISTINCT), *texts[1:]]

    def lower(texts: Sequence[str]) -> str:
        head, values = split(texts)
        values = [_tame(v) if i in loose else v for i, v in enumerate(values)]
        return f"{name}({head}{', '.join(values[i] for i in places)})"

    def worst(texts: Sequence[str]) -> str:
        _, values = split(texts)
        absent = " OR ".join(f"{v} IS NULL" for v in values)
        codes = [f"CASE {_wild(values[i], 2 + watched.index(i))}" for i in loose]
        return f"max(CASE WHEN {absent} THEN 0 ELSE greatest({', '.join(codes)}) END)"

    def told(moment: str) -> str:
        """DuckDB's NaN of a slope without a variance is NULL."""
        return f"CASE WHEN NOT isnan({moment}) THEN {moment} END" if name == "regr_slope" else moment

    def both(moment: str, code: str) -> str:
        found = [f"WHEN {code} = {2 + i} THEN {text}" for i, text in enumerate(spoiled(told(moment)))]
        return f"CASE {' '.join(reversed(found))} WHEN {code} = 1 AND {moment} IS NOT NULL THEN {_FAR} ELSE {told(moment)} END"

    beside = (worst, both) if loose else None
    finish = None if loose else told
    return Resolved(kinds, t.DOUBLE, lower, order_sensitive=True, eager=True, beside=beside, finish=finish)


def _nan_unless_null(moment: str) -> Sequence[str]:
    return (f"CASE WHEN {moment} IS NOT NULL THEN {_NAN} END",) * 2


def _slope(moment: str) -> Sequence[str]:
    """`y` and `x`: without a variance of x it is NULL."""
    return (f"CASE WHEN {moment} IS NOT NULL THEN {_NAN} END", _NAN)


def _share(moment: str) -> Sequence[str]:
    """The share of what is explained: NULL without a variance of x, 1 without one of y."""
    open_ = fail("ARITHMETIC_OVERFLOW", "A regression over infinite values is not answered.")
    return (f"CASE WHEN {moment} IS NOT NULL THEN {_NAN} END", open_)


def _moment(names: str, count: int, spoiled: Callable[[str], Sequence[str]] = _nan_unless_null) -> Function:
    """By the name that DuckDB has too, which is the last one."""
    every = tuple(range(count))
    listed = tuple(names.split())
    return Function(listed, "aggregate", partial(_watched, listed[-1], every, every, spoiled))


def _of_one_side(name: str, place: int) -> Function:
    """A moment of one of two arguments, over the rows that have both."""
    return Function((name,), "aggregate", partial(_watched, name, (0, 1), (place,), _nan_unless_null))


def _resolve_corr(args: Sequence[Arg]) -> Resolved:
    """NULL of one row; of several without a variance Spark divides by zero."""
    numbers(args, 2)
    step = 2**40

    def lower(texts: Sequence[str]) -> str:
        if texts[0].startswith(_DISTINCT):
            raise NotAnswered("DISTINCT is not answered")
        return f"corr({_tame(texts[0])}, {_tame(texts[1])})"

    def counted(texts: Sequence[str]) -> str:
        """Rows, and in higher digits those of them that spoil the result."""
        x, y = texts
        worst = f"greatest(CASE {_wild(x, 2)}, CASE {_wild(y, 2)})"
        weights = (
            f"CASE {worst} WHEN 0 THEN 0::HUGEINT WHEN 1 THEN {step}::HUGEINT ELSE {step**2}::HUGEINT END"
        )
        return f"sum(CASE WHEN {x} IS NOT NULL AND {y} IS NOT NULL THEN 1 + {weights} END)"

    def both(moment: str, rows: str) -> str:
        zero = fail("DIVIDE_BY_ZERO", "Division by zero.")
        return (
            f"CASE WHEN coalesce({rows} % {step}, 0) <= 1 THEN NULL WHEN {rows} >= {step**2}::HUGEINT THEN {_NAN} "
            f"WHEN {rows} >= {step} THEN {_FAR} "
            f"WHEN isnan({moment}) THEN {zero} ELSE {moment} END"
        )

    return Resolved(
        (t.DOUBLE,) * 2,
        t.DOUBLE,
        lower,
        order_sensitive=True,
        eager=True,
        beside=(counted, both),
        fallible=True,
    )


def _resolve_shape(value: str, args: Sequence[Arg]) -> Resolved:
    """Of the central moments m2, m3 and m4; NULL where all values are one."""
    numbers(args, 1)
    powers = ", ".join(
        f"m{n} := list_sum(list_transform(_p.d, lambda _v: {' * '.join(['_v'] * n)}))" for n in (2, 3, 4)
    )

    def finish(items: str, merged: str = "isinf(_p.a * _p.a / _p.n)") -> str:
        """`merged`: whether Spark, which adds the groups' parts to nothing, multiplies infinity by zero."""
        state = f"[list_filter({items}, lambda _v: _v IS NOT NULL)]"
        mean = "struct_pack(l := _p, a := list_avg(_p), u := list_min(_p) = list_max(_p) AND isfinite(list_max(_p)))"
        away = "struct_pack(d := list_transform(_p.l, lambda _v: _v - _p.a), u := _p.u, a := _p.a)"
        sums = f"struct_pack(n := CAST(len(_p.d) AS DOUBLE), u := _p.u, a := _p.a, {powers})"
        shape = f"CASE WHEN {merged} THEN {_NAN} WHEN _p.u OR _p.m2 = 0 THEN NULL ELSE {value} END"
        for made in (mean, away, sums, shape):
            state = f"list_transform({state}, lambda _p: {made})"
        return f"{state}[1]"

    made = Resolved(
        (t.DOUBLE,), t.DOUBLE, lambda x: f"list({x[0]})", order_sensitive=True, eager=True, finish=finish
    )
    return replace(made, over=replace(made, finish=partial(finish, merged="false")))


def _resolve_pairs(args: Sequence[Arg]) -> Resolved:
    numbers(args, 2)
    return Resolved((t.DOUBLE,) * 2, t.LONG, lambda x: f"regr_count({', '.join(x)})", eager=True)


FUNCTIONS: tuple[Function, ...] = (
    _moment("stddev std stddev_samp", 1),
    _moment("stddev_pop", 1),
    _moment("variance var_samp", 1),
    _moment("var_pop", 1),
    _moment("covar_pop", 2),
    _moment("covar_samp", 2),
    _moment("regr_sxy", 2),
    _moment("regr_slope", 2, _slope),
    _moment("regr_intercept", 2, _slope),
    _moment("regr_r2", 2, _share),
    _of_one_side("regr_sxx", 1),
    _of_one_side("regr_syy", 0),
    Function(("regr_count",), "aggregate", _resolve_pairs),
    Function(("corr",), "aggregate", _resolve_corr),
    Function(("skewness",), "aggregate", partial(_resolve_shape, "sqrt(_p.n) * _p.m3 / sqrt(_p.m2 * _p.m2 * _p.m2)")),
    Function(("kurtosis",), "aggregate", partial(_resolve_shape, "_p.n * _p.m4 / (_p.m2 * _p.m2) - 3")),
)  # fmt: skip
