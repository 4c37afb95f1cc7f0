"""Sums, products and quotients of intervals, on their counts of microseconds or months.

Products and quotients are rounded half away from zero, and are of all fields (`DAY TO SECOND`).
"""

from __future__ import annotations

from collections.abc import Sequence

from tailrace.model import types as t
from tailrace.sql import coerce, intervals
from tailrace.sql.errors import Mismatch, NotAnswered
from tailrace.sql.typed import fail, once

_DIGITS = {t.DayTimeIntervalType: 19, t.YearMonthIntervalType: 10}
_JAVA_DIGITS = 34
"""Of a product of decimals in Spark."""
_ZERO = fail("INTERVAL_DIVIDED_BY_ZERO", "Division by zero.")


def scaled(value: str, kind: intervals.Interval, number: str, factor: t.DataType) -> str:
    """DuckDB SQL of `value * number`."""
    n = intervals.count(value, kind)
    if isinstance(factor, t.IntegralType):
        product = f"CAST({n} AS HUGEINT) * CAST({number} AS HUGEINT)"
    elif isinstance(factor, t.DecimalType):
        digits = _DIGITS[type(kind)]
        if digits + factor.precision > _JAVA_DIGITS:
            raise NotAnswered(f"an interval times {factor} is not answered")
        product = f"round(CAST({n} AS DECIMAL({digits},0)) * {number}, 0)"
    else:
        product = f"round(CAST({n} AS DOUBLE) * CAST({number} AS DOUBLE))"
    return intervals.from_count(product, intervals.whole(kind))


def divided(value: str, number: str, kind: intervals.Interval, divisor: t.DataType) -> str:
    """DuckDB SQL of `value / number`."""
    return once([value, number], lambda v: _divided(v, kind, divisor))


def _divided(v: Sequence[str], kind: intervals.Interval, divisor: t.DataType) -> str:
    n = intervals.count(v[0], kind)
    if isinstance(divisor, t.IntegralType):
        quotient = halved(f"CAST({n} AS HUGEINT)", f"CAST({v[1]} AS HUGEINT)")
    elif isinstance(divisor, t.DecimalType):
        if divisor.scale + _DIGITS[type(kind)] > 37 or divisor.precision > 37:
            raise NotAnswered(f"an interval by {divisor} is not answered")
        unscaled = f"CAST(replace(CAST({v[1]} AS VARCHAR), '.', '') AS HUGEINT)"
        quotient = halved(f"CAST({n} AS HUGEINT) * {10**divisor.scale}::HUGEINT", unscaled)
    else:
        quotient = f"round(CAST({n} AS DOUBLE) / CAST({v[1]} AS DOUBLE))"
    made = intervals.from_count(quotient, intervals.whole(kind))
    return f"CASE WHEN {v[1]} = 0 AND {v[0]} IS NOT NULL THEN {_ZERO} WHEN {v[1]} <> 0 THEN {made} END"


def halved(over: str, under: str) -> str:
    """The quotient of two HUGEINTs, half away from zero."""
    sign = f"CASE WHEN ({over} < 0) <> ({under} < 0) THEN -1 ELSE 1 END"
    a, b = f"abs({over})", f"abs({under})"
    return f"{sign} * ({a} // {b} + CASE WHEN {a} % {b} >= {b} - {a} % {b} THEN 1 ELSE 0 END)"


def counted(v: Sequence[str], kind: intervals.Interval) -> str:
    """DuckDB SQL of how often the interval `v[1]` is in `v[0]`, towards zero."""
    a, b = (f"CAST({intervals.count(one, kind)} AS HUGEINT)" for one in v)
    zero = fail("DIVIDE_BY_ZERO", "Division by zero.")
    return f"CASE WHEN {b} = 0 AND {v[0]} IS NOT NULL THEN {zero} WHEN {b} <> 0 THEN CAST({a} // {b} AS BIGINT) END"


def factor_type(kind: t.DataType) -> t.DataType:
    """The number that an interval is multiplied with or divided by. Raises Mismatch."""
    if isinstance(kind, t.NumericType):
        return kind
    if coerce.is_string(kind) or isinstance(kind, t.VoidType):
        return t.DOUBLE
    raise Mismatch(f"[DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE] no interval is scaled by {kind}")
