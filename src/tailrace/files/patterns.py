"""Spark's date and time patterns, the part that means the same to `strptime`.

A pattern becomes a regular expression, which decides what fits (Spark is strict about widths), and a
`strptime` format, which reads it. Letters beyond the table are refused by name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tailrace.model.errors import Place, Refused

_MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
_FULL_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"

_LETTERS: dict[str, tuple[str, str]] = {
    "y": (r"\d{4}", "%Y"),
    "yyyy": (r"\d{4}", "%Y"),
    "yy": (r"\d{2}", "%y"),
    "M": (r"\d{1,2}", "%m"),
    "MM": (r"\d{2}", "%m"),
    "MMM": (f"(?i:{_MONTHS})", "%b"),
    "MMMM": (f"(?i:{_FULL_MONTHS})", "%B"),
    "d": (r"\d{1,2}", "%d"),
    "dd": (r"\d{2}", "%d"),
    "H": (r"\d{1,2}", "%H"),
    "HH": (r"\d{2}", "%H"),
    "h": (r"\d{1,2}", "%I"),
    "hh": (r"\d{2}", "%I"),
    "m": (r"\d{1,2}", "%M"),
    "mm": (r"\d{2}", "%M"),
    "s": (r"\d{1,2}", "%S"),
    "ss": (r"\d{2}", "%S"),
    "S": (r"\d", "%f"),
    "SSS": (r"\d{1,3}", "%f"),
    "SSSSSS": (r"\d{1,6}", "%f"),
    "a": ("(?i:AM|PM)", "%p"),
    "XXX": (r"(?:Z|[+-]\d{2}:\d{2})", "%z"),
}


@dataclass(frozen=True)
class Pattern:
    """`regex` must match the whole text before `format` reads it."""

    regex: str
    format: str
    has_zone: bool
    short_year: bool
    """Two digits, which are of 2000 to 2099 to Spark."""


def parse_pattern(pattern: str, place: Place | None = None) -> Pattern:
    """Translate a pattern such as `MM/dd/yyyy HH:mm:ss`; raises Refused for what is not in the table."""
    regex, form = [], []
    found: set[str] = set()
    position = 0
    while position < len(pattern):
        char = pattern[position]
        if char == "'":
            text, position = _quoted(pattern, position, place)
        elif char.isascii() and char.isalpha():
            run = re.match(f"{char}+", pattern[position:])
            assert run is not None
            letters = run.group()
            if letters not in _LETTERS:
                raise Refused(
                    f"The pattern {pattern!r} has {letters!r}, which is not read.",
                    place=place,
                    hint=f"read: {', '.join(_LETTERS)}; or read a STRING and convert it in the query",
                )
            regex.append(_LETTERS[letters][0])
            form.append(_LETTERS[letters][1])
            found.add(letters)
            position += len(letters)
            continue
        elif char in "[]#{}":
            raise Refused(f"The pattern {pattern!r} has {char!r}, which is not read.", place=place)
        else:
            text, position = char, position + 1
        regex.append(re.escape(text))
        form.append(text.replace("%", "%%"))
    if found & {"h", "hh"} and "a" not in found:
        raise Refused(f"The pattern {pattern!r} has an hour of the half day without `a`.", place=place)
    if "XXX" in found and not pattern.endswith("XXX"):
        raise Refused(f"The pattern {pattern!r} has a zone that is not at its end.", place=place)
    return Pattern("".join(regex), "".join(form), "XXX" in found, "yy" in found)


def _quoted(pattern: str, start: int, place: Place | None) -> tuple[str, int]:
    """Quoted text that begins at `start`, and where it ends; two quotes are one."""
    if pattern.startswith("''", start):
        return "'", start + 2
    end = pattern.find("'", start + 1)
    if end < 0:
        raise Refused(f"The pattern {pattern!r} has a quote without an end.", place=place)
    return pattern[start + 1 : end], end + 1
