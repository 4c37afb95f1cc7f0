"""Texts within texts: `like`, `ilike`, `substring_index`, `split_part`, `find_in_set`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tailrace.model.types import BOOLEAN, INT, STRING
from tailrace.sql.errors import Mismatch
from tailrace.sql.functions.letter_case import lower_text
from tailrace.sql.functions.options import Option, whole, with_options
from tailrace.sql.functions.table import Arg, Function, Resolved, scalar
from tailrace.sql.typed import fail, once, text


def _border_free(word: str) -> bool:
    return not any(word[:n] == word[-n:] for n in range(1, len(word)))


def _resolve_substring_index(args: Sequence[Arg]) -> Resolved:
    resolved = scalar("substring_index", [STRING, STRING, INT], STRING, "").resolve(args)
    delimiter, count = args[1].value, args[2].value
    if not isinstance(delimiter, str) or not isinstance(count, int) or not _border_free(delimiter):
        return replace(resolved, lower=lambda v: once(v, _index_of_any))
    if delimiter == "" or count == 0:
        return replace(resolved, lower=lambda v: f"CASE WHEN {v[0]} IS NOT NULL THEN '' END")
    cut = f"1:{count}" if count > 0 else f"{count}:"
    written = text(delimiter)
    return replace(
        resolved,
        lower=lambda v: f"array_to_string(string_split({v[0]}, {written})[{cut}], {written})",
    )


def _index_of_any(v: Sequence[str]) -> str:
    """By the places where the delimiter begins; they may overlap."""
    x, d, n = v
    places = (
        f"list_filter(range(1, length({x}) - length({d}) + 2), lambda _i: substr({x}, _i, length({d})) = {d})"
    )

    def cut(names: Sequence[str]) -> str:
        at = names[0]
        return (
            f"CASE WHEN len({at}) < abs(CAST({n} AS BIGINT)) THEN {x} "
            f"WHEN {n} > 0 THEN left({x}, {at}[{n}] - 1) "
            f"ELSE substr({x}, {at}[len({at}) + 1 + {n}] + length({d})) END"
        )

    found = f"list_transform([{places}], lambda _a: {cut(['_a'])})[1]"
    return (
        f"CASE WHEN {x} IS NULL OR {d} IS NULL OR {n} IS NULL THEN NULL "
        f"WHEN {n} = 0 OR {d} = '' OR {x} = '' THEN '' ELSE {found} END"
    )


def _resolve_split_part(args: Sequence[Arg]) -> Resolved:
    resolved = scalar("split_part", [STRING, STRING, INT], STRING, "", fallible=True).resolve(args)
    raised = fail("INVALID_INDEX_OF_ZERO", "The index 0 is invalid")

    def body(v: Sequence[str]) -> str:
        x, d, n = v
        return (
            f"CASE WHEN {x} IS NULL OR {d} IS NULL OR {n} IS NULL THEN NULL WHEN {n} IN (0, -2147483648) THEN {raised} "
            f"WHEN {d} = '' THEN CASE WHEN {n} IN (1, -1) THEN {x} ELSE '' END ELSE split_part({x}, {d}, {n}) END"
        )

    return replace(resolved, lower=lambda v: once(v, body))


def _find_in_set(texts: Sequence[str]) -> str:
    return once(
        texts,
        lambda v: (
            f"CASE WHEN {v[0]} IS NULL OR {v[1]} IS NULL THEN NULL WHEN contains({v[0]}, ',') THEN 0 "
            f"ELSE coalesce(CAST(list_position(string_split({v[1]}, ','), {v[0]}) AS INTEGER), 0) END"
        ),
    )


_LIKE = Option(1)


def _like(name: str) -> Function:
    def resolve(args: Sequence[Arg]) -> Resolved:
        resolved = scalar(name, [STRING, STRING, STRING], BOOLEAN, "", min_args=2).resolve(args)
        escape = args[2].value if len(args) > 2 else "\\"
        if not isinstance(escape, str) or len(escape) != 1:
            raise Mismatch("[INVALID_ESCAPE_CHAR] the escape must be one character, as a constant")
        pattern = args[1].value
        if pattern is None:
            return replace(resolved, lower=lambda _: "CAST(NULL AS BOOLEAN)")
        if isinstance(pattern, str):
            _check_like(pattern, escape)

        def lower(texts: Sequence[str]) -> str:
            if isinstance(pattern, str):
                return _matches(name, texts[0], texts[1], escape)
            return once(
                texts[:2],
                lambda v: (
                    f"CASE WHEN {v[0]} IS NULL THEN NULL WHEN NOT regexp_full_match({v[1]}, {_sound(escape)}) "
                    f"THEN {_ESCAPES_NOTHING} ELSE {_matches(name, v[0], v[1], escape)} END"
                ),
            )

        return replace(resolved, lower=lower, fallible=not isinstance(pattern, str))

    def pretty(_: str, a: Sequence[str]) -> str:
        if name == "ilike":
            return f"ilike({a[0]}, {a[1]})"
        return f"{a[0]} LIKE {a[1]}{_escape_name(a[2]) if len(a) > 2 else ''}"

    return with_options(Function((name,), "scalar", resolve, pretty), _LIKE)


def _escape_name(escape: str) -> str:
    return "" if escape == "\\" else f" ESCAPE '{escape}'"


_ESCAPES_NOTHING = fail("INVALID_FORMAT.ESC_IN_THE_MIDDLE", "The escape in the pattern escapes nothing")


def _matches(name: str, value: str, pattern: str, escape: str) -> str:
    if name == "ilike":
        value, pattern = lower_text(value), lower_text(pattern)
    return f"({value} LIKE {pattern} ESCAPE {text(escape)})"


def _sound(escape: str) -> str:
    """The regular expression of a pattern whose escapes escape something."""
    sign = "".join(f"\\x{{{ord(one):X}}}" for one in escape)
    return text(f"(?:[^{sign}]|{sign}[_%{sign}])*")


def _check_like(pattern: str, escape: str) -> None:
    at = 0
    while at < len(pattern):
        if pattern[at] == escape:
            if pattern[at + 1 : at + 2] not in ("_", "%", escape) or at + 1 == len(pattern):
                raise Mismatch(
                    f"[INVALID_FORMAT.ESC_IN_THE_MIDDLE] the escape in {pattern!r} escapes nothing"
                )
            at += 1
        at += 1


FUNCTIONS: tuple[Function, ...] = (
    with_options(Function(("substring_index",), "scalar", _resolve_substring_index), Option(1), whole(2)),
    Function(("split_part",), "scalar", _resolve_split_part),
    scalar("find_in_set", [STRING, STRING], INT, _find_in_set),
    _like("like"),
    _like("ilike"),
)
