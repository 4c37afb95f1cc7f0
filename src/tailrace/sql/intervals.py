"""Intervals as values: the types of their fields, the text that Spark prints, and DuckDB's side of them.

A day-time interval is a count of microseconds in 64 bits, a year-month interval a count of months in 32.
In DuckDB either is an INTERVAL of that one part; whatever computes with it works on the count.
"""

from __future__ import annotations

from collections.abc import Sequence

from tailrace.model import types as t
from tailrace.sql.errors import Mismatch
from tailrace.sql.typed import Typed, once

Interval = t.DayTimeIntervalType | t.YearMonthIntervalType
DAY_TIME = ("day", "hour", "minute", "second")
YEAR_MONTH = ("year", "month")
MICROS = {"day": 86_400_000_000, "hour": 3_600_000_000, "minute": 60_000_000, "second": 1_000_000}
MONTHS = {"year": 12, "month": 1}
OVERFLOW = "[INTERVAL_ARITHMETIC_OVERFLOW.WITHOUT_SUGGESTION] the interval is out of range"


def spanning(start: str, end: str) -> Interval | None:
    """The type from one field to another, of lower case; None where there is no such type."""
    for fields, made in ((DAY_TIME, t.DayTimeIntervalType), (YEAR_MONTH, t.YearMonthIntervalType)):
        if start in fields and end in fields and fields.index(start) <= fields.index(end):
            return made(start, end)
    return None


def holds(kind: t.DataType) -> bool:
    """Whether values of the type are intervals, or hold some."""
    if isinstance(kind, t.ArrayType):
        return holds(kind.element)
    if isinstance(kind, t.MapType):
        return holds(kind.key) or holds(kind.value)
    if isinstance(kind, t.StructType):
        return any(holds(field.type) for field in kind.fields)
    return isinstance(kind, (t.DayTimeIntervalType, t.YearMonthIntervalType))


def fields_of(kind: Interval) -> tuple[str, ...]:
    """The fields of a type, the largest first."""
    fields = DAY_TIME if isinstance(kind, t.DayTimeIntervalType) else YEAR_MONTH
    return fields[fields.index(kind.start) : fields.index(kind.end) + 1]


def unit(kind: Interval) -> int:
    """How much of the count its least field is."""
    return (MICROS if isinstance(kind, t.DayTimeIntervalType) else MONTHS)[kind.end]


def whole(kind: Interval) -> Interval:
    """The type of all fields, which products and averages have."""
    return type(kind)()


def met(a: Interval, b: Interval) -> Interval | None:
    """The type with the fields of both; None for months beside days."""
    if type(a) is not type(b):
        return None
    fields = DAY_TIME if isinstance(a, t.DayTimeIntervalType) else YEAR_MONTH
    start, end = min(a.start, b.start, key=fields.index), max(a.end, b.end, key=fields.index)
    return type(a)(start, end)


def literal(kind: Interval, count: int) -> Typed:
    """The interval of so many microseconds or months."""
    bits = 63 if isinstance(kind, t.DayTimeIntervalType) else 31
    if not -(2**bits) <= count < 2**bits:
        raise Mismatch(OVERFLOW)
    return Typed(from_count(str(count), kind), kind, nullable=False, name=written(kind, count), value=count)


def written(kind: Interval, count: int) -> str:
    """`INTERVAL '1 02:03:04.5' DAY TO SECOND`."""
    sign, rest = ("-" if count < 0 else ""), abs(count)
    return f"INTERVAL '{sign}{_body(kind, rest)}' {_span(kind)}"


def _span(kind: Interval) -> str:
    return kind.simple_string.removeprefix("interval ").upper()


def _body(kind: Interval, rest: int) -> str:
    if isinstance(kind, t.YearMonthIntervalType):
        both = f"{rest // 12}-{rest % 12}"
        return both if kind.start != kind.end else str(rest // MONTHS[kind.end])
    texts = ""
    for field in fields_of(kind):
        amount, rest = divmod(rest, MICROS[field])
        between = "" if not texts else " " if field == "hour" else ":"
        texts += between + (str(amount) if field == "day" else f"{amount:02d}")
        if field == "second" and rest:
            texts += f".{rest:06d}".rstrip("0")
    return texts


def count(sql: str, kind: t.DataType) -> str:
    """DuckDB SQL of the count: BIGINT microseconds, or INTEGER months."""
    if isinstance(kind, t.DayTimeIntervalType):
        return f"epoch_us({sql})"
    return once(
        [sql], lambda v: f"CAST(datepart('year', {v[0]}) * 12 + datepart('month', {v[0]}) AS INTEGER)"
    )


def from_count(sql: str, kind: t.DataType) -> str:
    """DuckDB SQL of the interval of a count; raises where it leaves the range."""
    if isinstance(kind, t.DayTimeIntervalType):
        return f"to_microseconds(CAST({sql} AS BIGINT))"
    return f"to_months(CAST({sql} AS INTEGER))"


def text_sql(sql: str, kind: Interval) -> str:
    """DuckDB SQL of what `written` gives."""

    def body(v: Sequence[str]) -> str:
        n = f"abs(CAST({v[0]} AS HUGEINT))"
        if isinstance(kind, t.YearMonthIntervalType):
            both = f"({n} // 12) || '-' || ({n} % 12)"
            inner = both if kind.start != kind.end else f"({n} // {MONTHS[kind.end]})"
        else:
            inner = " || ".join(_parts(n, kind))
        return f"'INTERVAL ''' || CASE WHEN {v[0]} < 0 THEN '-' ELSE '' END || {inner} || ''' {_span(kind)}'"

    return once([count(sql, kind)], body)


def _parts(n: str, kind: Interval) -> list[str]:
    made: list[str] = []
    above = 0
    for field in fields_of(kind):
        rest = f"({n} % {above})" if above else n
        above = MICROS[field]
        if made:
            made.append("' '" if field == "hour" else "':'")
        width = "{}" if field == "day" else "{:02d}"
        made.append(f"format('{width}', CAST({rest} // {above} AS BIGINT))")
    if kind.end == "second":
        made.append(f"rtrim(format('.{{:06d}}', CAST({n} % 1000000 AS BIGINT)), '.0')")
    return made


def part(sql: str, kind: Interval, field: str) -> tuple[str, t.DataType] | None:
    """DuckDB SQL of a field of the interval with its sign, and its type; None if it has no such field."""
    if field not in fields_of(kind):
        return None
    n = count(sql, kind)
    if field == "second":
        micros = f"CAST({n} % 60000000 AS DECIMAL(8,0))"
        return f"CAST({micros} * CAST(0.000001 AS DECIMAL(6,6)) AS DECIMAL(8,6))", t.DecimalType(8, 6)
    if isinstance(kind, t.YearMonthIntervalType):
        return (
            (f"CAST({n} // 12 AS INTEGER)", t.INT)
            if field == "year"
            else (f"CAST({n} % 12 AS TINYINT)", t.BYTE)
        )
    if field == "day":
        return f"CAST({n} // {MICROS['day']} AS INTEGER)", t.INT
    above = MICROS[DAY_TIME[DAY_TIME.index(field) - 1]]
    return f"CAST(({n} % {above}) // {MICROS[field]} AS TINYINT)", t.BYTE
