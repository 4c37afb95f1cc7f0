"""Functions of regular expressions, over Java's patterns as `regex_pattern` and `regex_columns` know them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from tailrace.model import types as t
from tailrace.sql.duck_types import duck
from tailrace.sql.errors import Mismatch, NotAnswered
from tailrace.sql.functions import regex_columns as columns
from tailrace.sql.functions import regex_empty
from tailrace.sql.functions.options import Option, whole, with_options
from tailrace.sql.functions.regex_pattern import LINE_END, Regex, is_plain, replacement, translate
from tailrace.sql.functions.table import Arg, Function, Resolved, scalar
from tailrace.sql.typed import fail, once, text

_GROUPS_MAX = 9
_NO_GROUP = fail("INVALID_PARAMETER_VALUE.REGEX_GROUP_INDEX", "The pattern has no such group")
_NOT_ASCII = fail(
    "UNSUPPORTED_FEATURE", "A pattern with a word boundary is answered for texts of ASCII alone"
)
_PATTERN = Option(1)
_GROUP = Option(2, tuple(range(_GROUPS_MAX + 1)), otherwise=lambda _: _NO_GROUP, kind=t.INT)
Body = Callable[[Sequence[str], Regex | None], str]
"""A call's text over its arguments; the pattern is the second, translated if it is constant."""


def _answer(
    args: Sequence[Arg],
    resolved: Resolved,
    body: Body,
    uses_match: bool,
    fails: bool = False,
    malformed: str = columns.NO_PATTERN,
) -> Resolved:
    """The call with what its pattern asks for around it. `uses_match`: whether it matters what matched."""
    pattern = args[1].value
    if pattern is None:
        return replace(resolved, lower=lambda _: f"CAST(NULL AS {duck(resolved.result)})", nullable=True)
    if not isinstance(pattern, str):

        def by_row(v: Sequence[str]) -> str:
            return once(v, lambda n: columns.guarded(n, uses_match, body(n, None), malformed))

        return replace(resolved, lower=by_row, fallible=True)
    regex = translate(pattern)

    def lower(v: Sequence[str]) -> str:
        given = [v[0], text(regex.pattern), *v[2:]]
        if not regex.ascii:
            return body(given, regex)
        return once(
            given,
            lambda n: (
                f"CASE WHEN strlen({n[0]}) <> length({n[0]}) THEN {_NOT_ASCII} ELSE {body(n, regex)} END"
            ),
        )

    return replace(resolved, lower=lower, fallible=fails or regex.ascii)


def _constant(args: Sequence[Arg]) -> Regex | None:
    return translate(args[1].value) if isinstance(args[1].value, str) else None


def _empty_too(regex: Regex | None) -> bool:
    """Whether it can match nothing, which is counted as Java counts it."""
    if regex is None or not regex.nullable:
        return False
    regex_empty.check(regex)
    return True


def _whole_match(regex: Regex | None, pattern: str, group: int) -> tuple[str, int]:
    """The pattern and the group that give a match without the line end behind it."""
    if regex is None or not regex.has_end or group > 0:
        return pattern, group
    if regex.before_end is None:
        raise NotAnswered("$ is not answered here where its match is used")
    return text(rf"({regex.before_end}){LINE_END}?\z"), 1


def _resolve_rlike(args: Sequence[Arg]) -> Resolved:
    resolved = scalar("rlike", [t.STRING, t.STRING], t.BOOLEAN, "").resolve(args)
    known = _constant(args)
    words = known.as_words() if known is not None and known.ascii else None
    if known is not None and words is not None:  # over any text, with a neighbour in place of each boundary
        return replace(
            resolved,
            lower=lambda v: once(
                v[:1],
                lambda n: (
                    f"CASE WHEN strlen({n[0]}) = length({n[0]}) THEN regexp_matches({n[0]}, {text(known.pattern)}) "
                    f"ELSE regexp_matches({n[0]}, {text(words)}) END"
                ),
            ),
        )
    return _answer(args, resolved, lambda v, _: f"regexp_matches({v[0]}, {v[1]})", False)


