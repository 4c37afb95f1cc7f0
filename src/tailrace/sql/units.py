"""Time in a unit that is a word of the call: `timestampdiff(HOUR, a, b)`, `timestampadd(DAY, n, a)`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sqlglot import exp

from tailrace.model import types as t
from tailrace.sql import coerce, operators
from tailrace.sql.errors import Mismatch, NotAnswered
from tailrace.sql.typed import Typed, once

DIFFERENCES = ("timestampdiff", "datediff", "date_diff", "timediff")
SUMS = ("timestampadd", "dateadd", "date_add")

_MICROS = {
    "MICROSECOND": 1,
    "MILLISECOND": 1_000,
    "SECOND": 1_000_000,
    "MINUTE": 60_000_000,
    "HOUR": 3_600_000_000,
    "DAY": 86_400_000_000,
    "DAYOFYEAR": 86_400_000_000,
    "WEEK": 604_800_000_000,
}
_MONTHS = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}
UNITS = frozenset((*_MICROS, *_MONTHS))


def called(node: Any) -> Callable[[str, Typed, Typed], Typed] | None:
    """What a call with a unit as its first word does; None for any other call."""
    name, given = node.name.lower(), node.expressions
    if name not in (*DIFFERENCES, *SUMS) or len(given) != 3 or not isinstance(given[0], exp.Column):
        return None
    if given[0].name.upper() not in UNITS or len(given[0].parts) > 1:
        raise Mismatch(f"[INVALID_PARAMETER_VALUE.DATETIME_UNIT] {given[0].name} is no unit of time")
    return moved if name in SUMS else difference


def difference(written: str, start: Typed, end: Typed) -> Typed:
    """Whole units from `start` to `end`, towards zero."""
    unit = written.upper()
    a, b = _instant(start), _instant(end)
    name = f"timestampdiff({written}, {start.name}, {end.name})"
    if unit in _MICROS:
        between = f"(epoch_us({b.sql}) - epoch_us({a.sql}))"
        return operators.joined((a, b), f"({between} // {_MICROS[unit]})", t.LONG, name)

    def months(v: tuple[str, ...] | list[str]) -> str:
        x, y = (f"({one} AT TIME ZONE 'UTC')" for one in v)
        days, clocks = ([f"CAST({one} AS {kind})" for one in (x, y)] for kind in ("DATE", "TIME"))
        end = (  # the last day moves towards the first if its clock is not that far yet, be it into another month
            f"CASE WHEN {days[1]} > {days[0]} AND {clocks[1]} < {clocks[0]} THEN {days[1]} - 1 "
            f"WHEN {days[1]} < {days[0]} AND {clocks[1]} > {clocks[0]} THEN {days[1]} + 1 ELSE {days[1]} END"
        )
        last, first = (
            f"((CAST(year({day}) AS BIGINT) * 12 + month({day})) * 32 + day({day}))"
            for day in ("_e", days[0])
        )
        return f"list_transform([{end}], lambda _e: ({last} - {first}) // {32 * _MONTHS[unit]})[1]"

    sql = once((a.sql, b.sql), lambda v: months(list(v)))
    return operators.joined((a, b), sql, t.LONG, name)


def moved(written: str, amount: Typed, start: Typed) -> Typed:
    """`start` and so many units."""
    unit = written.upper()
    if amount.type not in (t.BYTE, t.SHORT, t.INT):
        raise NotAnswered(f"a number of units of type {amount.type} is not answered")
    base = start if isinstance(start.type, t.TimestampNTZType) else _instant(start)
    if unit in _MICROS:
        step = f"to_microseconds(CAST({amount.sql} AS BIGINT) * {_MICROS[unit]})"
    else:
        step = f"to_months(CAST({amount.sql} AS INTEGER) * {_MONTHS[unit]})"
    name = f"timestampadd({written}, {amount.name}, {start.name})"
    return operators.joined((base, amount), f"({base.sql} + {step})", base.type, name, True)


def _instant(value: Typed) -> Typed:
    if coerce.is_datetime(value.type):
        return replace(operators.cast_to(value, t.TIMESTAMP), name=value.name)
    if isinstance(value.type, (t.StringType, t.VoidType)):
        raise NotAnswered(f"{value.type} as a time is not answered here")
    raise Mismatch(f"[DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE] {value.type} is no time")
