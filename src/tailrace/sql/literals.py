"""Literals and intervals of a query as typed expressions."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlglot import exp

from tailrace.model import types as t
from tailrace.sql.duck_types import duck
from tailrace.sql.errors import NotAnswered
from tailrace.sql.typed import Typed, text

_INT_MAX, _LONG_MAX = 2**31 - 1, 2**63 - 1
MICROS = {"WEEK": 604_800_000_000, "DAY": 86_400_000_000, "HOUR": 3_600_000_000, "MINUTE": 60_000_000}
MICROS |= {"SECOND": 1_000_000, "MILLISECOND": 1_000, "MICROSECOND": 1}
_FIELD = {"WEEK": "day", "DAY": "day", "HOUR": "hour", "MINUTE": "minute"}


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
    name = java_double(value)
    return Typed(f"CAST('{value!r}' AS {duck(kind)})", kind, nullable=False, name=name, value=value)


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


def typed_literal(kind: t.DataType, written: str) -> Typed | None:
    """`DATE '...'`, `TIMESTAMP '...'` in the plain ISO forms; None for any other text."""
    if isinstance(kind, t.DateType) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", written):
        try:
            date.fromisoformat(written)
        except ValueError:
            return None
        return Typed(
            f"CAST({text(written)} AS DATE)", kind, nullable=False, name=f"DATE '{written}'", value=written
        )
    if isinstance(kind, (t.TimestampType, t.TimestampNTZType)):
        match = re.fullmatch(r"(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?))?", written)
        if match is None:
            return None
        clock = match[2] or "00:00:00"
        clock = clock if clock.count(":") == 2 else clock + ":00"
        plain = f"{match[1]} {clock}"
        try:
            datetime.fromisoformat(plain if "." not in plain else plain.ljust(26, "0"))
        except ValueError:
            return None
        shown = plain.rstrip("0").rstrip(".") if "." in plain else plain
        word = "TIMESTAMP" if isinstance(kind, t.TimestampType) else "TIMESTAMP_NTZ"
        zone = "+00" if isinstance(kind, t.TimestampType) else ""
        return Typed(
            f"CAST({text(plain + zone)} AS {duck(kind)})",
            kind,
            nullable=False,
            name=f"{word} '{shown}'",
            value=plain,
        )
    return None


def interval(node: exp.Interval) -> Typed:
    """`INTERVAL 5 MINUTES`, `INTERVAL '1' DAY`, `INTERVAL 2 MONTHS`."""
    unit_node: Any = node.args.get("unit")
    value_node: Any = node.this
    negative = False
    if isinstance(value_node, exp.Neg):
        negative, value_node = True, value_node.this
    if not isinstance(value_node, exp.Literal):
        raise NotAnswered("an interval that is no literal is not answered")
    written = str(value_node.this).strip()
    if unit_node is None:
        parts = re.fullmatch(r"([+-]?\d+)\s+([A-Za-z]+)", written)
        if parts is None:
            raise NotAnswered("an interval of several fields is not answered")
        written, unit = parts[1], parts[2]
    elif isinstance(unit_node, exp.Var):
        unit = str(unit_node.this)
    else:
        raise NotAnswered("an interval of several fields is not answered")
    unit = unit.upper().rstrip("S") if unit.upper().endswith("S") else unit.upper()
    if not re.fullmatch(r"[+-]?\d+(\.\d{1,6})?", written):
        raise NotAnswered(f"the interval {written!r} is not answered")
    amount = Decimal(written) * (-1 if negative else 1)
    return interval_of(amount, unit)


def negated(literal: Typed) -> Typed:
    """`-1.5D`: the sign before a number with a suffix is part of it."""
    value: Any = literal.value
    if isinstance(literal.type, t.IntegralType):
        return whole(-value, literal.type)
    if isinstance(literal.type, t.DecimalType):
        return replace(decimal(f"{value.copy_negate():f}"), type=literal.type)
    return double(-value, literal.type)


def interval_of_fields(node: Any) -> Typed:
    """`INTERVAL 1 DAY 2 HOURS`, which the parser gives as a sum."""
    parts: list[Typed] = []
    inner: Any = node
    while isinstance(inner, exp.Add):
        if not isinstance(inner.this, exp.Interval):
            raise NotAnswered("an interval of several fields is not answered here")
        parts.append(interval(inner.this))
        inner = inner.expression
    parts.append(interval(inner))
    total = sum(int(str(part.value)) for part in parts)
    sign, rest = ("-", -total) if total < 0 else ("", total)
    if all(isinstance(part.type, t.YearMonthIntervalType) for part in parts):
        name = f"INTERVAL '{sign}{rest // 12}-{rest % 12}' YEAR TO MONTH"
        sql = f"CAST('{total} months' AS INTERVAL)"
        return Typed(sql, t.YearMonthIntervalType(), nullable=False, name=name, value=total)
    fields = ("day", "hour", "minute", "second")
    places = [fields.index(part.type.start) for part in parts if isinstance(part.type, t.DayTimeIntervalType)]
    if len(places) < len(parts):
        raise NotAnswered("an interval of months and days is not answered")
    first, last = min(places), max(places)
    texts: list[str] = []
    for place in range(first, last + 1):
        unit = MICROS[fields[place].upper()]
        amount, rest = divmod(rest, unit)
        text_ = str(amount) if place == 0 else f"{amount:02d}"
        if place == 3 and rest:
            text_ += f".{rest:06d}".rstrip("0")
        texts.append((" " if place == 1 and texts else ":" if texts else "") + text_)
    kind = t.DayTimeIntervalType(fields[first], fields[last])
    span = fields[first].upper() + (f" TO {fields[last].upper()}" if last > first else "")
    name = f"INTERVAL '{sign}{''.join(texts)}' {span}"
    return Typed(f"to_microseconds({total})", kind, nullable=False, name=name, value=total)


def interval_of(amount: Decimal, unit: str) -> Typed:
    if unit in ("YEAR", "MONTH", "QUARTER"):
        if amount != int(amount):
            raise NotAnswered("a part of a month is not answered")
        months = int(amount) * {"YEAR": 12, "MONTH": 1, "QUARTER": 3}[unit]
        name = f"INTERVAL '{int(amount)}' {unit}"
        sql = f"CAST('{months} months' AS INTERVAL)"
        return Typed(sql, t.YearMonthIntervalType(), nullable=False, name=name, value=months)
    if unit not in MICROS:
        raise NotAnswered(f"an interval of {unit} is not answered")
    micros = amount * MICROS[unit]
    if micros != int(micros) or (unit != "SECOND" and amount != int(amount)):
        raise NotAnswered(f"the interval {amount} {unit} is not answered")
    field = _FIELD.get(unit, "second")
    if unit == "WEEK":
        amount, unit = amount * 7, "DAY"
    return Typed(
        f"to_microseconds({int(micros)})",
        t.DayTimeIntervalType(field, field),
        nullable=False,
        name=f"INTERVAL '{_interval_text(amount, unit)}' {unit if unit in ('DAY', 'HOUR', 'MINUTE') else 'SECOND'}",
        value=int(micros),
    )


def _interval_text(amount: Decimal, unit: str) -> str:
    if unit in ("SECOND", "MILLISECOND", "MICROSECOND"):
        seconds = amount * MICROS[unit] / 1_000_000
        whole_part = f"{abs(seconds):f}"
        head, _, tail = whole_part.partition(".")
        tail = tail.rstrip("0")
        sign = "-" if seconds < 0 else ""
        return f"{sign}{int(head):02d}" + (f".{tail}" if tail else "")
    padded = f"{abs(int(amount)):02d}" if unit in ("HOUR", "MINUTE") else str(abs(int(amount)))
    return ("-" if amount < 0 else "") + padded
