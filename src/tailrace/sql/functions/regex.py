"""Regular expressions: Java's, as far as RE2 means the same by them.

`translate` reads a literal pattern of Java and writes it for RE2, or raises NotAnswered: lookaround,
back references, possessive quantifiers, `\\b`, nested classes and POSIX names are not answered. Where the
two differ quietly it writes what Java means: `.` and `\\s` stop at Java's line ends and blanks, `(?i)` is
ASCII only, `$` also matches before a last line end (so it is only answered where nothing is replaced).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tailrace.model import types as t
from tailrace.sql.errors import NotAnswered
from tailrace.sql.functions.table import Arg, Function, Lower, Resolved, coerce_args, literal, scalar
from tailrace.sql.typed import fail, once, text

_LINE_ENDS = r"\n\r\x{85}\x{2028}\x{2029}"
_BLANKS = r"\t\n\x0B\f\r "
_PLAIN_ESCAPES = frozenset(r".\\-[](){}*+?^$|/'\"#&@!%:;,<>=~`_ ".replace("_", ""))
_GROUPS_MAX = 9
_COUNT_MAX = 1000


@dataclass(frozen=True)
class Regex:
    """A pattern for RE2, how many groups it has, whether it can match nothing, whether it uses `$`."""

    pattern: str
    groups: int
    nullable: bool
    has_end: bool


class _Reader:
    def __init__(self, pattern: str) -> None:
        self.pattern, self.at, self.groups = pattern, 0, 0
        self.ignore_case = self.has_end = False
        self.out: list[str] = []

    def refuse(self, what: str) -> NotAnswered:
        return NotAnswered(f"the pattern {self.pattern!r} is not answered: {what}")

    def read(self) -> str:
        if self.pattern.startswith("(?i)"):
            self.ignore_case, self.at = True, 4
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
            self._put(f"[^{_LINE_ENDS}]")
        elif char == "$":
            if self.at + 1 < len(self.pattern) and self.pattern[self.at + 1] not in ")|":
                raise self.refuse("$ inside")
            self.has_end = True
            self._put(rf"(?:\r\n|[{_LINE_ENDS}])?\z")
        elif self.ignore_case and char.isalpha():
            if not char.isascii():
                raise self.refuse("(?i) with a letter that is not ASCII")
            self._put(f"[{char.lower()}{char.upper()}]")
        else:
            self._put(char)

    def _put(self, written: str) -> None:
        self.out.append(written)
        self.at += 1

    def _group(self) -> None:
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
        if following == "u" and re.fullmatch("[0-9A-Fa-f]{4}", self.pattern[self.at : self.at + 4]):
            self.at += 4
            return rf"\x{{{self.pattern[self.at - 4 : self.at]}}}"
        if following == "x" and re.fullmatch("[0-9A-Fa-f]{2}", self.pattern[self.at : self.at + 2]):
            self.at += 2
            return rf"\x{{{self.pattern[self.at - 2 : self.at]}}}"
        if following == "p" and (found := re.match(r"\{(?:L|Lu|Ll|N|Nd|P)\}", self.pattern[self.at :])):
            self.at += len(found[0])
            return rf"\p{found[0]}"
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
    try:
        nullable = re.search(pattern.removeprefix("(?i)"), "") is not None
    except re.error:
        try:
            nullable = re.search(re.sub(r"\\p\{\w+\}", r"\\w", pattern), "") is not None
        except re.error:
            raise reader.refuse("it is no pattern") from None
    return Regex(written, reader.groups, nullable, reader.has_end)


def is_plain(pattern: str) -> bool:
    """Whether the pattern stands for itself."""
    return not re.search(r"[\\\[\](){}*+?^$|.]", pattern)


def _replacement(written: str, groups: int) -> str:
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


_LITERAL = literal(t.STRING)


def _given(args: Sequence[Arg], index: int, default: int) -> int:
    if index >= len(args):
        return default
    value = args[index].value
    if not isinstance(value, int):
        raise NotAnswered(f"argument {index + 1} must be a literal number")
    return value


def _pattern(args: Sequence[Arg], consuming: bool = False, may_be_empty: bool = True) -> Regex:
    if not isinstance(args[1].value, str):
        raise NotAnswered("argument 2, the pattern, must be a literal")
    regex = translate(args[1].value)
    if consuming and regex.has_end:
        raise NotAnswered("$ is not answered where its match is used")
    if not may_be_empty and regex.nullable:
        raise NotAnswered("a pattern that can match nothing is not answered here")
    return regex


def _resolve_rlike(args: Sequence[Arg]) -> Resolved:
    resolved = scalar("rlike", [t.STRING, t.STRING], t.BOOLEAN, "").resolve(args)
    regex = _pattern(args)
    return _with(resolved, lambda v: f"regexp_matches({v[0]}, {text(regex.pattern)})")


def _resolve_extract(args: Sequence[Arg]) -> Resolved:
    resolved = scalar("regexp_extract", [t.STRING, t.STRING, t.INT], t.STRING, "", min_args=2).resolve(args)
    group = _given(args, 2, 1)
    regex = _pattern(args, consuming=group == 0)
    written = text(regex.pattern)
    if not 0 <= group <= _GROUPS_MAX:
        raise NotAnswered("a group beyond 9 is not answered")
    if group > regex.groups:
        raised = fail("INVALID_PARAMETER_VALUE.REGEX_GROUP_INDEX", f"The pattern has no group {group}")
        return _with(
            resolved,
            lambda v: once(
                [v[0]],
                lambda n: (
                    f"CASE WHEN {n[0]} IS NULL THEN NULL WHEN regexp_matches({n[0]}, {written}) THEN {raised} ELSE '' END"
                ),
            ),
            fallible=True,
        )
    return _with(resolved, lambda v: f"regexp_extract({v[0]}, {written}, {group})")


def _resolve_extract_all(args: Sequence[Arg]) -> Resolved:
    resolved = scalar(
        "regexp_extract_all", [t.STRING, t.STRING, t.INT], t.ArrayType(t.STRING), "", min_args=2
    ).resolve(args)
    group = _given(args, 2, 1)
    regex = _pattern(args, consuming=True, may_be_empty=False)
    if not 0 <= group <= min(regex.groups, _GROUPS_MAX):
        raise NotAnswered("a group that the pattern has not is not answered")
    return _with(resolved, lambda v: f"regexp_extract_all({v[0]}, {text(regex.pattern)}, {group})")


def _resolve_replace(args: Sequence[Arg]) -> Resolved:
    resolved = scalar(
        "regexp_replace", [t.STRING, t.STRING, t.STRING, t.INT], t.STRING, "", min_args=3
    ).resolve(args)
    if _given(args, 3, 1) != 1:
        raise NotAnswered("a position other than 1 is not answered")
    regex = _pattern(args, consuming=True, may_be_empty=False)
    if not isinstance(args[2].value, str):
        raise NotAnswered("argument 3, the replacement, must be a literal")
    replacement = text(_replacement(args[2].value, regex.groups))
    return _with(resolved, lambda v: f"regexp_replace({v[0]}, {text(regex.pattern)}, {replacement}, 'g')")


def _resolve_count(args: Sequence[Arg]) -> Resolved:
    resolved = scalar("regexp_count", [t.STRING, t.STRING], t.INT, "").resolve(args)
    regex = _pattern(args, consuming=True, may_be_empty=False)
    return _with(
        resolved, lambda v: f"CAST(len(regexp_extract_all({v[0]}, {text(regex.pattern)})) AS INTEGER)"
    )


def _resolve_substr(args: Sequence[Arg]) -> Resolved:
    resolved = scalar("regexp_substr", [t.STRING, t.STRING], t.STRING, "", null="always").resolve(args)
    regex = _pattern(args, consuming=True, may_be_empty=False)
    return _with(resolved, lambda v: f"nullif(regexp_extract({v[0]}, {text(regex.pattern)}, 0), '')")


def _resolve_split(args: Sequence[Arg]) -> Resolved:
    """`split(text, pattern[, limit])`: as Java splits, empty parts at the end kept."""
    coerce_args([t.STRING, t.STRING, t.INT][: len(args)], args)
    resolved = scalar(
        "split", [t.STRING, t.STRING, t.INT], t.ArrayType(t.STRING, False), "", min_args=2
    ).resolve(args)
    limit = _given(args, 2, -1)
    pattern = args[1].value
    if not isinstance(pattern, str):
        raise NotAnswered("argument 2, the pattern, must be a literal")
    plain = re.sub(r"^\\([^A-Za-z0-9])$", r"\1", pattern)
    plain = re.sub(r"^\[([^A-Za-z0-9\\^\[\]])\]$", r"\1", plain)
    if is_plain(plain) or plain != pattern:
        return _with(resolved, lambda v: _limited(v[0], plain, limit))
    regex = _pattern(args, consuming=True, may_be_empty=False)
    if limit > 0:
        raise NotAnswered("a limit with a pattern is not answered")
    return _with(resolved, lambda v: f"string_split_regex({v[0]}, {text(regex.pattern)})")


def _limited(value: str, separator: str, limit: int) -> str:
    parts = f"string_split({value}, {text(separator)})"
    if limit <= 0:
        return parts
    if separator == "":
        raise NotAnswered("a limit with an empty pattern is not answered")

    def body(names: Sequence[str]) -> str:
        p = names[0]
        rest = f"array_to_string(({p})[{limit}:], {text(separator)})"
        return f"CASE WHEN {p} IS NULL OR len({p}) <= {limit} THEN {p} ELSE list_append(({p})[1:{limit - 1}], {rest}) END"

    return once([parts], body)


def _with(resolved: Resolved, lower: Lower, fallible: bool = False) -> Resolved:
    return replace(resolved, lower=lower, fallible=fallible)


FUNCTIONS: tuple[Function, ...] = (
    Function(
        ("rlike", "regexp", "regexp_like"), "scalar", _resolve_rlike, lambda _, a: f"RLIKE({', '.join(a)})"
    ),
    Function(("regexp_extract",), "scalar", _resolve_extract),
    Function(("regexp_extract_all",), "scalar", _resolve_extract_all),
    Function(("regexp_replace",), "scalar", _resolve_replace),
    Function(("regexp_count",), "scalar", _resolve_count),
    Function(("regexp_substr",), "scalar", _resolve_substr),
    Function(
        ("split",),
        "scalar",
        _resolve_split,
        lambda _, a: f"split({a[0]}, {a[1]}, {a[2] if len(a) > 2 else -1})",
    ),
)
