"""Calls that fail a row on purpose, and codes of texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tailrace.model import types as t
from tailrace.sql.errors import Mismatch, NotAnswered
from tailrace.sql.functions.collections_arrays import array_of, counted, meet
from tailrace.sql.functions.collections_maps import TWICE
from tailrace.sql.functions.table import Arg, Function, Resolved, coerce_args, scalar
from tailrace.sql.typed import fail, once, text


def _raised(message: str) -> str:
    """DuckDB leaves out of a coalesce what it sees to be NULL, so this is a number that is none."""
    return f"CAST('[USER_RAISED_EXCEPTION] ' || coalesce({message}, 'null') AS INTEGER)"


def _resolve_error(args: Sequence[Arg]) -> Resolved:
    if len(args) != 1:
        raise NotAnswered("raise_error of a condition and its parameters is not answered")
    return scalar(
        "raise_error", [t.STRING], t.VOID, lambda v: _raised(v[0]), null="always", fallible=True
    ).resolve(args)


def _resolve_assert(args: Sequence[Arg]) -> Resolved:
    resolved = scalar(
        "assert_true", [t.BOOLEAN, t.STRING], t.VOID, "", min_args=1, null="always", fallible=True
    ).resolve(args)
    if not isinstance(args[0].type, (t.BooleanType, t.VoidType)):
        raise Mismatch(f"[DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE] it takes BOOLEAN, not {args[0].type}")
    own = text(f"'{args[0].name}' is not true!")

    def lower(v: Sequence[str]) -> str:
        return f"CASE WHEN coalesce({v[0]}, false) THEN NULL ELSE {_raised(v[1] if len(v) > 1 else own)} END"

    return replace(resolved, lower=lower)


_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CODES = "01230127022455012623017202" * 2


def _soundex(v: Sequence[str]) -> str:
    """The first letter and three numbers of the consonants after it; H and W hide nothing."""

    def body(n: Sequence[str]) -> str:
        x = n[0]
        coded = f"translate(regexp_replace({x}, '(?s)[^A-Za-z]', '0', 'g'), {text(_LETTERS)}, {text(_CODES)})"
        runs = f"(left({coded}, 1) || replace(substr({coded}, 2), '7', ''))"
        for digit in "123456":
            runs = f"regexp_replace({runs}, '{digit}+', '{digit}', 'g')"
        kept = f"left(replace(substr({runs}, 2), '0', ''), 3)"
        return f"CASE WHEN regexp_matches({x}, '^[A-Za-z]') THEN upper(left({x}, 1)) || rpad({kept}, 3, '0') ELSE {x} END"

    return once(v, body)


_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ,;:=&#%@!~/-_\n\t")


def _only_strings(args: Sequence[Arg]) -> None:
    """Spark casts nothing to STRING here."""
    for number, arg in enumerate(args, 1):
        if not isinstance(arg.type, (t.StringType, t.VoidType)):
            raise Mismatch(f"[DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE] argument {number} must be STRING")


def _resolve_soundex(args: Sequence[Arg]) -> Resolved:
    _only_strings(args)
    return scalar("soundex", [t.STRING], t.STRING, _soundex).resolve(args)


def _resolve_str_to_map(args: Sequence[Arg]) -> Resolved:
    _only_strings(args)
    kind = t.MapType(t.STRING, t.STRING)
    resolved = scalar("str_to_map", [t.STRING] * 3, kind, "", min_args=1, fallible=True).resolve(args)
    pairs, sign = (args[i].known_text if len(args) > i else default for i, default in ((1, ","), (2, ":")))
    for one in (pairs, sign):
        if not isinstance(one, str) or not one or not set(one) <= _PLAIN:
            raise NotAnswered("delimiters must be literals that mean themselves in a regular expression")

    def body(n: Sequence[str]) -> str:
        parts = f"string_split({n[0]}, {text(pairs)})"
        at = f"instr(_p, {text(sign)})"
        key = f"CASE WHEN {at} = 0 THEN _p ELSE left(_p, {at} - 1) END"
        value = f"CASE WHEN {at} > 0 THEN substr(_p, {at} + {len(sign)}) END"
        entries = f"list_transform({parts}, lambda _p: struct_pack(key := {key}, value := {value}))"
        keys = f"list_transform({parts}, lambda _p: {key})"
        return (
            f"CASE WHEN {n[0]} IS NULL THEN NULL WHEN len(list_distinct({keys})) < len({keys}) THEN {TWICE} "
            f"ELSE map_from_entries({entries}) END"
        )

    return replace(resolved, lower=lambda v: once(v[:1], body))


def _resolve_insert(args: Sequence[Arg]) -> Resolved:
    """`array_insert(array, place, value)`: from 1, or from the end, where -1 is behind the last."""
    counted(args, 3)
    array = array_of(args[0])
    element = meet(array.element, args[2].type)
    if args[1].type in (t.VOID, t.LONG) or not isinstance(args[1].type, t.IntegralType):
        raise Mismatch(f"[DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE] the place is an INT, not {args[1].type}")
    (place,) = coerce_args([t.INT], [args[1]])
    zero = fail("INVALID_INDEX_OF_ZERO", "The index 0 is invalid")

    def body(n: Sequence[str]) -> str:
        x, p, one = n
        front = f"list_concat(list_concat(list_resize({x}, {p} - 1), [{one}]), {x}[{p}:])"
        before = f"(len({x}) + {p} + 1)"
        back = f"list_concat(list_concat({x}[:{before}], [{one}]), {x}[{before} + 1:])"
        far = f"list_concat(list_resize([{one}], -{p} - len({x})), {x})"
        return (
            f"CASE WHEN {x} IS NULL OR {p} IS NULL THEN NULL WHEN {p} = 0 THEN {zero} WHEN {p} > 0 THEN {front} "
            f"WHEN {before} > 0 THEN {back} WHEN {before} = 0 THEN list_concat([{one}], {x}) ELSE {far} END"
        )

    result = t.ArrayType(element, True)
    return Resolved((result, place, element), result, lambda v: once(v, body), True, fallible=True)


def _pretty_map(name: str, given: Sequence[str]) -> str:
    return f"str_to_map({', '.join([*given, *(',', ':')[len(given) - 1 :]])})"


FUNCTIONS: tuple[Function, ...] = (
    Function(
        ("raise_error",),
        "scalar",
        _resolve_error,
        lambda _, a: f"raise_error(USER_RAISED_EXCEPTION, map(errorMessage, {a[0]}))",
    ),
    Function(
        ("assert_true",),
        "scalar",
        _resolve_assert,
        lambda _, a: (
            f"assert_true({a[0]}, {a[1] if len(a) > 1 else f'{chr(39)}{a[0]}{chr(39)} is not true!'})"
        ),
    ),
    Function(("soundex",), "scalar", _resolve_soundex),
    Function(("str_to_map",), "scalar", _resolve_str_to_map, _pretty_map),
    Function(("array_insert",), "scalar", _resolve_insert),
)
