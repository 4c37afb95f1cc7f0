"""`INTERVAL 5 MINUTES`, `INTERVAL '1 day 2 hours'`, `INTERVAL '1 02:03' DAY TO MINUTE` as typed expressions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sqlglot import exp

from tailrace.sql import intervals
from tailrace.sql.errors import Mismatch, NotAnswered
from tailrace.sql.typed import Typed

UNITS = {
    "YEAR": ("year", 12),
    "MONTH": ("month", 1),
    "WEEK": ("day", 604_800_000_000),
    "DAY": ("day", 86_400_000_000),
    "HOUR": ("hour", 3_600_000_000),
    "MINUTE": ("minute", 60_000_000),
    "SECOND": ("second", 1_000_000),
    "MILLISECOND": ("second", 1_000),
    "MICROSECOND": ("second", 1),
}
"""Of each unit the field that it stands in, and how many months or microseconds it is."""
MICROS = {unit: size for unit, (field, size) in UNITS.items() if field in intervals.DAY_TIME}
_AMOUNT = r"[+-]?\s*\d+(?:\.\d+)?"
_PAIR = re.compile(rf"({_AMOUNT})\s+([A-Za-z]+)")
_SEVERAL = re.compile(rf"(?:interval\s+)?{_PAIR.pattern}(?:\s+{_PAIR.pattern})*", re.IGNORECASE)
_LAST = {"hour": 23, "minute": 59, "second": 59, "month": 11}
"""How far a field counts that is not the first."""


def interval(node: exp.Interval) -> Typed:
    """A literal as the parser gives it: of one unit, of a text with units, or from a field to a field."""
    unit: Any = node.args.get("unit")
    value: Any = node.this
    negative = isinstance(value, exp.Neg)
    value = value.this if negative else value
    if not isinstance(value, exp.Literal):
        raise NotAnswered("an interval that is no literal is not answered")
    text = str(value.this).strip()
    if isinstance(unit, exp.IntervalSpan):
        kind = intervals.spanning(str(unit.this.this).lower(), str(unit.expression.this).lower())
        if kind is None:
            raise Mismatch("[INVALID_INTERVAL_FORMAT.UNSUPPORTED_FROM_TO_EXPRESSION] no such interval")
        count = parsed(kind, text)
        return intervals.literal(kind, -count if negative else count)
    if unit is not None:
        return _of_units([(text, str(unit.this))], negative)
    if _SEVERAL.fullmatch(text) is None:
        raise NotAnswered(f"the interval {text!r} is not answered")
    return _of_units([(pair[0], pair[1]) for pair in _PAIR.findall(text)], negative)


def interval_of_fields(node: Any) -> Typed:
    """`INTERVAL 1 DAY 2 HOURS`, which the parser gives as a sum."""
    parts: list[tuple[str, str]] = []
    inner: Any = node
    while inner is not None:
        one = inner.this if isinstance(inner, exp.Add) else inner
        inner = inner.expression if isinstance(inner, exp.Add) else None
        if not isinstance(one, exp.Interval) or not isinstance(one.args.get("unit"), exp.Var):
            raise NotAnswered("an interval of several fields is not answered here")
        value: Any = one.this
        sign = "-" if isinstance(value, exp.Neg) else ""
        value = value.this if sign else value
        if not isinstance(value, exp.Literal):
            raise NotAnswered("an interval that is no literal is not answered")
        parts.append((sign + str(value.this).strip(), str(one.args["unit"].this)))
    return _of_units(parts, False)


def _of_units(pairs: Sequence[tuple[str, str]], negative: bool) -> Typed:
    total = 0
    fields: list[str] = []
    for text, unit in pairs:
        word = unit.upper().removesuffix("S")
        if word not in UNITS:
            raise NotAnswered(f"an interval of {unit} is not answered")
        if re.fullmatch(_AMOUNT, text) is None:
            raise NotAnswered(f"the interval {text!r} is not answered")
        field, size = UNITS[word]
        amount = Decimal(re.sub(r"\s", "", text))
        if "." in text and word != "SECOND":
            raise Mismatch(f"[INVALID_INTERVAL_FORMAT.INVALID_FRACTION] {text} {unit} has a fraction")
        total += int(amount * size)
        fields.append(field)
    known = next(
        (names for names in (intervals.DAY_TIME, intervals.YEAR_MONTH) if set(fields) <= set(names)), None
    )
    if known is None:
        raise Mismatch("[_LEGACY_ERROR_TEMP_0029] Cannot mix year-month and day-time fields")
    kind = intervals.spanning(min(fields, key=known.index), max(fields, key=known.index))
    assert kind is not None
    return intervals.literal(kind, -total if negative else total)


def pattern(kind: intervals.Interval) -> str:
    """A regular expression of the text between the quotes, for Python and DuckDB: a sign, then a group
    for each field, and of seconds one more for the fraction."""
    made = r"([+-]?)([0-9]{1,19})"
    for field in intervals.fields_of(kind)[1:]:
        between = {"hour": " ", "month": "-"}.get(field, ":")
        made += between + (r"([0-9]{1,19})" if field == "month" else r"([0-9]{1,2})")
    return made + (r"(\.[0-9]{1,9})?" if kind.end == "second" else "")


def limits(kind: intervals.Interval) -> list[tuple[int, int | None]]:
    """Of each field what it is in the count, and the largest amount it takes."""
    sizes = {**intervals.MICROS, **intervals.MONTHS}
    fields = intervals.fields_of(kind)
    return [(sizes[field], None if place == 0 else _LAST[field]) for place, field in enumerate(fields)]


def parsed(kind: intervals.Interval, text: str) -> int:
    """The count that a text between quotes says. Raises Mismatch."""
    match = re.fullmatch(pattern(kind), text, re.ASCII)
    if match is None:
        raise Mismatch(f"[INVALID_INTERVAL_FORMAT.UNMATCHED_FORMAT_STRING] {text!r} is no {kind}")
    total = 0
    groups = match.groups()
    for (size, most), digits in zip(limits(kind), groups[1:], strict=False):
        if most is not None and int(digits) > most:
            raise Mismatch(f"[INVALID_INTERVAL_FORMAT.INTERVAL_PARSING] {digits} is out of range")
        total += int(digits) * size
    if kind.end == "second" and groups[-1]:
        total += int(groups[-1][1:7].ljust(6, "0"))
    return -total if groups[0] == "-" else total
