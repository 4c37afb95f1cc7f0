"""Regular expressions that are columns: what Java and RE2 read alike is used as it is, the rest raises.

A pattern is read alike if it is made of plain characters, escapes, classes, groups and quantifiers that mean
one thing in both; `.`, `$` and `\\s` only over texts without line ends.
"""

from __future__ import annotations

from collections.abc import Sequence

from tailrace.sql.typed import fail, text

_ESCAPE = r"\\[dDwWsStnrf.\\\-\[\](){}*+?^$|/]"
_CLASS = rf"\[\^?(?:[A-Za-z0-9]-[A-Za-z0-9]|{_ESCAPE}|[^\\\[\]&^-])+-?\]"
_ATOM = rf"(?:[^\\\[\](){{}}*+?^$|]|{_ESCAPE}|{_CLASS}|\))"
_TIMES = r"(?:(?:[*+?]|\{[0-9]{1,2}(?:,(?:[0-9]{1,2})?)?\})\??)?"
_READ_ALIKE = text(rf"(?:{_ATOM}{_TIMES}|\((?:\?:)?|[|^$])*")
_LINES = text(r"[\n\r\x0B\x{85}\x{2028}\x{2029}]")
_PAIRS = text(r"[\x{10000}-\x{10FFFF}]")
"""Characters that Java takes apart where a pattern matches nothing."""
_MINDS_LINES = text(r"[.$]|\\[sS]")
_UNKNOWN = fail(
    "UNSUPPORTED_FEATURE",
    "This pattern, or this text with it, is not answered where the pattern is no literal",
)
_NO_GROUP = fail(
    "INVALID_PARAMETER_VALUE.REGEX_GROUP_INDEX", "The replacement names a group that is not there"
)


_CUT_OFF = text(r"(?s).*[^\\](?:\\\\)*\\|(?:\\\\)*\\")
NO_PATTERN = fail("INVALID_PARAMETER_VALUE.PATTERN", "The text is no pattern")
NO_PATTERN_OF_JAVA = "CASE WHEN CAST('The text is no pattern' AS BOOLEAN) THEN NULL END"


def guarded(v: Sequence[str], uses_match: bool, answer: str, malformed: str = NO_PATTERN) -> str:
    """The answer over a text and a pattern, raised for what Java may read differently."""
    x, p = v[0], v[1]
    empty = f" OR ({p} <> '' AND regexp_full_match('', {p}))" if uses_match else ""
    return (
        f"CASE WHEN {x} IS NULL OR {p} IS NULL THEN NULL WHEN regexp_full_match({p}, {_CUT_OFF}) THEN {malformed} WHEN NOT regexp_full_match({p}, {_READ_ALIKE}) "
        f"OR (regexp_matches({x}, {_LINES}) AND regexp_matches({p}, {_MINDS_LINES})){empty} THEN {_UNKNOWN} "
        f"ELSE {answer} END"
    )


def groups(pattern: str) -> str:
    """How many groups the pattern has."""
    bare = f"regexp_replace(regexp_replace({pattern}, '\\\\.', '', 'g'), '\\[[^\\]]*\\]|\\(\\?:', '', 'g')"
    return f"(length({bare}) - length(replace({bare}, '(', '')))"


def replacement(v: Sequence[str], known: int | None) -> str:
    """What is put in place of a match, `v[2]`, written for RE2."""
    x, p, by = v[:3]
    count = groups(p) if known is None else str(known)
    named = (
        f"list_max(list_transform(regexp_extract_all({by}, '\\$([0-9])', 1), lambda _d: CAST(_d AS INTEGER)))"
    )
    odd = f"contains({by}, '\\') OR regexp_matches({by}, '\\$([^0-9]|\\z|[0-9]{{2}})')"
    return (
        f"CASE WHEN {by} IS NULL THEN NULL WHEN {odd} OR ({p} = '' AND regexp_matches({x}, {_PAIRS})) THEN {_UNKNOWN} "
        f"WHEN coalesce({named}, 0) > {count} AND regexp_matches({x}, {p}) THEN {_NO_GROUP} "
        f"ELSE regexp_replace({by}, '\\$([0-9])', '\\\\\\1', 'g') END"
    )


def limited(v: Sequence[str]) -> str:
    """The parts `v[3]` of a text that was split, at most so many: the last is what is left of it."""
    x, p, count, parts = v
    marks = f"regexp_extract_all({x}, {p})"
    gone = f"list_sum(list_transform(list_concat({parts}[1:{count} - 1], {marks}[1:{count} - 1]), lambda _l: length(_l)))"
    rest = f"substr({x}, CAST(1 + coalesce({gone}, 0) AS BIGINT))"
    cut = f"list_append({parts}[1:{count} - 1], {rest})"
    return (
        f"CASE WHEN {count} IS NULL OR {parts} IS NULL THEN NULL WHEN {count} <= 0 OR len({parts}) <= {count} THEN {parts} "
        f"WHEN {p} = '' THEN {_UNKNOWN} ELSE {cut} END"
    )
