"""Patterns that can match nothing, as Java finds their matches: one begins wherever it looks.

After a match Java looks on at its end, after an empty one a character further. So the matches of such a
pattern, in order, and the characters between them say everything: each empty match has one character behind
it, but for the last, which stands at the end of the text. RE2 lists the same matches, except inside of a
character that Java counts as two: a text with one fails its row.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from tailrace.sql.errors import NotAnswered
from tailrace.sql.functions.regex_pattern import Regex
from tailrace.sql.typed import fail, once

_TWO = r"'[\x{10000}-\x{10FFFF}]'"
_WIDE = fail(
    "UNSUPPORTED_FEATURE",
    "A pattern that can match nothing is answered for texts without characters beyond U+FFFF alone",
)
_CLASS = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]")
_ASSERTION = re.compile(r"\\[AzZbB]|(?<!\\)[\^$]")
_AGAIN = re.compile(r"\)[*+?{]")


def check(regex: Regex) -> None:
    """Refuses what does not match at every place, and repeated groups, whose empty turns differ."""
    bare = _CLASS.sub("c", regex.pattern.replace("(?s:.)", "c"))
    if regex.has_end or regex.ascii or _ASSERTION.search(bare) or _AGAIN.search(bare):
        raise NotAnswered(
            "a pattern that can match nothing is answered without ^, $, \\b and repeated groups"
        )


def narrow(value: str, body: Callable[[str], str]) -> str:
    """`body` of a text, which fails if a character counts as two in Java."""
    return once(
        [value], lambda v: f"CASE WHEN regexp_matches({v[0]}, {_TWO}) THEN {_WIDE} ELSE {body(v[0])} END"
    )


def _between(value: str, pattern: str) -> str:
    return f"regexp_replace({value}, {pattern}, '', 'g')"


def _folded(value: str, pattern: str, start: str, step: str) -> str:
    """A fold over all matches: `_a.o` is made so far, `_m.m` the match, {c} the character behind it."""
    kind = "VARCHAR[]" if start == "[]" else "VARCHAR"
    first = f"struct_pack(o := CAST({start} AS {kind}), k := 0, m := '')"
    given = f"struct_pack(o := CAST(NULL AS {kind}), k := 0, m := _x)"
    matches = f"list_transform(regexp_extract_all({value}, {pattern}), lambda _x: {given})"
    made = step.replace("{c}", "substr(_r, _a.k + 1, 1)").replace("{wide}", _HALVES)
    turn = f"struct_pack(o := {made}, k := _a.k + CASE WHEN _m.m = '' THEN 1 ELSE 0 END, m := '')"
    fold = f"list_reduce({matches}, lambda _a, _m: {turn}, {first}).o"
    return f"list_transform([{_between(value, pattern)}], lambda _r: {fold})[1]"


_HALVES = "_m.m = '' AND strlen(substr(_r, _a.k + 1, 1)) = 4"
"""Whether Java finds another empty match inside of the character, half of which prints as a question mark."""


def replaced(value: str, pattern: str, by: str) -> str:
    """`regexp_replace` with a text that names no group."""
    behind = f"CASE WHEN {{wide}} THEN '?' || {by} || '?' WHEN _m.m = '' THEN {{c}} ELSE '' END"
    return _folded(value, pattern, "''", f"_a.o || {by} || {behind}")


def parts(v: Sequence[str]) -> str:
    """`split` without a limit: no part before an empty match at the start, an empty one at the end."""
    leading = f"CASE WHEN regexp_extract({v[0]}, {v[1]}) = '' THEN [] ELSE [''] END"
    behind = "CASE WHEN {wide} THEN ['?', '?'] WHEN _m.m = '' THEN [{c}] ELSE [''] END"
    all_ = _folded(v[0], v[1], "[]", f"list_concat(_a.o, {behind})")  # the last is the empty part at the end
    return f"CASE WHEN {v[0]} IS NOT NULL THEN list_concat({leading}, {all_}) END"


def matches(value: str, pattern: str) -> str:
    """`regexp_extract_all` of the whole match."""
    return _folded(value, pattern, "[]", "list_concat(_a.o, CASE WHEN {wide} THEN ['', ''] ELSE [_m.m] END)")


def count(value: str, pattern: str) -> str:
    """How many matches there are."""
    inside = f"len(regexp_extract_all({_between(value, pattern)}, {_TWO}))"
    return f"CAST(len(regexp_extract_all({value}, {pattern})) + {inside} AS INTEGER)"
