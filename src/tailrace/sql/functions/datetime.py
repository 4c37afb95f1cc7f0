"""Functions of dates, timestamps and intervals, by Spark's answers (session zone UTC)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from tailrace.model.types import (
    BOOLEAN,
    DATE,
    DOUBLE,
    INT,
    LONG,
    STRING,
    TIMESTAMP,
    TIMESTAMP_NTZ,
    DataType,
    DecimalType,
    FractionalType,
    IntegralType,
    NumericType,
    VoidType,
)
from tailrace.sql.errors import Mismatch, NotAnswered
from tailrace.sql.functions.casts import cast_sql, unscaled
from tailrace.sql.functions.date_patterns import format_text
from tailrace.sql.functions.datetime_read import DEFAULT_PATTERN, NOW, PATTERNS, self_named
from tailrace.sql.functions.datetime_zones import FUNCTIONS as ZONE_FUNCTIONS
from tailrace.sql.functions.options import Option, with_options
from tailrace.sql.functions.table import Arg, Function, Pattern, Resolved, either, scalar
from tailrace.sql.names import call_name
from tailrace.sql.typed import fail, once

_MOMENT = either(TIMESTAMP, TIMESTAMP_NTZ)


def _exactly(kind: DataType) -> Pattern:
    """No implicit cast but that of NULL and of text."""
    return Pattern(str(kind), lambda given: kind if given == kind or isinstance(given, VoidType) else None)


def _wall(sql: str) -> str:
    """A TIMESTAMP as DuckDB's TIMESTAMP without zone: the clock in UTC."""
    return f"CAST({sql} AS TIMESTAMP)"


def _part(names: str, sql: str) -> Function:
    return scalar(names, [DATE], INT, sql)


def _clock(names: str, field: str) -> Function:
    known = scalar(names, [_MOMENT], INT, f"CAST({field}({_wall('{0}')}) AS INTEGER)")

    def resolve(args: Sequence[Arg]) -> Resolved:
        if len(args) != 2:
            return known.resolve(args)
        made = known.resolve(args[:1])  # Spark takes a zone as well, and does not look at it
        return replace(made, types=(*made.types, None))

    return replace(known, resolve=resolve, pretty=lambda name, a: call_name(name, a[:1]))


_DAY_NAMES = ("SUNDAY", "MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY")


_ILLEGAL_DAY = fail("ILLEGAL_DAY_OF_WEEK", "The text is no day of the week")


def _resolve_next_day(args: Sequence[Arg]) -> Resolved:
    resolved = scalar("next_day", [DATE, STRING], DATE, "").resolve(args)
    name = args[1].value
    if not isinstance(name, str):
        raise NotAnswered("a weekday that is no literal is not answered")
    upper = name.strip().upper()
    known = {n: i for i, day in enumerate(_DAY_NAMES) for n in (day, day[:3], day[:2])}
    if upper not in known or name != name.strip():
        return replace(
            resolved,
            lower=lambda v: f"CAST(CASE WHEN {v[0]} IS NOT NULL THEN {_ILLEGAL_DAY} END AS DATE)",
            fallible=True,
        )
    day = known[upper]
    return replace(
        resolved,
        lower=lambda v: once(
            v[:1], lambda n: f"({n[0]} + 1 + CAST(({day} - dayofweek({n[0]}) + 6) % 7 AS INTEGER))"
        ),
    )


_TRUNC_UNITS = {
    "year": "year", "yyyy": "year", "yy": "year", "quarter": "quarter", "month": "month", "mm": "month",
    "mon": "month", "week": "week",
}  # fmt: skip
_TRUNC_CLOCK = {
    "day": "day", "dd": "day", "hour": "hour", "minute": "minute", "second": "second",
    "millisecond": "milliseconds", "microsecond": "microseconds",
}  # fmt: skip


