"""`sequence` of dates and times by an interval: each value is the start and a multiple of the step.

A month added to the last day of a month gives the last day of the next one, counted from the start. The
step is a literal.
"""

from __future__ import annotations

from collections.abc import Sequence

from tailrace.model import types as t
from tailrace.sql.duck_types import duck
from tailrace.sql.errors import NotAnswered
from tailrace.sql.functions.table import Arg, Resolved
from tailrace.sql.typed import fail, once

_ASTRAY = fail("ILLEGAL_SEQUENCE_BOUNDARIES", "The step does not lead from start to stop.")
_DAY = 86_400_000_000
_MOMENTS = (t.DATE, t.TIMESTAMP, t.TIMESTAMP_NTZ)


def by_interval(args: Sequence[Arg]) -> Resolved | None:
    """The sequence, or None where it is no sequence of moments by an interval."""
    kind = args[0].type
    if kind not in _MOMENTS or args[1].type != kind:
        return None
    if len(args) == 2:
        return None if kind == t.DATE else _made(kind, "day", None, 2)
    step, value = args[2].type, args[2].value
    if not isinstance(step, (t.DayTimeIntervalType, t.YearMonthIntervalType)):
        return None
    months = isinstance(step, t.YearMonthIntervalType)
    if kind == t.DATE and not months:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise NotAnswered("the step must be a literal")
    return _made(kind, "month" if months else "microsecond", value, 3)


def _made(kind: t.DataType, unit: str, step: int | None, count: int) -> Resolved:
    def body(v: Sequence[str]) -> str:
        start, stop = (f"CAST({one} AS TIMESTAMP)" for one in v)
        if step is None:
            up = f"CASE WHEN {v[0]} <= {v[1]} THEN 1 ELSE -1 END"
            length, moved = _length(start, stop, "microsecond", _DAY), f"to_days(CAST(_q * {up} AS INTEGER))"
            bound = "true"
        else:
            length = _length(start, stop, unit, abs(step)) if step else "1"
            moved = f"to_{unit}s(CAST(_q * {step} AS {'INTEGER' if unit == 'month' else 'BIGINT'}))"
            bound = f"_e {'<=' if step > 0 else '>='} {v[1]}"
        items = f"list_transform(range({length}), lambda _q: CAST({start} + {moved} AS {duck(kind)}))"
        items = f"list_filter({items}, lambda _e: {bound})"
        if step is not None:
            fits = f"{v[0]} {'<=' if step > 0 else '>=' if step < 0 else '='} {v[1]}"
            items = f"CASE WHEN {v[0]} = {v[1]} OR {fits} THEN {items} ELSE {_ASTRAY} END"
        return f"CASE WHEN {v[0]} IS NOT NULL AND {v[1]} IS NOT NULL THEN {items} END"

    def lower(texts: Sequence[str]) -> str:
        return once(texts[:2], body)

    types: tuple[t.DataType | None, ...] = (kind, kind) if count == 2 else (kind, kind, None)
    return Resolved(types, t.ArrayType(kind, False), lower, fallible=True)


def _length(start: str, stop: str, unit: str, step: int) -> str:
    return f"abs(date_diff('{unit}', {start}, {stop})) // {step} + 1"