def _given_group(args: Sequence[Arg]) -> int:
    if len(args) < 3:
        return 1
    if not isinstance(args[2].value, int):
        raise NotAnswered("argument 3 must be a number")
    return args[2].value


def _is_beyond(group: int, known: Regex | None) -> bool:
    """Whether the pattern cannot have the group; only a column's own groups are counted row by row."""
    if known is not None and group > _GROUPS_MAX and group <= known.groups:
        raise NotAnswered("a group beyond 9 is not answered")
    return not 0 <= group <= _GROUPS_MAX or (known is not None and group > known.groups)


def _of_group(name: str, group: int, beyond: bool, nothing: str) -> Body:
    """What `name` gives of a group; a match without that group fails, no match is `nothing`."""

    def body(v: Sequence[str], regex: Regex | None) -> str:
        matches = f"regexp_matches({v[0]}, {v[1]})"
        missing = f"CASE WHEN {v[0]} IS NULL THEN NULL WHEN {matches} THEN {_NO_GROUP} ELSE {nothing} END"
        if beyond:
            return missing
        pattern, number = _whole_match(regex, v[1], group)
        found = f"{name}({v[0]}, {pattern}, {number})"
        if regex is None and group > 0:
            return f"CASE WHEN {columns.groups(v[1])} < {group} THEN {missing} ELSE {found} END"
        return found

    return (lambda v, regex: once(v[:2], lambda n: body(n, regex))) if beyond else body


def _resolve_extract(args: Sequence[Arg]) -> Resolved:
    resolved = scalar("regexp_extract", [t.STRING, t.STRING, t.INT], t.STRING, "", min_args=2).resolve(args)
    if len(args) == 3 and args[2].value is None:
        return replace(resolved, lower=lambda _: "CAST(NULL AS VARCHAR)", nullable=True)
    group = _given_group(args)
    beyond = _is_beyond(group, _constant(args))
    body = _of_group("regexp_extract", group, beyond, "''")
    return _answer(args, resolved, body, group == 0, fails=beyond)


def _resolve_extract_all(args: Sequence[Arg]) -> Resolved:
    kind = t.ArrayType(t.STRING)
    resolved = scalar("regexp_extract_all", [t.STRING, t.STRING, t.INT], kind, "", min_args=2).resolve(args)
    group, known = _given_group(args), _constant(args)
    empty, beyond = _empty_too(known), _is_beyond(group, known)
    body = _of_group("regexp_extract_all", group, beyond, "[]")
    if not empty or beyond:
        return _answer(args, resolved, body, True, fails=beyond)

    def every(v: Sequence[str], regex: Regex | None) -> str:
        if group == 0:
            return once(v[:1], lambda n: regex_empty.matches(n[0], v[1]))
        found = regex_empty.narrow(v[0], lambda x: body([x, *v[1:]], regex))
        return f"list_transform({found}, lambda _g: coalesce(_g, ''))"

    return _answer(args, resolved, every, True, fails=True)


def _resolve_replace(args: Sequence[Arg]) -> Resolved:
    params = [t.STRING, t.STRING, t.STRING, t.INT]
    resolved = scalar("regexp_replace", params, t.STRING, "", min_args=3).resolve(args)
    place = args[3].value if len(args) > 3 else 1
    if not isinstance(place, int) or place < 1:
        raise Mismatch("[DATATYPE_MISMATCH.VALUE_OUT_OF_RANGE] the position must be a constant from 1")
    known, by = _constant(args), args[2].value
    if by is None:
        return replace(resolved, lower=lambda _: "CAST(NULL AS VARCHAR)", nullable=True)
    empty = known is not None and not (known.at_start or by == "") and _empty_too(known)
    if known is not None and known.has_end and (known.before_end is None or known.groups >= _GROUPS_MAX):
        raise NotAnswered("$ is not answered here where its match is used")
    written = replacement(by, known.groups) if isinstance(by, str) and known is not None else None
    if empty and (written is None or re.search(r"\\[0-9]", written)):
        raise NotAnswered("a pattern that can match nothing is answered with a literal text without groups")

    def every(v: Sequence[str], _: Regex | None) -> str:
        made = f"regexp_replace('', '', {text(written or '')})"

        def change(x: str) -> str:
            changed = _from(place, x, lambda y: regex_empty.replaced(y, v[1], made))
            return changed if place == 1 else f"CASE WHEN length({x}) < {place} THEN {x} ELSE {changed} END"

        return once(v[:1], lambda n: change(n[0])) if place == 1 else regex_empty.narrow(v[0], change)

    if empty:
        return _answer(args, resolved, every, True, fails=True)

    def body(v: Sequence[str], regex: Regex | None) -> str:
        pattern, made = v[1], v[2]
        if regex is None or written is None:
            made = columns.replacement(v, regex.groups if regex else None)
        else:
            made = text(written)
        if regex is not None and regex.before_end is not None:
            pattern = text(rf"{regex.before_end}({LINE_END}?)\z")
            made = f"{made} || '\\{regex.groups + 1}'"
        return _from(place, v[0], lambda x: f"regexp_replace({x}, {pattern}, {made}, 'g')")

    return _answer(args, resolved, body, True, fails=written is None)