def _resolve_date_trunc(args: Sequence[Arg]) -> Resolved:
    resolved = scalar("date_trunc", [STRING, TIMESTAMP], TIMESTAMP, "", null="any").resolve(args)
    unit = args[0].value
    if not isinstance(unit, str):
        raise NotAnswered("a unit that is no literal is not answered")
    name = {**_TRUNC_UNITS, **_TRUNC_CLOCK}.get(unit.lower())
    if name is None:
        return replace(resolved, lower=lambda v: "CAST(NULL AS TIMESTAMPTZ)", nullable=True)
    return replace(resolved, lower=lambda v: f"CAST(date_trunc('{name}', {_wall(v[1])}) AS TIMESTAMPTZ)")


def _resolve_trunc(args: Sequence[Arg]) -> Resolved:
    resolved = scalar("trunc", [DATE, STRING], DATE, "", null="any").resolve(args)
    unit = args[1].value
    if not isinstance(unit, str):
        raise NotAnswered("a unit that is no literal is not answered")
    name = _TRUNC_UNITS.get(unit.lower())
    if name is None:
        return replace(resolved, lower=lambda v: "CAST(NULL AS DATE)", nullable=True)
    return replace(resolved, lower=lambda v: f"CAST(date_trunc('{name}', {v[0]}) AS DATE)")


def _days(names: str, sign: str) -> Function:
    def resolve(args: Sequence[Arg]) -> Resolved:
        if (
            len(args) == 2
            and isinstance(args[1].type, NumericType)
            and not isinstance(args[1].type, IntegralType)
        ):
            raise Mismatch(
                "[DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE] argument 2 must be INT, SMALLINT or TINYINT"
            )
        if len(args) == 2 and args[1].type == LONG:
            raise Mismatch(
                "[DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE] argument 2 must be INT, SMALLINT or TINYINT"
            )
        return scalar(names, [DATE, INT], DATE, f"({{0}} {sign} {{1}})", fallible=True).resolve(args)

    return Function(tuple(names.split()), "scalar", resolve)


def _add_months(day: str, months: str) -> str:
    """A month later is the same day, or the last of a shorter month."""
    return f"CAST({day} + to_months({months}) AS DATE)"


def _months_between(texts: Sequence[str]) -> str:
    rounded = texts[2] if len(texts) > 2 else "true"

    def body(v: Sequence[str]) -> str:
        a, b, r = v
        months = f"((year({a}) - year({b})) * 12 + month({a}) - month({b}))"
        ends = f"(day({a}) = day(last_day({a})) AND day({b}) = day(last_day({b})))"
        seconds = f"((day({a}) - day({b})) * 86400 + epoch_ms({a} - date_trunc('day', {a})) // 1000 - epoch_ms({b} - date_trunc('day', {b})) // 1000)"
        value = f"CAST({months} AS DOUBLE) + CAST({seconds} AS DOUBLE) / 2678400.0"
        exact = f"CASE WHEN {r} THEN round({value}, 8) ELSE {value} END"
        return (
            f"CASE WHEN {a} IS NULL OR {b} IS NULL OR {r} IS NULL THEN NULL "
            f"WHEN day({a}) = day({b}) OR {ends} THEN CAST({months} AS DOUBLE) ELSE {exact} END"
        )

    return once([_wall(texts[0]), _wall(texts[1]), rounded], body)


def _resolve_datediff(args: Sequence[Arg]) -> Resolved:
    return scalar("datediff", [DATE, DATE], INT, "CAST({0} - {1} AS INTEGER)").resolve(args)


def _resolve_date_format(args: Sequence[Arg]) -> Resolved:
    resolved = scalar("date_format", [TIMESTAMP, STRING], STRING, "").resolve(args)
    if not isinstance(args[1].value, str):
        raise NotAnswered("a pattern that is no literal is not answered")
    write = format_text(args[1].value)
    return replace(resolved, lower=lambda v: once([_wall(v[0])], lambda n: write(n[0])))


_FORMAT = Option(
    1, PATTERNS, otherwise=lambda v: f"CASE WHEN {v[0]} IS NOT NULL THEN {self_named(v[1], v[1])} END"
)


