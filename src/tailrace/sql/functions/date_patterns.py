"""Spark's patterns of dates and times (`yyyy-MM-dd HH:mm:ss`), for writing and reading.

Only letters and widths that mean one thing are answered; any other pattern is refused with its letter.
Reading judges the text by a regular expression made of the pattern, so that a text which does not fit
costs no exception; the values of its fields are judged by DuckDB's date and time.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from tailrace.sql.errors import NotAnswered
from tailrace.sql.typed import fail, once, text

_TOKEN = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|([^A-Za-z'])", re.DOTALL)

_WRITTEN: dict[str, str] = {
    "yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S", "hh": "%I", "a": "%p",
    "d": "%-d", "M": "%-m", "H": "%-H", "h": "%-I", "m": "%-M", "s": "%-S", "MMM": "%b", "MMMM": "%B",
    "E": "%a", "EE": "%a", "EEE": "%a", "EEEE": "%A", "SSS": "%g", "SSSSSS": "%f", "yy": "%y", "DDD": "%j",
    "D": "%-j", "LL": "%m", "L": "%-m", "y": "%Y",
}  # fmt: skip
"""Pattern letters as DuckDB's strftime writes them."""


def _tokens(pattern: str) -> list[tuple[str, bool]]:
    """The parts of a pattern: (letters, true) and (literal text, false)."""
    out: list[tuple[str, bool]] = []
    at = 0
    while at < len(pattern):
        found = _TOKEN.match(pattern, at)
        if found is None or found[0] in "[]{}#":
            raise NotAnswered(f"the pattern {pattern!r} is not answered")
        if found[2]:
            out.append((found[0], True))
        elif found[3]:
            out.append((found[3], False))
        else:
            out.append((found[1].replace("''", "'") or "'", False))
        at = found.end()
    return out


def format_text(pattern: str) -> Callable[[str], str]:
    """DuckDB SQL that writes a TIMESTAMP without zone (a short text, used once) by the pattern."""
    parts = []
    for word, is_letters in _tokens(pattern):
        if not is_letters:
            parts.append(word.replace("%", "%%"))
            continue
        written = _WRITTEN.get(word)
        if written is None:
            raise NotAnswered(f"{word!r} in the pattern {pattern!r} is not answered")
        parts.append(written)
    if "y" in pattern and {("y", True), ("yyyy", True)} <= set(_tokens(pattern)):
        raise NotAnswered(f"two years in the pattern {pattern!r} are not answered")
    written_all = "".join(parts)
    if not written_all:
        return lambda value: f"CASE WHEN {value} IS NOT NULL THEN '' END"
    if "%Y" not in written_all:
        return lambda value: f"strftime({value}, {text(written_all)})"
    if ("y", True) in _tokens(pattern):
        return lambda value: f"CASE WHEN {value} IS NOT NULL THEN {_plain_year(value, written_all)} END"
    return lambda value: (
        f"CASE WHEN {value} IS NULL THEN NULL WHEN year({value}) BETWEEN 1 AND 9999 THEN strftime({value}, {text(written_all)}) "
        f"ELSE {_far_year(value, written_all)} END"
    )


def _plain_year(value: str, written: str) -> str:
    """A year without zeros before it."""
    parts = [f"strftime({value}, {text(part)})" if part else "''" for part in written.split("%Y")]
    return f" || CAST(year({value}) AS VARCHAR) || ".join(parts)


def _far_year(value: str, written: str) -> str:
    """Years of more than four digits carry a sign, as do those before 0."""
    year = (
        f"CASE WHEN year({value}) > 9999 THEN '+' WHEN year({value}) < 0 THEN '-' ELSE '' END "
        f"|| lpad(CAST(abs(year({value})) AS VARCHAR), CAST(greatest(4, length(CAST(abs(year({value})) AS VARCHAR))) AS INTEGER), '0')"
    )
    parts = [f"strftime({value}, {text(part)})" if part else "''" for part in written.split("%Y")]
    return f" || ({year}) || ".join(parts)


MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip

_READ: dict[str, tuple[str, str]] = {
    "yyyy": ("y", "-?[0-9]{4}"),
    "MM": ("mo", "[0-9]{2}"),
    "M": ("mo", "[0-9]{1,19}"),
    "dd": ("d", "[0-9]{2}"),
    "d": ("d", "[0-9]{1,19}"),
    "HH": ("h", "[0-9]{2}"),
    "H": ("h", "[0-9]{1,19}"),
    "mm": ("mi", "[0-9]{2}"),
    "m": ("mi", "[0-9]{1,19}"),
    "ss": ("s", "[0-9]{2}"),
    "s": ("s", "[0-9]{1,19}"),
    "S": ("f", "[0-9]"),
    "SSS": ("f", "[0-9]{1,3}"),
    "SSSSSS": ("f", "[0-9]{1,6}"),
    "MMM": ("mon", "(?i:" + "|".join(month_name[:3] for month_name in MONTHS) + ")"),
    "MMMM": ("mon", "(?i:" + "|".join(MONTHS) + ")"),
    "hh": ("h12", "[0-9]{2}"),
    "h": ("h12", "[0-9]{1,19}"),
    "a": ("half", "(?i:AM|PM)"),
    "XXX": ("zone", "Z|[+-][0-9]{2}:[0-9]{2}"),
    "Z": ("zone", "[+-][0-9]{4}"),
}
"""Pattern letters that are read: the field, and the digits it takes."""