def _from(place: int, value: str, change: Callable[[str], str]) -> str:
    """The value with a change to what it has from a place on."""
    if place == 1:
        return change(value)
    return once([value], lambda n: f"(left({n[0]}, {place - 1}) || {change(f'substr({n[0]}, {place})')})")


def _resolve_count(args: Sequence[Arg]) -> Resolved:
    resolved = scalar("regexp_count", [t.STRING, t.STRING], t.INT, "").resolve(args)
    empty = _empty_too(_constant(args))

    def body(v: Sequence[str], regex: Regex | None) -> str:
        pattern, _ = _whole_match(regex, v[1], 0)
        if empty:
            return once(v[:1], lambda n: regex_empty.count(n[0], v[1]))
        return f"CAST(len(regexp_extract_all({v[0]}, {pattern})) AS INTEGER)"

    return _answer(args, resolved, body, True, fails=empty)


def _resolve_substr(args: Sequence[Arg]) -> Resolved:
    resolved = scalar("regexp_substr", [t.STRING, t.STRING], t.STRING, "", null="always").resolve(args)
    _empty_too(_constant(args))

    def body(v: Sequence[str], regex: Regex | None) -> str:
        pattern, group = _whole_match(regex, v[1], 0)
        return f"nullif(regexp_extract({v[0]}, {pattern}, {group}), '')"

    return _answer(args, resolved, body, True)


def _resolve_instr(args: Sequence[Arg]) -> Resolved:
    """`regexp_instr(text, pattern[, group])`: where the first match begins; Spark looks at no group."""
    resolved = scalar("regexp_instr", [t.STRING, t.STRING, t.INT], t.INT, "", min_args=2).resolve(args)
    if len(args) > 2 and args[2].value is None:
        return replace(resolved, lower=lambda _: "CAST(NULL AS INTEGER)", nullable=True)
    _empty_too(_constant(args))

    def body(v: Sequence[str], regex: Regex | None) -> str:
        pattern = (
            f"'\\A((?s:.*?))(?:' || {v[1]} || ')'"
            if regex is None
            else text(f"\\A((?s:.*?))(?:{regex.pattern})")
        )
        return once(v, lambda n: place(n, pattern))

    def place(v: Sequence[str], pattern: str) -> str:
        start = f"regexp_extract({v[0]}, {pattern}, 1)"
        wide = f"len(regexp_extract_all({start}, '[\\x{{10000}}-\\x{{10FFFF}}]'))"  # Java counts these as two
        at = f"CAST(length({start}) + {wide} + 1 AS INTEGER)"
        missing = " OR ".join(f"{one} IS NULL" for one in (v[0], *v[2:]))
        return f"CASE WHEN {missing} THEN NULL WHEN regexp_matches({v[0]}, {v[1]}) THEN {at} ELSE 0 END"

    return _answer(args, resolved, body, True)


