"""Spark's patterns of dates and times (`yyyy-MM-dd HH:mm:ss`), for writing and reading.

Only letters and widths that mean one thing are answered; any other pattern is refused with its letter.
Reading judges the text by a regular expression made of the pattern, so that a text which does not fit
costs no exception; the values of its fields are judged by DuckDB's date and time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from itertools import groupby

from tailrace.sql.errors import NotAnswered
from tailrace.sql.typed import fail, once, text

_TOKEN = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|([^A-Za-z'])", re.DOTALL)

_WRITTEN: dict[str, str] = {
    "yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S", "hh": "%I", "a": "%p",
    "d": "%-d", "M": "%-m", "H": "%-H", "h": "%-I", "m": "%-M", "s": "%-S", "MMM": "%b", "MMMM": "%B",
    "E": "%a", "EE": "%a", "EEE": "%a", "EEEE": "%A", "SSS": "%g", "SSSSSS": "%f", "yy": "%y", "DDD": "%j",
    "D": "%-j", "LL": "%m", "L": "%-m", "LLL": "%b", "LLLL": "%B", "y": "%Y",
}  # fmt: skip
"""Pattern letters as DuckDB's strftime writes them; the zone is the session's, which is UTC."""

_OF_UTC: dict[str, str] = {
    "VV": "UTC", "z": "UTC", "zz": "UTC", "zzz": "UTC", "zzzz": "Coordinated Universal Time", "O": "GMT",
    "OOOO": "GMT", "X": "Z", "XX": "Z", "XXX": "Z", "XXXX": "Z", "XXXXX": "Z", "x": "+00", "xx": "+0000",
    "xxx": "+00:00", "xxxx": "+0000", "xxxxx": "+00:00", "Z": "+0000", "ZZ": "+0000", "ZZZ": "+0000",
    "ZZZZ": "GMT", "ZZZZZ": "Z",
}  # fmt: skip
"""Pattern letters of zones: the session's is UTC."""
_QUARTER = "CAST(quarter({v}) AS VARCHAR)"
_ORDINAL = "CASE quarter({v}) WHEN 1 THEN '1st' WHEN 2 THEN '2nd' WHEN 3 THEN '3rd' ELSE '4th' END"
_COMPUTED: dict[str, str] = {
    "Q": _QUARTER,
    "QQ": f"'0' || {_QUARTER}",
    "QQQ": f"'Q' || {_QUARTER}",
    "QQQQ": f"{_ORDINAL} || ' quarter'",
    "G": "CASE WHEN year({v}) > 0 THEN 'AD' ELSE 'BC' END",
    "GGGG": "CASE WHEN year({v}) > 0 THEN 'Anno Domini' ELSE 'Before Christ' END",
    "F": "CAST((day({v}) - 1) % 7 + 1 AS VARCHAR)",
    "DD": "lpad(CAST(dayofyear({v}) AS VARCHAR), greatest(2, length(CAST(dayofyear({v}) AS VARCHAR)))::INTEGER, '0')",
    "k": "CAST((hour({v}) + 23) % 24 + 1 AS VARCHAR)",
    "kk": "lpad(CAST((hour({v}) + 23) % 24 + 1 AS VARCHAR), 2, '0')",
    "K": "CAST(hour({v}) % 12 AS VARCHAR)",
    "KK": "lpad(CAST(hour({v}) % 12 AS VARCHAR), 2, '0')",
}
_COMPUTED |= {letters.replace("Q", "q"): sql for letters, sql in _COMPUTED.items() if "Q" in letters}
_COMPUTED |= {"GG": _COMPUTED["G"], "GGG": _COMPUTED["G"]}
_COMPUTED |= {
    "S" * digits: f"substr(strftime({{v}}, '%f') || '000', 1, {digits})"
    for digits in range(1, 10)
    if digits not in (3, 6)
}
"""Pattern letters by an expression over the TIMESTAMP `{v}`."""


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
    """DuckDB SQL that writes a TIMESTAMP without zone (a short text) by the pattern."""
    tokens = _tokens(pattern)
    if {("y", True), ("yyyy", True)} <= set(tokens):
        raise NotAnswered(f"two years in the pattern {pattern!r} are not answered")
    pieces: list[Callable[[str], str]] = []
    for computed, run in groupby(tokens, lambda token: token[1] and token[0] in _COMPUTED):
        if computed:
            pieces += [partial(_computed, word) for word, _ in run]
        else:
            pieces.append(_by_strftime(pattern, list(run)))
    if len(pieces) == 1:
        return pieces[0]
    return lambda value: (
        " || ".join(f"({piece(value)})" for piece in pieces) or _by_strftime(pattern, [])(value)
    )


def _computed(letters: str, value: str) -> str:
    return f"CASE WHEN {value} IS NOT NULL THEN {_COMPUTED[letters].format(v=value)} END"


def _by_strftime(pattern: str, tokens: Sequence[tuple[str, bool]]) -> Callable[[str], str]:
    """Parts of a pattern that DuckDB writes in one call."""
    parts = []
    for word, is_letters in tokens:
        written = (_WRITTEN.get(word) or _OF_UTC.get(word)) if is_letters else word.replace("%", "%%")
        if written is None:
            raise NotAnswered(f"{word!r} in the pattern {pattern!r} is not answered")
        parts.append(written)
    written_all = "".join(parts)
    if not written_all:
        return lambda value: f"CASE WHEN {value} IS NOT NULL THEN '' END"
    if "%Y" not in written_all:
        return lambda value: f"strftime({value}, {text(written_all)})"
    if ("y", True) in tokens:
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
    "yy": ("yy", "[0-9]{2}"),
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
    "SS": ("f", "[0-9]{1,2}"),
    "SSS": ("f", "[0-9]{1,3}"),
    "SSSS": ("f", "[0-9]{1,4}"),
    "SSSSS": ("f", "[0-9]{1,5}"),
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
    if ("y" in fields) == ("yy" in fields):
        raise NotAnswered(f"the pattern {pattern!r} has no year, or two")
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
    year = "'20' || _p.yy" if "yy" in fields else "_p.y"
    day = f"{year} || '-' || {month} || '-' || {part('d', '1')}"

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
