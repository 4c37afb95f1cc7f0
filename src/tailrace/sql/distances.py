"""The literal distances of RANGE frames, cast as Spark casts them to the type of the key that orders the rows.

Numbers and texts become numbers of the key's type; an interval beside a number counts its last field; beside
intervals all are microseconds or months, which the rows are then ordered by.
"""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import Any

from tailrace.model import types as t
from tailrace.sql import coerce, intervals
from tailrace.sql.duck_types import duck
from tailrace.sql.typed import Typed

_BITS: dict[type[t.DataType], int] = {t.ByteType: 8, t.ShortType: 16, t.IntegerType: 32, t.LongType: 64}
_MAX = 10**18


def distance(bound: Typed, key: t.DataType) -> tuple[str, Any] | None:
    """DuckDB SQL of the distance and what it is compared by; None for what is not answered."""
    if isinstance(key, t.NumericType):
        number = _number(bound, key)
        return None if number is None else (f"CAST({number} AS {duck(key)})", number)
    if coerce.is_interval(key):
        length = _length(bound, key)
        return None if length is None else (str(length), length)
    value = bound.value
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        return None
    if isinstance(bound.type, t.IntegerType):
        return (f"to_days({value})", value) if isinstance(key, t.DateType) else None
    moment = isinstance(key, (t.TimestampType, t.TimestampNTZType))
    whole_days = bound.type == t.DayTimeIntervalType("day", "day") and key == t.DATE
    months = isinstance(bound.type, t.YearMonthIntervalType) and key == t.DATE
    fits = (moment and coerce.is_interval(bound.type)) or whole_days or months
    return (bound.sql, value) if fits else None


def _number(bound: Typed, key: t.NumericType) -> Decimal | None:
    """As a number of the key, not below zero."""
    value = bound.value
    floating = isinstance(key, (t.FloatType, t.DoubleType))
    if coerce.is_interval(bound.type) and isinstance(value, int) and not floating:
        return _number(replace(bound, value=value // intervals.unit(bound.type), type=t.LONG), key)
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,18}", value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        return None
    if not isinstance(bound.type, (t.NumericType, t.StringType)) or not 0 <= value < _MAX:
        return None
    number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if isinstance(key, t.IntegralType):
        number = number.to_integral_value(ROUND_DOWN)
        return number if number < 2 ** (_BITS[type(key)] - 1) else None
    if isinstance(key, t.DecimalType):
        number = number.quantize(Decimal(1).scaleb(-key.scale), ROUND_HALF_UP)
        return number if number < 10 ** (key.precision - key.scale) else None
    return number


def _length(bound: Typed, key: intervals.Interval) -> int | None:
    """As microseconds or months; a number counts the last field of the key."""
    value = bound.value
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)) or not 0 <= value < _MAX:
        return None
    if type(bound.type) is type(key):
        return int(value)
    if not isinstance(bound.type, (t.IntegralType, t.DecimalType)) or value >= 10**9:
        return None
    return int((Decimal(value) * intervals.unit(key)).to_integral_value(ROUND_HALF_UP))
