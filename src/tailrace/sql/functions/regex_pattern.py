"""Java's regular expressions written for RE2, as far as the two mean the same.

`translate` reads a literal pattern, or raises NotAnswered: lookaround, back references, possessive
quantifiers and nested classes are not answered. Where the two differ quietly it writes what Java means: `.`
and `\\s` stop at Java's line ends and blanks, `(?i)` is ASCII only, `$` also matches before a last line end,
and `\\b` is only answered for texts of ASCII.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tailrace.sql.errors import NotAnswered

_LINE_ENDS = r"\n\r\x{85}\x{2028}\x{2029}"
_BLANKS = r"\t\n\x0B\f\r "
_PLAIN_ESCAPES = frozenset(r".\\-[](){}*+?^$|/'\"#&@!%:;,<>=~`_ ".replace("_", ""))
LINE_END = rf"(?:\r\n|[{_LINE_ENDS}])"
_POSIX = {
    "Alpha": "A-Za-z", "Digit": "0-9", "Alnum": "A-Za-z0-9", "Upper": "A-Z", "Lower": "a-z", "XDigit": "0-9A-Fa-f",
    "Punct": r"!-/:-@\[-`{-~", "Space": _BLANKS, "Blank": r" \t", "ASCII": r"\x00-\x7F",
}  # fmt: skip
_COUNT_MAX = 1000
_WORD = r"(?:[A-Za-z0-9_]|\[[a-z][A-Z]\])+"
_WORDS = re.compile(rf"(\\b)?({_WORD}|\((?:\?:)?{_WORD}(?:\|{_WORD})*\))(\\b)?")
_BESIDE = (r"(?:\A|[^_\pL\pN\pM])", r"(?:\z|[^_\pL\pN\pM])")


@dataclass(frozen=True)
class Regex:
    """A pattern for RE2, how many groups it has, whether it can match nothing, whether it uses `$`."""

    pattern: str
    groups: int
    nullable: bool
    has_end: bool
    before_end: str | None = None
    """The pattern before its `$`, if that is its only one and ends all of it."""
    at_start: bool = False
    """Whether it can match at the start of a text only."""
    ascii: bool = False
    """Whether it means the same only in texts of ASCII."""

    def as_words(self) -> str | None:
        """A pattern of words between boundaries as one that finds the same texts, those beyond ASCII too."""
        found = _WORDS.fullmatch(self.pattern)
        if found is None:
            return None
        before, after = (side if mark else "" for mark, side in zip(found.group(1, 3), _BESIDE, strict=True))
        return f"{before}{found[2]}{after}"


class _Reader:
    def __init__(self, pattern: str) -> None:
        self.pattern, self.at, self.groups = pattern, 0, 0
        self.ignore_case = self.has_end = self.every_char = self.ascii = self.branches = False
        self.ends = self.depth = 0
        self.out: list[str] = []

    def refuse(self, what: str) -> NotAnswered:
        return NotAnswered(f"the pattern {self.pattern!r} is not answered: {what}")

    def read(self) -> str:
        flags = re.match(r"\(\?([is]+)\)", self.pattern)
        if flags:
            self.ignore_case, self.every_char, self.at = "i" in flags[1], "s" in flags[1], flags.end()
        while self.at < len(self.pattern):
            self._one(self.pattern[self.at])
        return "".join(self.out)

    def _one(self, char: str) -> None:
        if char == "\\":
            self.out.append(self._escape(in_class=False))
        elif char == "[":
            self.out.append(self._class())
        elif char == "(":
            self._group()
        elif char in "*+?{":
            self._quantifier(char)
        elif char == ".":
            self._put("(?s:.)" if self.every_char else f"[^{_LINE_ENDS}]")
        elif char == "$":
            if self.at + 1 < len(self.pattern) and self.pattern[self.at + 1] not in ")|":
                raise self.refuse("$ inside")
            self.has_end = True
            self.ends += 1
            self._put(rf"{LINE_END}?\z")
        elif self.ignore_case and char.isalpha():
            if not char.isascii():
                raise self.refuse("(?i) with a letter that is not ASCII")
            self._put(f"[{char.lower()}{char.upper()}]")
        else:
            self.depth -= char == ")"
            self.branches = self.branches or (char == "|" and self.depth == 0)
            self._put(char)

    def _put(self, written: str) -> None:
        self.out.append(written)
        self.at += 1

    def _group(self) -> None:
        self.depth += 1
        rest = self.pattern[self.at :]
        if rest.startswith("(?:"):
            self.out.append("(?:")
            self.at += 3
        elif rest.startswith("(?"):
            raise self.refuse("a group with (?")
        else:
            self.groups += 1
            self._put("(")

    def _quantifier(self, char: str) -> None:
        found = re.match(r"[*+?]|\{\d+(?:,\d*)?\}", self.pattern[self.at :])
        if found is None:
            raise self.refuse("a brace that is no quantifier")
        if any(int(n) > _COUNT_MAX for n in re.findall(r"\d+", found[0])):
            raise self.refuse("a count over 1000")
        self.out.append(found[0])
        self.at += len(found[0])
        if self.pattern[self.at : self.at + 1] == "+":
            raise self.refuse("a possessive quantifier")
        if self.pattern[self.at : self.at + 1] == "?":
            self._put("?")

    def _escape(self, in_class: bool) -> str:
        following = self.pattern[self.at + 1 : self.at + 2]
        self.at += 2
        if following in _PLAIN_ESCAPES and following:
            return "\\" + following if following not in "'\"#&@!%:;,<>=~`/ " else re.escape(following)
        if following and following in "dDwWtnrfAz" and not (in_class and following in "Az"):
            return "\\" + following
        if following == "s":
            return _BLANKS if in_class else f"[{_BLANKS}]"
        if following == "S" and not in_class:
            return f"[^{_BLANKS}]"
        if following in ("b", "B") and not in_class:
            self.ascii = True
            return "\\" + following
        if following == "u" and re.fullmatch("[0-9A-Fa-f]{4}", self.pattern[self.at : self.at + 4]):
            self.at += 4
            return rf"\x{{{self.pattern[self.at - 4 : self.at]}}}"
        if following == "x" and re.fullmatch("[0-9A-Fa-f]{2}", self.pattern[self.at : self.at + 2]):
            self.at += 2
            return rf"\x{{{self.pattern[self.at - 2 : self.at]}}}"
        if following == "p" and (found := re.match(r"\{(?:L|Lu|Ll|N|Nd|P)\}", self.pattern[self.at :])):
            self.at += len(found[0])
            return rf"\p{found[0]}"
        named = re.match(r"\{(\w+)\}", self.pattern[self.at :]) if following in ("p", "P") else None
        if named and named[1] in _POSIX and not (in_class and following == "P"):
            self.at += len(named[0])
            inner = _POSIX[named[1]]
            return inner if in_class else f"[{'^' if following == 'P' else ''}{inner}]"
        raise self.refuse(f"\\{following}")

    def _class(self) -> str:
        self.at += 1
        out = ["["]
        if self.pattern[self.at : self.at + 1] == "^":
            out.append("^")
            self.at += 1
        first = True
        while True:
            char = self.pattern[self.at : self.at + 1]
            if not char:
                raise self.refuse("a class without an end")
            if char == "]" and not first:
                self.at += 1
                return "".join(out) + "]"
            if char in "[]" or self.pattern.startswith("&&", self.at):
                raise self.refuse("a class within a class")
            first = False
            out.append(self._member(char))

    def _member(self, char: str) -> str:
        span = re.match(r"([^\\\[\]])-([^\\\[\]])", self.pattern[self.at :])
        if span:
            self.at += 3
            low, high = span[1], span[2]
            if low > high:
                raise self.refuse("a range that is turned around")
            if not self.ignore_case:
                return f"{re.escape(low)}-{re.escape(high)}"
            if (
                low.isascii()
                and high.isascii()
                and low.isalpha()
                and high.isalpha()
                and low.islower() == high.islower()
            ):
                return f"{low.lower()}-{high.lower()}{low.upper()}-{high.upper()}"
            if low.isdigit() and high.isdigit() and low.isascii() and high.isascii():
                return f"{low}-{high}"
            raise self.refuse("(?i) with a mixed range")
        if char == "\\":
            return self._escape(in_class=True)
        self.at += 1
        if self.ignore_case and char.isalpha():
            if not char.isascii():
                raise self.refuse("(?i) with a letter that is not ASCII")
            return char.lower() + char.upper()
        return re.escape(char)


def translate(pattern: str) -> Regex:
    """The pattern for RE2. Raises NotAnswered where Java may mean another thing."""
    reader = _Reader(pattern)
    written = reader.read()
    simple = re.sub(r"\\[pP]\{\w+\}", r"\\w", re.sub(r"^\(\?[is]+\)", "", pattern))
    simple = simple.replace(r"\z", r"\Z")
    try:
        nullable = re.search(simple, "") is not None
    except re.error:
        raise reader.refuse("it is no pattern") from None
    end = rf"{LINE_END}?\z"
    last = reader.ends == 1 and not reader.branches and written.endswith(end)
    return Regex(
        written,
        reader.groups,
        nullable,
        reader.has_end,
        written.removesuffix(end) if last else None,
        not reader.branches and simple.startswith("^"),
        reader.ascii,
    )


def is_plain(pattern: str) -> bool:
    """Whether the pattern stands for itself."""
    return not re.search(r"[\\\[\](){}*+?^$|.]", pattern)


def replacement(written: str, groups: int) -> str:
    """What Java puts in place of a match, written for RE2."""
    out, at = [], 0
    while at < len(written):
        char = written[at]
        if char == "$":
            found = re.match(r"\$([0-9])", written[at:])
            if found is None or int(found[1]) > groups or re.match(r"\$[0-9]{2}", written[at:]):
                raise NotAnswered(f"the replacement {written!r} is not answered")
            out.append("\\" + found[1])
            at += 2
            continue
        if char == "\\":
            at += 1
            if at == len(written):
                raise NotAnswered(f"the replacement {written!r} is not answered")
            char = written[at]
        out.append("\\\\" if char == "\\" else char)
        at += 1
    return "".join(out)