def _micros_of(seconds: str) -> str:
    """Microseconds of so many seconds; beyond what fits Java's product goes round."""
    far = (
        f"CAST(((CAST({seconds} AS HUGEINT) * 1000000 + 9223372036854775808) % 18446744073709551616 "
        "+ 18446744073709551616) % 18446744073709551616 - 9223372036854775808 AS BIGINT)"
    )
    near = f"{seconds} BETWEEN -9223372036854 AND 9223372036854"
    return f"(CASE WHEN {near} THEN {seconds} * 1000000 ELSE {far} END)"


_FIRST = -9223372022400000000
"""DuckDB's first moment; Spark's is four hours earlier, on a day that DuckDB does not have."""
_CYCLE = 12622780800000000
"""Microseconds of 400 years, after which days and weekdays are the same."""


def _written_moment(seconds: str, write: Callable[[str], str]) -> str:
    """The text of a moment; before DuckDB's first one it is that of 400 years later with its year put back."""

    def both(v: Sequence[str]) -> str:
        micros = _micros_of(v[0])
        moment = f"make_timestamp({micros} + CASE WHEN {micros} < {_FIRST} THEN {_CYCLE} ELSE 0 END)"
        return once([once([moment], lambda n: write(n[0])), f"{micros} < {_FIRST}"], put_back)

    def put_back(v: Sequence[str]) -> str:
        year = f"replace(replace({v[0]}, '289908', '290308'), '289909', '290309')"
        return f"CASE WHEN {v[1]} THEN {year} ELSE {v[0]} END"

    return once([seconds], both)


def _resolve_from_unixtime(args: Sequence[Arg]) -> Resolved:
    resolved = scalar("from_unixtime", [LONG, STRING], STRING, "", min_args=1, fallible=True).resolve(args)
    pattern = args[1].value if len(args) > 1 else DEFAULT_PATTERN
    if not isinstance(pattern, str):
        raise NotAnswered("a pattern that is no literal is not answered")
    write = format_text(pattern)
    return replace(resolved, lower=lambda v: _written_moment(v[0], write))


def _epoch(name: str, factor: int) -> Function:
    def resolve(args: Sequence[Arg]) -> Resolved:
        if len(args) == 1 and factor == 1_000_000 and isinstance(args[0].type, FractionalType):
            return _of_parts(args[0])
        if len(args) == 1 and not isinstance(args[0].type, (IntegralType, VoidType)):
            raise Mismatch(
                f"[DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE] argument 1 must be a number, not {args[0].type}"
            )
        sql = f"CAST(make_timestamp({{0}} * {factor}) AS TIMESTAMPTZ)"
        return scalar(name, [LONG], TIMESTAMP, sql, fallible=factor > 1).resolve(args)

    return Function((name,), "scalar", resolve)


def _of_parts(arg: Arg) -> Resolved:
    """Seconds with a fraction: what is no number is NULL; a DECIMAL must be whole microseconds of a BIGINT."""

    def lower(v: Sequence[str]) -> str:
        if not isinstance(arg.type, DecimalType):
            return f"CASE WHEN isfinite({v[0]}) THEN {cast_sql(v[0], arg.type, TIMESTAMP)[0]} END"
        beyond = arg.type.scale - 6
        digits = unscaled(v[0])
        micros = f"{digits} // {10**beyond}" if beyond > 0 else f"{digits} * {10**-beyond}"
        near = f"abs({v[0]}) < 9223372036854" + (f" AND {digits} % {10**beyond} = 0" if beyond > 0 else "")
        moment = f"CAST(make_timestamp(CAST({micros} AS BIGINT)) AS TIMESTAMPTZ)"
        return f"CASE WHEN {v[0]} IS NULL THEN NULL WHEN {near} THEN {moment} ELSE {_NOT_EXACT} END"

    return Resolved((None,), TIMESTAMP, lambda v: once(v, lower), True, fallible=True)


_NOT_EXACT = "CASE WHEN CAST('The seconds are no BIGINT of microseconds' AS BOOLEAN) THEN NULL END"


