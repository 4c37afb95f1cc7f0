"""Literals of a query as typed expressions."""

from __future__ import annotations

import re
import struct
import sys
from dataclasses import replace
from decimal import Decimal
from typing import Any

from tailrace.model import types as t
from tailrace.sql.duck_types import duck
from tailrace.sql.errors import Mismatch, NotAnswered
from tailrace.sql.typed import Typed, text

_INT_MAX, _LONG_MAX = 2**31 - 1, 2**63 - 1
_FLOAT_MAX, _DOUBLE_MAX = (2 - 2**-23) * 2**127, sys.float_info.max


def null() -> Typed:
    return Typed("NULL", t.VOID, name="NULL", value=None)


def boolean(value: bool) -> Typed:
    return Typed(
        "true" if value else "false", t.BOOLEAN, nullable=False, name=str(value).lower(), value=value
    )


def string(value: str) -> Typed:
    if "\0" in value:
        raise NotAnswered("a string literal with a NUL character is not answered")
    return Typed(text(value), t.STRING, nullable=False, name=value, value=value)


def number(written: str) -> Typed:
    """`1` INT, larger BIGINT, larger or with a point DECIMAL, with an exponent DOUBLE."""
    if re.fullmatch(r"[0-9]+", written):
        value = int(written)
        if value <= _INT_MAX:
            return whole(value, t.INT)
        if value <= _LONG_MAX:
            return whole(value, t.LONG)
        return decimal(written)
    if "e" in written.lower():
        return double(float(written))
    return decimal(written)


def whole(value: int, kind: t.DataType) -> Typed:
    sql = f"CAST({value} AS {duck(kind)})"
    return Typed(sql, kind, nullable=False, name=str(value), value=value)


def double(value: float, kind: t.DataType = t.DOUBLE) -> Typed:
    if abs(value) > (_FLOAT_MAX if kind == t.FLOAT else _DOUBLE_MAX):
        raise Mismatch(f"[INVALID_NUMERIC_LITERAL_RANGE] {value!r} is no {kind}")
    name = java_double(_shortest(value) if kind == t.FLOAT else value)
    return Typed(f"CAST('{value!r}' AS {duck(kind)})", kind, nullable=False, name=name, value=value)


def _shortest(value: float) -> float:
    """The number of fewest digits that is the same FLOAT, which `value` is not too great for."""
    (single,) = struct.unpack("f", struct.pack("f", value))
    tries = (float(f"{single:.{digits}g}") for digits in range(1, 10))
    return next(
        one for one in tries if abs(one) < 3.40282356e38 and struct.pack("f", one) == struct.pack("f", single)
    )


def java_double(value: float) -> str:
    """How Java prints a double, for column names."""
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return repr(value)
    mantissa, exponent = f"{Decimal(repr(value)):E}".split("E")
    digits = mantissa.rstrip("0") if "." in mantissa else mantissa
    if digits.endswith("."):
        digits += "0"
    return f"{digits if '.' in digits else digits + '.0'}E{int(exponent)}"


def decimal(written: str) -> Typed:
    value = Decimal(written)
    _, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    scale = max(0, -exponent)
    precision = max(len(digits) + max(exponent, 0), scale)
    if precision > 38:
        raise NotAnswered("a decimal literal of more than 38 digits is not answered")
    precision = max(precision, 1)
    kind = t.DecimalType(precision, scale)
    plain = f"{value:f}"
    return Typed(f"CAST('{plain}' AS {duck(kind)})", kind, nullable=False, name=plain, value=value)


def negated(literal: Typed) -> Typed:
    """`-1.5D`: the sign before a number with a suffix is part of it."""
    value: Any = literal.value
    if isinstance(literal.type, t.IntegralType):
        return whole(-value, literal.type)
    if isinstance(literal.type, t.DecimalType):
        return replace(decimal(f"{value.copy_negate():f}"), type=literal.type)
    return double(-value, literal.type)
