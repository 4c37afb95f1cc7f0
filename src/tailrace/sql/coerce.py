"""Spark's implicit casts (ANSI): which type two values meet in, and what an argument may become.

Follows the rules of Spark 4.2's ANSI type coercion; every function here is pure and total: None means
that Spark refuses.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeGuard

from tailrace.model import types as t
from tailrace.sql import intervals

_ORDER: tuple[t.DataType, ...] = (t.BYTE, t.SHORT, t.INT, t.LONG, t.FLOAT, t.DOUBLE)
_DIGITS: dict[t.DataType, int] = {t.BYTE: 3, t.SHORT: 5, t.INT: 10, t.LONG: 20}
_INTERVALS = (t.DayTimeIntervalType, t.YearMonthIntervalType)
_SYSTEM_DEFAULT = t.DecimalType(38, 18)


def is_string(type_: t.DataType) -> bool:
    return isinstance(type_, t.StringType)


def is_datetime(type_: t.DataType) -> bool:
    return isinstance(type_, (t.DateType, t.TimestampType, t.TimestampNTZType))


def is_interval(type_: t.DataType) -> TypeGuard[intervals.Interval]:
    return isinstance(type_, _INTERVALS)


def is_atomic(type_: t.DataType) -> bool:
    return not isinstance(type_, (t.ArrayType, t.MapType, t.StructType, t.VoidType))


def decimal_of(type_: t.DataType) -> t.DecimalType:
    """The decimal that holds a number of that type: DecimalType.forType."""
    if isinstance(type_, t.DecimalType):
        return type_
    if type_ in _DIGITS:
        return t.DecimalType(_DIGITS[type_], 0)
    return t.DecimalType(14, 7) if isinstance(type_, t.FloatType) else t.DecimalType(30, 15)


def bounded(precision: int, scale: int) -> t.DecimalType:
    """Precision and scale cut at 38 each."""
    return t.DecimalType(min(precision, 38), min(scale, 38))


def adjusted(precision: int, scale: int) -> t.DecimalType:
    """A result beyond 38 digits loses scale first, but keeps six digits of it."""
    if precision <= 38:
        return t.DecimalType(precision, scale)
    integral = precision - scale
    return t.DecimalType(38, max(38 - integral, min(scale, 6)))


def tightest(a: t.DataType, b: t.DataType) -> t.DataType | None:
    """The type that both fit without a string in play (findTightestCommonType)."""
    if a == b:
        return a
    if isinstance(a, t.VoidType):
        return b
    if isinstance(b, t.VoidType):
        return a
    if isinstance(a, t.NumericType) and isinstance(b, t.NumericType):
        return _numeric(a, b)
    if is_datetime(a) and is_datetime(b):
        if isinstance(a, t.TimestampType) or isinstance(b, t.TimestampType):
            return t.TIMESTAMP
        return t.TIMESTAMP_NTZ
    if isinstance(a, _INTERVALS) and isinstance(b, _INTERVALS):
        return intervals.met(a, b)
    return None


def _numeric(a: t.NumericType, b: t.NumericType) -> t.DataType:
    if isinstance(a, t.DecimalType) or isinstance(b, t.DecimalType):
        if isinstance(a, (t.FloatType, t.DoubleType)) or isinstance(b, (t.FloatType, t.DoubleType)):
            return t.DOUBLE
        return wider_decimal(decimal_of(a), decimal_of(b))
    wider = _ORDER[max(_ORDER.index(a), _ORDER.index(b))]
    if wider == t.FLOAT and a != b:
        return t.DOUBLE
    return wider


def wider_decimal(a: t.DecimalType, b: t.DecimalType) -> t.DecimalType:
    """The decimal that holds all digits of both, cut at 38 with the integral digits kept."""
    scale = max(a.scale, b.scale)
    integral = max(a.precision - a.scale, b.precision - b.scale)
    if integral + scale > 38:
        return t.DecimalType(38, max(0, 38 - integral))
    return t.DecimalType(integral + scale, scale)


def wider(a: t.DataType, b: t.DataType) -> t.DataType | None:
    """The type that two branches, or two sides of a comparison, meet in (findWiderTypeForTwo)."""
    found = tightest(a, b)
    if found is not None:
        return found
    if is_string(a) or is_string(b):
        other = b if is_string(a) else a
        return _with_string(other)
    return _nested(a, b, wider)


def compared(a: t.DataType, b: t.DataType) -> t.DataType | None:
    """The type that two sides of `=` or `<` meet in: as `wider`, but inside of arrays no text becomes
    anything else."""
    if isinstance(a, (t.ArrayType, t.MapType, t.StructType)):
        return strictest(a, b)
    return wider(a, b)


def same_structure(a: t.DataType, b: t.DataType) -> bool:
    """Whether two types differ in the names of fields and in nullability alone."""
    if isinstance(a, t.ArrayType) and isinstance(b, t.ArrayType):
        return same_structure(a.element, b.element)
    if isinstance(a, t.MapType) and isinstance(b, t.MapType):
        return same_structure(a.key, b.key) and same_structure(a.value, b.value)
    if isinstance(a, t.StructType) and isinstance(b, t.StructType):
        pairs = zip(a.fields, b.fields, strict=False)
        return len(a.fields) == len(b.fields) and all(same_structure(x.type, y.type) for x, y in pairs)
    return a == b


def strictest(a: t.DataType, b: t.DataType) -> t.DataType | None:
    """As `tightest`, parts included; of decimals only one that holds the other's whole numbers is met."""
    for decimal, other in ((a, b), (b, a)):
        if isinstance(decimal, t.DecimalType) and isinstance(other, t.NumericType) and a != b:
            whole = isinstance(other, t.IntegralType)
            fits = whole and decimal.precision - decimal.scale >= decimal_of(other).precision
            return decimal if fits else None
    return tightest(a, b) or _nested(a, b, strictest)


