"""Parts of a time by name, and times made of parts: `date_part`, EXTRACT, `make_timestamp`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from tailrace.model import types as t
from tailrace.sql.errors import Mismatch, NotAnswered
from tailrace.sql.functions.casts import cast_sql
from tailrace.sql.functions.datetime_zones import from_clock, from_clock_of, zones_by_row
from tailrace.sql.functions.intervals_made import part_of
from tailrace.sql.functions.options import Option, with_options
from tailrace.sql.functions.table import Arg, Function, Resolved, either, scalar
from tailrace.sql.typed import fail, once

_MOMENT = either(t.TIMESTAMP, t.TIMESTAMP_NTZ)
_SECONDS = t.DecimalType(8, 6)
_WALL = "CAST({1} AS TIMESTAMP)"
_OF_DAY = {
    "year y years yr yrs": "year({1})",
    "yearofweek": "isoyear({1})",
    "quarter qtr": "quarter({1})",
    "month mon mons months": "month({1})",
    "week w weeks": "weekofyear({1})",
    "day d days": "day({1})",
    "dayofweek dow": "dayofweek({1}) + 1",
    "dayofweek_iso dow_iso": "isodow({1})",
    "doy": "dayofyear({1})",
}
_OF_CLOCK = {
    "hour h hours hr hrs": f"hour({_WALL})",
    "minute m min mins minutes": f"minute({_WALL})",
}
_FIELDS: dict[str, tuple[bool, str]] = {
    name: (of_day, sql)
    for of_day, table in ((True, _OF_DAY), (False, _OF_CLOCK))
    for names, sql in table.items()
    for name in names.split()
}
_OF_SECONDS = frozenset(["second", "s", "sec", "seconds", "secs"])


def _resolve_part(args: Sequence[Arg]) -> Resolved:
    if len(args) != 2:
        raise Mismatch(f"[WRONG_NUM_ARGS.WITHOUT_SUGGESTION] it takes 2 arguments, not {len(args)}")
    if args[0].value is None:
        return Resolved((None, None), t.DOUBLE, lambda _: "CAST(NULL AS DOUBLE)")
    if not isinstance(args[0].value, str):
        raise Mismatch("[NON_FOLDABLE_ARGUMENT] the field must be a constant")
    of_interval = part_of(args)
    if of_interval is not None:
        return of_interval
    name = args[0].value.lower()
    if name in _OF_SECONDS:
        micros = f"(epoch_us({_WALL}) % 60000000 + 60000000) % 60000000"
        sql = f"CAST(CAST({micros} AS DECIMAL(8,0)) * CAST(0.000001 AS DECIMAL(6,6)) AS DECIMAL(8,6))"
        return scalar("date_part", [t.STRING, _MOMENT], _SECONDS, sql).resolve(args)
    if name not in _FIELDS:
        raise Mismatch(f"[INVALID_EXTRACT_FIELD] there is no field {args[0].value} of a time")
    of_day, sql = _FIELDS[name]
    param = t.DATE if of_day else _MOMENT
    return scalar("date_part", [t.STRING, param], t.INT, f"CAST({sql} AS INTEGER)").resolve(args)


_PARTS = (t.INT, t.INT, t.INT, t.INT, t.INT, t.DecimalType(16, 6))


def _made(zoned: bool, safe: bool) -> Callable[[Sequence[Arg]], Resolved]:
    """`make_timestamp(year, month, day, hour, minute, second[, zone])`; 60 seconds are the next minute."""
    kind: t.DataType = t.TIMESTAMP if zoned else t.TIMESTAMP_NTZ

    def resolve(args: Sequence[Arg]) -> Resolved:
        if len(args) == 1 and args[0].type == t.DATE and zoned and not safe:
            _, fails = cast_sql("x", t.DATE, t.TIMESTAMP)
            return scalar(
                "make_timestamp",
                [t.DATE],
                kind,
                lambda v: cast_sql(v[0], t.DATE, t.TIMESTAMP)[0],
                fallible=fails,
            ).resolve(args)
        if len(args) in (1, 2, 3):
            raise NotAnswered("a time made of a date and a time of day is not answered")
        by_row = len(args) == 7 and zoned and zones_by_row(args[6])
        if len(args) == 7 and zoned and not by_row:
            moved, fallible = from_clock(args[6])
        else:
            moved, fallible = None, by_row
        params = [*_PARTS, *([t.STRING] if moved or by_row else [])]
        resolved = scalar("make_timestamp", params, kind, "", fallible=not safe or fallible).resolve(args)

        def lower(texts: Sequence[str]) -> str:
            made = once(texts[:6], lambda v: _clock(v, zoned, safe))
            if by_row:
                return from_clock_of(texts[6], made)
            return moved(made) if moved else made

        return replace(resolved, lower=lower, nullable=resolved.nullable or safe)

    return resolve


def _clock(v: Sequence[str], zoned: bool, safe: bool) -> str:
    year, month, day, hour, minute, second = v
    nulls = " OR ".join(f"{one} IS NULL" for one in v)
    micros = (
        f"epoch_us(CAST(make_date(CAST({year} AS BIGINT), CAST({month} AS BIGINT), CAST({day} AS BIGINT)) AS TIMESTAMP)) "
        f"+ ({hour} * 60 + {minute}) * CAST(60000000 AS BIGINT) + CAST({second} * 1000000 AS BIGINT)"
    )
    last = f"CASE WHEN {month} IN (4, 6, 9, 11) THEN 30 WHEN {month} <> 2 THEN 31 WHEN {year} % 4 = 0 AND ({year} % 100 <> 0 OR {year} % 400 = 0) THEN 29 ELSE 28 END"
    good = (
        f"{year} BETWEEN -290307 AND 294246 AND {month} BETWEEN 1 AND 12 AND {day} BETWEEN 1 AND {last} "
        f"AND {hour} BETWEEN 0 AND 23 AND {minute} BETWEEN 0 AND 59 AND {second} >= 0"
    )
    moment = f"make_timestamp({micros})"
    moment = f"CAST({moment} AS TIMESTAMPTZ)" if zoned else moment
    bad = "NULL" if safe else fail("DATETIME_FIELD_OUT_OF_BOUNDS", "A part of the time is out of its bounds")
    over = "NULL" if safe else fail("INVALID_FRACTION_OF_SECOND", "The seconds must be from 0 to 60")
    return (
        f"CASE WHEN {nulls} THEN NULL WHEN {second} > 60 THEN {over} WHEN {good} THEN {moment} ELSE {bad} END"
    )


FUNCTIONS: tuple[Function, ...] = (
    with_options(
        Function(
            ("date_part", "datepart"),
            "scalar",
            _resolve_part,
            lambda name, a: (
                f"datepart({a[0]} FROM {a[1]})"
                if name.lower() == "datepart"
                else f"date_part({a[0]}, {a[1]})"
            ),
        ),
        Option(0),
    ),
    Function(("make_timestamp", "make_timestamp_ltz"), "scalar", _made(True, False)),
    Function(
        ("try_make_timestamp", "try_make_timestamp_ltz"),
        "scalar",
        _made(True, True),
        lambda name, a: f"{name}({', '.join(a[:6] if name.lower() == 'try_make_timestamp' else a)})",
    ),
    Function(("make_timestamp_ntz",), "scalar", _made(False, False)),
    Function(("try_make_timestamp_ntz",), "scalar", _made(False, True)),
)
