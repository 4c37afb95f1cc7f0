"""Casts of intervals: to and from text, to and from numbers of their least field, and among each other."""

from __future__ import annotations

from collections.abc import Sequence

from tailrace.model import types as t
from tailrace.sql import interval_arithmetic, interval_literals, intervals
from tailrace.sql.errors import Mismatch
from tailrace.sql.functions.casts_nested import Cast
from tailrace.sql.typed import fail, once

_KINDS = (t.DayTimeIntervalType, t.YearMonthIntervalType)
_SECONDS = t.DecimalType(19, 6)


def interval_cast(
    sql: str, source: t.DataType, target: t.DataType, safe: bool, cast: Cast
) -> tuple[str, bool] | None:
    """The cast and whether it can fail; None where neither type is an interval."""
    if isinstance(source, _KINDS):
        if isinstance(target, t.StringType):
            return intervals.text_sql(sql, source), False
        if isinstance(target, _KINDS) and intervals.met(source, target) is not None:
            return _cut(sql, source, target), False
        if isinstance(target, (t.IntegralType, t.DecimalType)):
            return _number(sql, source, target, safe, cast)
    elif isinstance(target, _KINDS):
        if isinstance(source, t.StringType):
            return once([sql], lambda v: _read(v[0], target, safe)), not safe
        if isinstance(source, (t.IntegralType, t.DecimalType)):
            return _counted(sql, source, target, safe), not safe
    else:
        return None
    raise Mismatch(
        f'[DATATYPE_MISMATCH.CAST_WITHOUT_SUGGESTION] "{source.simple_string.upper()}" cannot be cast to '
        f'"{target.simple_string.upper()}"'
    )


def _cut(sql: str, source: intervals.Interval, target: intervals.Interval) -> str:
    """Without what is smaller than the target's least field; of a decimal the source may have that too."""
    size = intervals.unit(target)
    if size == 1 or target.end == "second":
        return sql

    def body(v: Sequence[str]) -> str:
        return intervals.from_count(f"{v[0]} - {v[0]} % {size}", target)

    return once([intervals.count(sql, source)], body)


def _number(
    sql: str, source: intervals.Interval, target: t.DataType, safe: bool, cast: Cast
) -> tuple[str, bool]:
    n, size = intervals.count(sql, source), intervals.unit(source)
    if isinstance(target, t.DecimalType) and source.end == "second":
        seconds = f"CAST(CAST({n} AS DECIMAL(19,0)) * CAST(0.000001 AS DECIMAL(6,6)) AS DECIMAL(19,6))"
        return cast(seconds, _SECONDS, target, safe)
    return cast(f"(CAST({n} AS BIGINT) // {size})", t.LONG, target, safe)


def _counted(sql: str, source: t.DataType, target: intervals.Interval, safe: bool) -> str:
    size = intervals.unit(target)
    one = intervals.from_count(str(size), target)
    made = interval_arithmetic.scaled(one, target, sql, source)
    return f"TRY({made})" if safe else made


def _read(value: str, target: intervals.Interval, safe: bool) -> str:
    """The interval of `5 01:02:03`, or of a literal of the target's own fields."""
    inner = interval_literals.pattern(target)
    blanks = r"[\x00-\x20\x7F]*"
    words = r"\s+".join(target.simple_string.split()[1:])
    plain = f"{blanks}{inner}{blanks}"
    full = rf"(?i){blanks}INTERVAL\s+([+-]?)''{inner}''\s+{words}{blanks}"
    ending = rf"(?i)(?:''\s+{words})?{blanks}$"
    loose = f"{inner}{ending.removeprefix('(?i)')}"

    def group(place: int) -> str:
        return f"regexp_extract({value}, '(?i){loose}', {place})"

    total, checks = "0", []
    limits = interval_literals.limits(target)
    for place, (size, most) in enumerate(limits):
        digits = f"TRY_CAST({group(place + 2)} AS HUGEINT)"
        total += f" + {digits} * {size}"
        if most is not None:
            checks.append(f"{digits} <= {most}")
    if target.end == "second":
        total += f" + CAST('0' || rpad(substr({group(len(limits) + 2)}, 2, 6), 6, '0') AS HUGEINT)"
    minus = f"({group(1)} = '-') <> (regexp_matches({value}, '(?i)^{blanks}INTERVAL\\s+-'))"
    count = f"(CASE WHEN {minus} THEN -1 ELSE 1 END) * ({total})"
    bound = 2 ** (63 if isinstance(target, t.DayTimeIntervalType) else 31)
    matched = f"(regexp_full_match({value}, '{plain}') OR regexp_full_match({value}, '{full}'))"
    bad = "NULL" if safe else fail("INVALID_INTERVAL_FORMAT", f"The text is no {target}")
    made = intervals.from_count("_i", target)
    ranged = f"CASE WHEN _i BETWEEN -{bound}::HUGEINT AND {bound - 1}::HUGEINT THEN {made} ELSE {bad} END"
    checked = " AND ".join(checks) or "true"
    return (
        f"CASE WHEN {value} IS NULL THEN NULL WHEN NOT {matched} THEN {bad} WHEN NOT ({checked}) THEN {bad} "
        f"ELSE list_transform([{count}], lambda _i: {ranged})[1] END"
    )
