"""`DATE '...'`, `TIMESTAMP '...'`, `TIMESTAMP_NTZ '...'`: their texts read as Spark reads them, in the zone UTC."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tailrace.model import types as t
from tailrace.sql.duck_types import duck
from tailrace.sql.errors import Mismatch, NotAnswered
from tailrace.sql.typed import Typed, text

_DAY = r"([+-]?\d{4,7})(?:-(\d{1,2})(?:-(\d{1,2})"
_CLOCK = r"(?:[ T](\d{1,2})(?::(\d{1,2})(?::(\d{1,2})(?:\.(\d*))?\s*(\S.*)?)?)?)?"
_DATE = re.compile(rf"{_DAY}(?:[ T].*)?)?)?", re.DOTALL)
_MOMENT = re.compile(rf"{_DAY}{_CLOCK})?)?")
_OFFSET = re.compile(r"(?:UTC|GMT|UT)?([+-])(\d{1,2})(?::?(\d{2})|:(\d))?")
_OFFSET_MAX = timedelta(hours=18)
_NAMED = {"epoch": "1970-01-01"}
_MOVING = {
    "now": "current_timestamp()",
    "today": "current_date()",
    "tomorrow": "current_date() + 1",
    "yesterday": "current_date() - 1",
}
_CLOCK_ONLY = re.compile(r"T?\d{1,2}:\d.*")


def time_literal(kind: t.DataType, written: str) -> Typed:
    """The literal of a DATE, a TIMESTAMP or a TIMESTAMP_NTZ.

    Raises Mismatch for a text that is none, NotAnswered for one that depends on the time of the query and for
    years that are not 1 to 9999.
    """
    words = written.strip()
    if words.lower() in _MOVING:
        raise NotAnswered(f"the literal {written!r} is not answered: write {_MOVING[words.lower()]}")
    if _CLOCK_ONLY.fullmatch(words) and not isinstance(kind, t.DateType):
        raise NotAnswered(f"the literal {written!r}, a time of today, is not answered")
    words = _NAMED.get(words.lower(), words)
    found = (_DATE if isinstance(kind, t.DateType) else _MOMENT).fullmatch(words)
    if found is None:
        raise _invalid(kind, written)
    year = int(found[1])
    if not 1 <= year <= 9999:
        raise NotAnswered(f"the literal {written!r}, of a year that is not 1 to 9999, is not answered")
    try:
        day = date(year, int(found[2] or 1), int(found[3] or 1))
        if isinstance(kind, t.DateType):
            return _typed(kind, "DATE", day.isoformat())
        fraction = f"{found[7] or ''}000000"[:6]
        clock = (int(found[4] or 0), int(found[5] or 0), int(found[6] or 0), int(fraction))
        moment = datetime(day.year, day.month, day.day, *clock)
        zone = _zone(found[8].strip()) if found[8] else UTC
    except ValueError:
        raise _invalid(kind, written) from None
    if isinstance(kind, t.TimestampNTZType):
        return _typed(kind, "TIMESTAMP_NTZ", _shown(moment))
    try:
        return _typed(kind, "TIMESTAMP", _shown(moment.replace(tzinfo=zone).astimezone(UTC)), "+00")
    except OverflowError:
        raise NotAnswered(
            f"the literal {written!r}, of a year that is not 1 to 9999, is not answered"
        ) from None


def _invalid(kind: t.DataType, written: str) -> Mismatch:
    return Mismatch(f"[INVALID_TYPED_LITERAL] {written!r} is no {kind.simple_string.upper()}")


def _zone(name: str) -> tzinfo:
    """Raises ValueError for what is no zone, NotAnswered for a region that is not known here."""
    if name in ("Z", "UTC", "GMT", "UT"):
        return UTC
    if (offset := _OFFSET.fullmatch(name)) is not None:
        away = timedelta(hours=int(offset[2]), minutes=int(offset[3] or offset[4] or 0))
        if away > _OFFSET_MAX or int(offset[3] or 0) > 59:
            raise ValueError(name)
        return timezone(away if offset[1] == "+" else -away)
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, OSError):
        raise NotAnswered(f"the zone {name!r} of a literal is not answered") from None


def _shown(moment: datetime) -> str:
    plain = f"{moment.date().isoformat()} {moment:%H:%M:%S}"
    return f"{plain}.{moment.microsecond:06}".rstrip("0") if moment.microsecond else plain


def _typed(kind: t.DataType, word: str, value: str, zone: str = "") -> Typed:
    sql = f"CAST({text(value + zone)} AS {duck(kind)})"
    return Typed(sql, kind, nullable=False, name=f"{word} '{value}'", value=value)