def without_text(a: t.DataType, b: t.DataType) -> t.DataType | None:
    """The type two meet in where a text meets nothing else (findWiderTypeWithoutStringPromotionForTwo)."""
    return tightest(a, b) or _nested(a, b, without_text)


def before_ansi(a: t.DataType, b: t.DataType) -> t.DataType | None:
    """As `strictest` in functions of the older rules: a FLOAT holds whole numbers, intervals are of one type."""
    if isinstance(a, t.IntegralType | t.FloatType) and isinstance(b, t.IntegralType | t.FloatType):
        return t.FLOAT if t.FLOAT in (a, b) else strictest(a, b)
    if is_interval(a) and is_interval(b):
        return a if a == b else None
    if is_atomic(a) or is_atomic(b):
        return strictest(a, b)
    return tightest(a, b) or _nested(a, b, before_ansi)


def before_ansi_wider(a: t.DataType, b: t.DataType) -> t.DataType | None:
    """The same where decimals widen."""
    if (isinstance(a, t.DecimalType) and isinstance(b, t.NumericType)) or isinstance(b, t.DecimalType):
        return tightest(a, b)
    return before_ansi(a, b) or _nested(a, b, before_ansi_wider)


def _with_string(other: t.DataType) -> t.DataType | None:
    if isinstance(other, t.IntegralType):
        return t.LONG
    if isinstance(other, t.FractionalType):
        return t.DOUBLE
    if is_interval(other) or not is_atomic(other):
        return None
    return other


def _nested(
    a: t.DataType, b: t.DataType, meet: Callable[[t.DataType, t.DataType], t.DataType | None]
) -> t.DataType | None:
    if isinstance(a, t.ArrayType) and isinstance(b, t.ArrayType):
        element = meet(a.element, b.element)
        return t.ArrayType(element, a.contains_null or b.contains_null) if element else None
    if isinstance(a, t.MapType) and isinstance(b, t.MapType):
        key, value = meet(a.key, b.key), meet(a.value, b.value)
        mixed = is_string(a.key) != is_string(b.key) and not {t.BINARY, t.VOID} & {a.key, b.key}
        mixed = mixed or {a.key, b.key} == {t.DATE, t.TIMESTAMP_NTZ}
        if key is None or value is None or mixed:  # no key may become NULL
            return None
        return t.MapType(key, value, a.value_contains_null or b.value_contains_null)
    if isinstance(a, t.StructType) and isinstance(b, t.StructType) and len(a.fields) == len(b.fields):
        fields = []
        for left, right in zip(a.fields, b.fields, strict=True):
            kind = meet(left.type, right.type)
            if kind is None or left.name.lower() != right.name.lower():
                return None
            fields.append(t.Field(left.name, kind, left.nullable or right.nullable))
        return t.StructType(tuple(fields))
    return None


def common(types: Sequence[t.DataType]) -> t.DataType | None:
    """The type that all meet in, one after the other: with texts among them their order matters."""
    result: t.DataType | None = t.VOID
    for kind in types:
        result = wider(result, kind) if result is not None else None
    return result


def inline(types: Sequence[t.DataType]) -> t.DataType | None:
    """The type of a column of VALUES."""
    result: t.DataType | None = t.VOID
    for kind in types:
        result = _inline(result, kind) if result is not None else None
    return result


def _inline(a: t.DataType, b: t.DataType) -> t.DataType | None:
    """Texts meet nothing else, whole numbers beside a FLOAT are FLOATs, in parts as well."""
    if isinstance(a, t.IntegralType | t.FloatType) and isinstance(b, t.IntegralType | t.FloatType):
        return t.FLOAT if t.FLOAT in (a, b) else tightest(a, b)
    return tightest(a, b) or _nested(a, b, _inline)


def can_assign(source: t.DataType, target: t.DataType) -> bool:
    """Whether an INSERT may store it (ANSI store assignment)."""
    if source == target or isinstance(source, t.VoidType):
        return True
    if isinstance(source, t.NumericType) and isinstance(target, t.NumericType):
        return True
    if is_atomic(source) and is_string(target):
        return True
    if is_datetime(source) and is_datetime(target):
        return True
    if isinstance(source, t.ArrayType) and isinstance(target, t.ArrayType):
        return can_assign(source.element, target.element)
    if isinstance(source, t.MapType) and isinstance(target, t.MapType):
        return can_assign(source.key, target.key) and can_assign(source.value, target.value)
    if isinstance(source, t.StructType) and isinstance(target, t.StructType):
        return len(source.fields) == len(target.fields) and all(
            can_assign(a.type, b.type) for a, b in zip(source.fields, target.fields, strict=True)
        )
    return isinstance(source, _INTERVALS) and type(source) is type(target)


def implicit(source: t.DataType, target: t.DataType) -> bool:
    """Whether an argument of type `source` may stand where a function wants `target`."""
    if source == target or isinstance(source, t.VoidType):
        return True
    if is_string(source) and is_atomic(target) and not is_interval(target):
        return True
    return can_assign(source, target)