def _resolve_split(args: Sequence[Arg]) -> Resolved:
    """`split(text, pattern[, limit])`: as Java splits, empty parts at the end kept."""
    kind = t.ArrayType(t.STRING, False)
    resolved = scalar("split", [t.STRING, t.STRING, t.INT], kind, "", min_args=2).resolve(args)
    limit = args[2].value if len(args) > 2 else -1
    if limit is None or args[1].value is None:
        return replace(resolved, lower=lambda _: "CAST(NULL AS VARCHAR[])", nullable=True)
    pattern = args[1].value
    if isinstance(pattern, str):
        plain = re.sub(r"^\\([^A-Za-z0-9])$", r"\1", pattern)
        plain = re.sub(r"^\[([^A-Za-z0-9\\^\[\]])\]$", r"\1", plain)
        if is_plain(plain) or plain != pattern:
            return replace(resolved, lower=lambda v: _split_plain(v, plain, limit))
        regex = translate(pattern)
        if _empty_too(regex):
            if len(args) > 2 and not (isinstance(limit, int) and limit <= 0):
                raise NotAnswered("a limit with a pattern that can match nothing is not answered")
            return _answer(
                args,
                resolved,
                lambda v, _: once(v[:1], lambda n: regex_empty.parts([n[0], v[1]])),
                True,
            )
        if regex.has_end:
            raise NotAnswered("$ is not answered where its match is used")

    def body(v: Sequence[str], regex: Regex | None) -> str:
        parts = f"string_split_regex({v[0]}, {v[1]})"
        if regex is None:
            parts = f"CASE WHEN {v[1]} = '' THEN string_split({v[0]}, '') ELSE {parts} END"
        if len(v) < 3 or (isinstance(limit, int) and limit <= 0):
            return parts
        return once([v[0], v[1], v[2], parts], columns.limited)

    return _answer(args, resolved, body, True, malformed=columns.NO_PATTERN_OF_JAVA)


def _split_plain(v: Sequence[str], separator: str, limit: object) -> str:
    parts = f"string_split({v[0]}, {text(separator)})"
    if isinstance(limit, int) and limit <= 0:
        return parts
    if separator == "":
        raise NotAnswered("a limit with an empty pattern is not answered")

    def body(n: Sequence[str]) -> str:
        p, count = n
        rest = f"array_to_string({p}[{count}:], {text(separator)})"
        return (
            f"CASE WHEN {p} IS NULL OR {count} IS NULL THEN NULL WHEN {count} <= 0 OR len({p}) <= {count} THEN {p} "
            f"ELSE list_append({p}[1:{count} - 1], {rest}) END"
        )

    return once([parts, v[2]], body)


def _named(name: str) -> Function:
    return Function((name,), "scalar", _RESOLVES[name])


_RESOLVES = {
    "regexp_extract": _resolve_extract,
    "regexp_extract_all": _resolve_extract_all,
    "regexp_replace": _resolve_replace,
    "regexp_count": _resolve_count,
    "regexp_substr": _resolve_substr,
}

FUNCTIONS: tuple[Function, ...] = (
    with_options(
        Function(
            ("rlike", "regexp", "regexp_like"),
            "scalar",
            _resolve_rlike,
            lambda name, a: f"{name.upper()}({', '.join(a)})",
        ),
        _PATTERN,
    ),
    with_options(_named("regexp_extract"), _PATTERN, _GROUP),
    with_options(_named("regexp_extract_all"), _PATTERN, _GROUP),
    with_options(
        _named("regexp_replace"), _PATTERN, Option(2), whole(3, "DATATYPE_MISMATCH.NON_FOLDABLE_INPUT")
    ),
    with_options(_named("regexp_count"), _PATTERN),
    with_options(_named("regexp_substr"), _PATTERN),
    with_options(
        Function(
            ("regexp_instr",),
            "scalar",
            _resolve_instr,
            lambda _, a: f"regexp_instr({a[0]}, {a[1]}, {a[2] if len(a) > 2 else 0})",
        ),
        _PATTERN,
    ),
    with_options(
        Function(
            ("split",),
            "scalar",
            _resolve_split,
            lambda _, a: f"split({a[0]}, {a[1]}, {a[2] if len(a) > 2 else -1})",
        ),
        _PATTERN,
        whole(2),
    ),
)