def _micros(name: str, divisor: int) -> Function:
    def lower(v: Sequence[str]) -> str:
        whole = once(
            [f"epoch_us({v[0]})"],
            lambda n: f"(({n[0]} - (({n[0]} % {divisor}) + {divisor}) % {divisor}) // {divisor})",
        )
        return whole if divisor > 1 else f"epoch_us({v[0]})"

    return scalar(name, [_exactly(TIMESTAMP)], LONG, lower)


def _make_date(texts: Sequence[str]) -> str:
    return f"make_date({', '.join(f'CAST({one} AS BIGINT)' for one in texts)})"


def _resolve_make_date(args: Sequence[Arg]) -> Resolved:
    return scalar("make_date", [INT, INT, INT], DATE, _make_date, fallible=True).resolve(args)


FUNCTIONS: tuple[Function, ...] = (
    *ZONE_FUNCTIONS,
    scalar("current_timestamp now", [], TIMESTAMP, NOW, null="never"),
    scalar("current_date curdate", [], DATE, f"CAST({NOW} AS DATE)", null="never"),
    _part("year", "CAST(year({0}) AS INTEGER)"),
    _part("quarter", "CAST(quarter({0}) AS INTEGER)"),
    _part("month", "CAST(month({0}) AS INTEGER)"),
    _part("day dayofmonth", "CAST(day({0}) AS INTEGER)"),
    _part("dayofweek", "CAST(dayofweek({0}) + 1 AS INTEGER)"),
    _part("weekday", "CAST(isodow({0}) - 1 AS INTEGER)"),
    _part("dayofyear", "CAST(dayofyear({0}) AS INTEGER)"),
    _part("weekofyear", "CAST(weekofyear({0}) AS INTEGER)"),
    _clock("hour", "hour"),
    _clock("minute", "minute"),
    _clock("second", "second"),
    scalar("dayname", [DATE], STRING, "left(dayname({0}), 3)"),
    scalar("monthname", [DATE], STRING, "left(monthname({0}), 3)"),
    scalar("last_day", [DATE], DATE, "last_day({0})"),
    with_options(
        Function(("next_day",), "scalar", _resolve_next_day),
        Option(
            1,
            tuple(n for day in _DAY_NAMES for n in (day, day[:3], day[:2])),
            "upper({})",
            lambda v: f"CASE WHEN {v[0]} IS NOT NULL THEN {_ILLEGAL_DAY} END",
        ),
    ),
    with_options(
        Function(("date_trunc",), "scalar", _resolve_date_trunc),
        Option(0, (*_TRUNC_UNITS, *_TRUNC_CLOCK), "lower({})", lambda _: "NULL"),
    ),
    with_options(
        Function(("trunc",), "scalar", _resolve_trunc),
        Option(1, tuple(_TRUNC_UNITS), "lower({})", lambda _: "NULL"),
    ),
    _days("date_add dateadd", "+"),
    _days("date_sub", "-"),
    scalar("add_months", [DATE, INT], DATE, lambda v: _add_months(v[0], v[1]), fallible=True),
    scalar("months_between", [TIMESTAMP, TIMESTAMP, BOOLEAN], DOUBLE, _months_between, min_args=2),
    Function(("datediff", "date_diff"), "scalar", _resolve_datediff),
    scalar("unix_date", [_exactly(DATE)], INT, "CAST({0} - DATE '1970-01-01' AS INTEGER)"),
    scalar("date_from_unix_date", [INT], DATE, "(DATE '1970-01-01' + {0})", fallible=True),
    _micros("unix_seconds", 1_000_000),
    _micros("unix_millis", 1_000),
    _micros("unix_micros", 1),
    _epoch("timestamp_seconds", 1_000_000),
    _epoch("timestamp_millis", 1_000),
    _epoch("timestamp_micros", 1),
    with_options(
        Function(
            ("from_unixtime",),
            "scalar",
            _resolve_from_unixtime,
            lambda _, a: f"from_unixtime({', '.join([*a, DEFAULT_PATTERN][:2])})",
        ),
        _FORMAT,
    ),
    with_options(Function(("date_format",), "scalar", _resolve_date_format), _FORMAT),
    Function(("make_date",), "scalar", _resolve_make_date),
)
