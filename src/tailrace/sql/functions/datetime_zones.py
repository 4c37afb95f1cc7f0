"""The clocks of other zones: `from_utc_timestamp`, `to_utc_timestamp`, `convert_timezone`."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from zoneinfo import available_timezones

from tailrace.model import types as t
from tailrace.sql import coerce
from tailrace.sql.errors import Mismatch, NotAnswered
from tailrace.sql.functions.table import Arg, Function, Resolved, scalar
from tailrace.sql.typed import ABSENT, fail, once, text

_SHORT = {"PST": "America/Los_Angeles", "EST": "-05:00", "MST": "-07:00", "HST": "-10:00",
          "CST": "America/Chicago", "JST": "Asia/Tokyo", "IST": "Asia/Kolkata"}  # fmt: skip
"""Java's short names that Spark takes."""


_OFFSET = re.compile(r"(?:UTC|GMT|UT)?([+-])(?:([0-9]{1,2})(?::([0-9]{2}))?|([0-9]{2})([0-9]{2}))")
_WORDS = """
CET Cuba EET EST5EDT CST6CDT Egypt Eire GB Hongkong Iceland Iran Israel Jamaica Japan Kwajalein Libya MET MST7MDT NZ
Navajo PRC PST8PDT Poland Portugal ROK Singapore Turkey UCT Universal WET Zulu
"""


@cache
def _regions() -> frozenset[str]:
    """Regions that Java and DuckDB both know."""
    named = {name for name in available_timezones() if "/" in name} - {
        "America/Coyhaique"
    }  # younger than JDK 17
    return frozenset(n for n in named if not n.startswith(("SystemV/", "posix/", "right/"))) | set(
        _WORDS.split()
    )


Zone = str | int | None
"""A region's name, an offset in seconds, or None for what Spark does not know."""


def _zone(arg: Arg) -> Zone:
    name = arg.known_text
    if not isinstance(name, str):
        raise NotAnswered("a time zone that is no literal is not answered")
    name = _SHORT.get(name, name)
    if name in ("UTC", "GMT", "Z", "UT", "UTC+0", "GMT0"):
        return 0
    if offset := _OFFSET.fullmatch(name):
        hours, rest = int(offset[2] or offset[4]), int(offset[3] or offset[5] or 0)
        if hours * 60 + rest > 18 * 60 or rest > 59:
            raise NotAnswered(f"the time zone {name!r} is not answered")
        return (hours * 60 + rest) * (60 if offset[1] == "+" else -60)
    if name in _regions():
        return name
    if name.isalpha() and len(name) == 2:
        return None
    raise NotAnswered(f"the time zone {name!r} is not answered")


def _moved_by_row(zone: str, value: str, forth: bool) -> str:
    """The same for a zone that is a column."""
    short = " ".join(f"WHEN {text(name)} THEN {text(full)}" for name, full in _SHORT.items())
    areas = ", ".join(text(name) for name in sorted(_regions()))

    def body(v: Sequence[str]) -> str:
        z, x = v
        digits = f"replace(substr({z}, 2), ':', '')"
        minutes = f"CASE WHEN length({digits}) > 2 THEN CAST(right({digits}, 2) AS BIGINT) ELSE 0 END"
        hours = f"CAST(CASE WHEN length({digits}) > 2 THEN left({digits}, length({digits}) - 2) ELSE {digits} END AS BIGINT)"
        length = f"({hours} * 60 + {minutes})"
        ahead = "+" if forth else "-"
        way = f"CASE WHEN left({z}, 1) = '{ahead}' THEN {length} ELSE -{length} END"
        region = f"CASE WHEN {z} IN ({areas}) THEN {z} ELSE {_NO_ZONE} END"
        far = once([region], lambda n: _moved_in(n[0], x, forth))
        return (
            f"CASE WHEN {z} IS NULL OR {x} IS NULL THEN NULL WHEN {z} IN ('UTC', 'GMT', 'Z', 'UT', 'UTC+0', 'GMT0') THEN {x} "
            f"WHEN regexp_full_match({z}, '[+-](([0-9]|0[0-9]|1[0-7])(:[0-5][0-9])?|(0[0-9]|1[0-7])[0-5][0-9])') "
            f"THEN make_timestamp(epoch_us({x}) + ({way}) * 60000000)::TIMESTAMPTZ ELSE {far} END"
        )

    return once([f"CASE {zone} {short} ELSE {zone} END", value], body)


_NO_ZONE = fail("INVALID_TIMEZONE", "The time zone is not known")


def _moved(zone: Zone, value: str, forth: bool) -> str:
    """A TIMESTAMP shown as (`forth`), or read from, the clock of a zone."""
    if zone is None:
        return f"CASE WHEN {value} IS NOT NULL THEN {_NO_ZONE} END"
    if isinstance(zone, int):
        way = zone if forth else -zone
        return f"make_timestamp(epoch_us({value}) + {way * 1_000_000})::TIMESTAMPTZ"
    return _moved_in(text(zone), value, forth)