def parse_text(pattern: str) -> Callable[[str, bool], str]:
    """DuckDB SQL that reads a text into a TIMESTAMP without zone; NULL or an error where it does not fit."""
    regex, fields = [], []
    tokens = _tokens(pattern)
    if not any(is_letters for _, is_letters in tokens):
        return lambda value, safe: read_literally(value, text("".join(word for word, _ in tokens)), safe)
    for i, (word, is_letters) in enumerate(tokens):
        if not is_letters:
            regex.append(re.escape(word))
            continue
        found = _READ.get(word)
        if found is None or found[0] in fields:
            raise NotAnswered(f"{word!r} in the pattern {pattern!r} is not answered for reading")
        if i + 1 < len(tokens) and tokens[i + 1][1] and word in ("M", "d", "H", "h", "m", "s"):
            raise NotAnswered(f"the pattern {pattern!r} has fields of open width side by side")
        fields.append(found[0])
        regex.append(f"({found[1]})")
    if ("h12" in fields) != ("half" in fields) or ("h12" in fields and "h" in fields):
        raise NotAnswered(f"the hours of the pattern {pattern!r} are not answered for reading")
    if "mo" in fields and "mon" in fields:
        raise NotAnswered(f"the pattern {pattern!r} has two months")
    if "y" not in fields:
        raise NotAnswered(f"the pattern {pattern!r} has no year")
    return _reader("^" + "".join(regex) + "$", fields)


WITHOUT_LETTERS = "'[^A-Za-z''\\[\\]{}#]*'"
"""The regular expression of patterns that stand for themselves."""


def read_literally(value: str, pattern: str, safe: bool) -> str:
    """By a pattern that has no letters only the same text can be read, as the first moment of 1970."""
    raised = "NULL" if safe else fail("CANNOT_PARSE_TIMESTAMP", "The text does not have the pattern")
    return (
        f"CASE WHEN {value} IS NULL OR {pattern} IS NULL THEN NULL WHEN {value} = {pattern} "
        f"THEN TIMESTAMP '1970-01-01' ELSE {raised} END"
    )


def _reader(regex: str, fields: list[str]) -> Callable[[str, bool], str]:
    names = "[" + ", ".join(f"'{f}'" for f in fields) + "]"

    def part(field: str, default: str) -> str:
        if field not in fields:
            return f"'{default}'"
        return f"_p.{field}" if field in ("y", "f") else f"coalesce(nullif(ltrim(_p.{field}, '0'), ''), '0')"

    month = part("mo", "1")
    if "mon" in fields:
        short = "".join(name[:3] for name in MONTHS).lower()
        month = f"CAST((instr('{short}', lower(left(_p.mon, 3))) + 2) // 3 AS VARCHAR)"
    hour = part("h", "0")
    if "h12" in fields:
        number = f"TRY_CAST({part('h12', '0')} AS INTEGER)"
        hour = (
            f"CASE WHEN {number} BETWEEN 1 AND 12 THEN CAST({number} % 12 + "
            f"CASE WHEN lower(_p.half) = 'pm' THEN 12 ELSE 0 END AS VARCHAR) ELSE '99' END"
        )
    clock = f"lpad({hour}, 2, '0') || ':' || lpad({part('mi', '0')}, 2, '0') || ':' || lpad({part('s', '0')}, 2, '0')"
    fraction = f" || '.' || {part('f', '0')}" if "f" in fields else ""
    hours = " AND ".join(
        f"TRY_CAST({written} AS INTEGER) < {below}"
        for written, below in ((hour, 24), (part("mi", "0"), 60), (part("s", "0"), 60))
    )
    day = f"{part('y', '')} || '-' || {month} || '-' || {part('d', '1')}"

    def read(value: str, safe: bool) -> str:
        def body(v: str) -> str:
            moment = f"TRY_CAST(CASE WHEN {hours} THEN {day} || ' ' || {clock}{fraction} END AS TIMESTAMP)"
            if "zone" in fields:
                moment = _at_offset(moment)
            parts = f"regexp_extract({v}, {text(regex)}, {names})"
            tried = f"CASE WHEN regexp_matches({v}, {text(regex)}) THEN list_transform([{parts}], lambda _p: {moment})[1] END"
            if safe:
                return tried
            raised = fail("CANNOT_PARSE_TIMESTAMP", "The text does not have the pattern")
            return f"list_transform([{tried}], lambda _m: CASE WHEN _m IS NULL AND {v} IS NOT NULL THEN {raised} ELSE _m END)[1]"

        return once([value], lambda names_: body(names_[0]))

    return read


def _at_offset(moment: str) -> str:
    """The moment in UTC of a clock with the offset `_p.zone`, of 18 hours at most."""
    digits = "replace(_p.zone, ':', '')"
    hours, minutes = f"CAST(substr({digits}, 2, 2) AS BIGINT)", f"CAST(substr({digits}, 4, 2) AS BIGINT)"
    length = f"({hours} * 60 + {minutes})"
    way = f"CASE WHEN left(_p.zone, 1) = '-' THEN {length} ELSE -{length} END"
    return (
        f"CASE WHEN _p.zone = 'Z' THEN {moment} WHEN {minutes} < 60 AND {length} <= 1080 "
        f"THEN {moment} + to_minutes({way}) END"
    )