def _moved_in(zone: str, value: str, forth: bool) -> str:
    if forth:
        return f"timezone({zone}, {value})::TIMESTAMPTZ"
    moment = f"timezone({zone}, CAST({value} AS TIMESTAMP))"
    return _resolved_local(moment, value, zone)


def from_clock(zone: Arg) -> tuple[Callable[[str], str], bool]:
    """What makes a moment of a local clock (as a TIMESTAMP), and whether it can fail."""
    known = _zone(zone)
    return lambda v: once([v], lambda n: _moved(known, n[0], False)), not isinstance(known, int)


def zones_by_row(zone: Arg) -> bool:
    """Whether each row may have a zone of its own."""
    return zone.known is ABSENT and coerce.implicit(zone.type, t.STRING)


def from_clock_of(zone: str, value: str) -> str:
    """The moment of a local clock (as a TIMESTAMP) in the zone that a text names."""
    return _moved_by_row(zone, value, False)


def _resolve_convert(args: Sequence[Arg]) -> Resolved:
    """`convert_timezone([from,] to, clock)`: what the clock of one zone shows when that of another shows this."""
    if len(args) not in (2, 3):
        raise Mismatch(f"[WRONG_NUM_ARGS.WITHOUT_SUGGESTION] it takes 2 or 3 arguments, not {len(args)}")
    params = [*[t.STRING] * (len(args) - 1), t.TIMESTAMP_NTZ]
    resolved = scalar("convert_timezone", params, t.TIMESTAMP_NTZ, "", fallible=True).resolve(args)
    if any(arg.known is None for arg in args[:-1]):
        return replace(resolved, lower=lambda _: "CAST(NULL AS TIMESTAMP)", nullable=True)
    rows = [zones_by_row(arg) for arg in args[:-1]]
    zones = [None if by_row else _zone(arg) for by_row, arg in zip(rows, args, strict=False)]

    def step(moment: str, zone: Zone, column: str, forth: bool) -> str:
        if column:
            return _moved_by_row(column, moment, forth)
        return once([moment], lambda n: _moved(zone, n[0], forth))

    def lower(v: Sequence[str]) -> str:
        columns = [text if by_row else "" for by_row, text in zip(rows, v, strict=False)]
        ways = [(0, ""), *zip(zones, columns, strict=True)][-2:]
        moment = f"CAST({v[-1]} AS TIMESTAMPTZ)"
        for (zone, column), forth in zip(ways, (False, True), strict=True):
            moment = step(moment, zone, column, forth)
        return f"CAST({moment} AS TIMESTAMP)"

    return replace(resolved, lower=lower)


def _in_zone(name: str) -> Function:
    """`from_utc_timestamp` shows another zone's clock, `to_utc_timestamp` reads it."""
    forth = name == "from_utc_timestamp"

    def resolve(args: Sequence[Arg]) -> Resolved:
        resolved = scalar(name, [t.TIMESTAMP, t.STRING], t.TIMESTAMP, "", fallible=True).resolve(args)
        if args[1].known is None:
            return replace(resolved, lower=lambda _: "CAST(NULL AS TIMESTAMPTZ)", nullable=True)
        if args[1].known is ABSENT and coerce.implicit(args[1].type, t.STRING):
            return replace(resolved, lower=lambda v: _moved_by_row(v[1], v[0], forth))
        zone = _zone(args[1])

        def body(n: Sequence[str]) -> str:
            return _moved(zone, n[0], forth)

        return Resolved(
            resolved.types, t.TIMESTAMP, lambda v: once(v[:1], body), args[0].nullable, fallible=True
        )

    return Function((name,), "scalar", resolve)


def _resolved_local(moment: str, value: str, zone: str) -> str:
    """A local clock's moment: in an overlap the earlier of the two, in a gap moved by the gap's length."""
    wall = f"CAST({value} AS TIMESTAMP)"
    before = f"(timezone({zone}, {value} - INTERVAL 1 DAY) - CAST({value} - INTERVAL 1 DAY AS TIMESTAMP))"
    earlier = f"CAST({wall} - {before} AS TIMESTAMPTZ)"
    holds = f"timezone({zone}, {earlier}) = {wall}"
    gap = f"timezone({zone}, {moment}) <> {wall}"
    return f"CASE WHEN {holds} OR {gap} THEN {earlier} ELSE {moment} END"


FUNCTIONS: tuple[Function, ...] = (
    _in_zone("from_utc_timestamp"),
    _in_zone("to_utc_timestamp"),
    Function(
        ("convert_timezone",),
        "scalar",
        _resolve_convert,
        lambda _, a: f"convert_timezone({', '.join(a if len(a) == 3 else ['current_timezone()', *a])})",
    ),
    scalar("current_timezone", [], t.STRING, "'UTC'", null="never"),
)
