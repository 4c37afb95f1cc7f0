"""Functions of BINARY, and of charsets: bytes are cut and turned as pairs of hexadecimal digits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from tailrace.model.types import BINARY, BOOLEAN, INT, STRING, BinaryType
from tailrace.sql.errors import Mismatch, NotAnswered
from tailrace.sql.functions.options import Option, with_options
from tailrace.sql.functions.table import Arg, Function, Resolved, overloads, scalar
from tailrace.sql.typed import fail, once

_INT_MAX = str(2**31 - 1)


def _failed(words: str) -> str:
    """DuckDB SQL that raises where Java does without one of Spark's conditions."""
    return f"CASE WHEN CAST('{words}' AS BOOLEAN) THEN NULL END"


def wrapped(whole: str) -> str:
    """A BIGINT as Java's INT has it, which turns over at its ends."""
    return f"CAST((({whole} + 2147483648) & 4294967295) - 2147483648 AS INTEGER)"


def _cut(value: str, position: str, length: str) -> str:
    """Bytes from a place that counts as in `substring`."""
    start = (
        f"(CASE WHEN {position} > 0 THEN CAST({position} AS BIGINT) - 1 "
        f"WHEN {position} < 0 THEN octet_length({value}) + CAST({position} AS BIGINT) ELSE 0 END)"
    )
    whole = f"octet_length({value}) - {start} > 2147483647"  # beyond what Java's INT holds, all of them
    end = f"(CASE WHEN {whole} THEN octet_length({value}) ELSE {start} + CAST({length} AS BIGINT) END)"
    count = f"greatest({end} - greatest({start}, 0), 0)"
    cut = f"unhex(substr(hex({value}), greatest({start}, 0) * 2 + 1, {count} * 2))"
    return f"CASE WHEN {position} IS NOT NULL AND {length} IS NOT NULL THEN {cut} END"


def substring(args: Sequence[Arg]) -> Resolved:
    """`substring` of BINARY."""
    return scalar(
        "substring",
        [BINARY, INT, INT],
        BINARY,
        lambda v: once([*v, _INT_MAX][:3], lambda n: _cut(n[0], n[1], n[2])),
        min_args=2,
    ).resolve(args)


def pad(name: str, args: Sequence[Arg]) -> Resolved:
    """`lpad` and `rpad` of BINARY, by zero bytes if nothing else is said."""
    if len(args) == 3 and not isinstance(args[2].type, BinaryType):
        raise NotAnswered(f"{name} of BINARY by {args[2].type} is not answered")

    def body(v: Sequence[str]) -> str:
        x, n, p = v
        padded = f"unhex({name}(hex({x}), CAST({n} AS INTEGER) * 2, hex({p})))"
        return (
            f"CASE WHEN {x} IS NULL OR {n} IS NULL OR {p} IS NULL THEN NULL WHEN {n} = 0 THEN CAST('' AS BLOB) "
            f"WHEN {n} < 0 THEN {_failed('The length is negative')} "
            f"WHEN octet_length({p}) = 0 THEN {_cut(x, '1', n)} ELSE {padded} END"
        )

    zero = "CAST('\\x00' AS BLOB)"
    made = scalar(name, [BINARY, INT, BINARY], BINARY, lambda v: once([*v, zero][:3], body), min_args=2)
    return made.resolve(args)


def _overlay(args: Sequence[Arg]) -> Resolved:
    def body(v: Sequence[str]) -> str:
        x, r, p, n = v
        count = f"(CASE WHEN {n} >= 0 THEN {n} WHEN {n} < 0 THEN octet_length({r}) END)"
        before, after = wrapped(f"CAST({p} AS BIGINT) - 1"), wrapped(f"CAST({p} AS BIGINT) + {count}")
        return f"({_cut(x, '1', before)} || {r} || {_cut(x, after, _INT_MAX)})"

    kinds = [BINARY, BINARY, INT, INT]
    return scalar("overlay", kinds, BINARY, lambda v: once([*v, "-1"][:4], body), min_args=3).resolve(args)


def _reversed(args: Sequence[Arg]) -> Resolved:
    sql = "unhex(array_to_string(list_reverse(regexp_extract_all(hex({0}), '..')), ''))"
    return scalar("reverse", [BINARY], BINARY, sql).resolve(args)


def _left(args: Sequence[Arg]) -> Resolved:
    return scalar("left", [BINARY, INT], BINARY, lambda v: once(v, lambda n: _cut(n[0], "1", n[1]))).resolve(
        args
    )


def _right(args: Sequence[Arg]) -> Resolved:
    """Spark takes the end of the text."""
    sql = "right({0}, CASE WHEN {1} < 0 THEN 0 ELSE {1} END)"
    return scalar("right", [STRING, INT], STRING, sql).resolve(args)


_OWN: dict[str, Callable[[Sequence[Arg]], Resolved]] = {
    "left": _left,
    "overlay": _overlay,
    "reverse": _reversed,
    "right": _right,
}


def also(function: Function) -> Function:
    """The function with its answer for BINARY."""
    name = function.names[0]

    def resolve(args: Sequence[Arg]) -> Resolved:
        if name == "overlay" and len({arg.type == BINARY for arg in args[:2] if arg.value is not None}) > 1:
            raise Mismatch("[DATATYPE_MISMATCH.DATA_DIFF_TYPES] overlay takes two texts or two BINARY")
        if not args or not isinstance(args[0].type, BinaryType):
            return function.resolve(args)
        if name not in _OWN:
            raise NotAnswered(f"{name} of BINARY is not answered")
        return _OWN[name](args)

    return replace(function, resolve=resolve)


_NO_CHARSET = fail("INVALID_PARAMETER_VALUE.CHARSET", "There is no such charset")
_DIGITS = {
    "contains": "contains(regexp_replace(hex({0}), '(..)', '\\1 ', 'g'), regexp_replace(hex({1}), '(..)', '\\1 ', 'g'))",
    "startswith": "starts_with(hex({0}), hex({1}))",
    "endswith": "ends_with(hex({0}), hex({1}))",
}


def or_bytes(function: Function) -> Function:
    """The test of two strings, or of two BINARY by their digits."""
    name = function.names[0]
    return overloads(function, scalar(name, [BINARY, BINARY], BOOLEAN, _DIGITS[name]))


_UNMAPPED = fail("MALFORMED_CHARACTER_CODING", "A character has no place in the charset")
_SWAPPED = "regexp_replace({}, '(..)(..)', '\\2\\1', 'g')"


def _coded(value: str, digits: str) -> str:
    """The hexadecimal digits of every character of a text; `_c` is its number."""
    characters = f"regexp_extract_all({value}, '(?s).')"
    numbers = f"list_transform({characters}, lambda _t: unicode(_t))"
    return f"array_to_string(list_transform({numbers}, lambda _c: {digits}), '')"


_WIDE = (
    "CASE WHEN _c < 65536 THEN printf('%04X', _c) ELSE printf('%04X%04X', 55296 + ((_c - 65536) // 1024), "
    "56320 + ((_c - 65536) % 1024)) END"
)


def encode(args: Sequence[Arg]) -> Resolved:
    """`encode(text, charset)`."""
    charset = args[1].value if len(args) == 2 else None
    name = charset.upper() if isinstance(charset, str) else ""
    known: dict[str, Callable[[str], str]] = {
        "UTF-8": lambda x: f"encode({x})",
        "US-ASCII": lambda x: (
            f"CASE WHEN strlen({x}) = length({x}) THEN encode({x}) WHEN {x} IS NOT NULL THEN {_UNMAPPED} END"
        ),
        "ISO-8859-1": lambda x: (
            f"CASE WHEN regexp_full_match({x}, '(?s)[\\x{{0}}-\\x{{FF}}]*') "
            f"THEN unhex({_coded(x, _TWO)}) WHEN {x} IS NOT NULL THEN {_UNMAPPED} END"
        ),
        "UTF-16BE": lambda x: f"unhex({_coded(x, _WIDE)})",
        "UTF-16LE": lambda x: f"unhex({_SWAPPED.format(_coded(x, _WIDE))})",
        "UTF-16": lambda x: (
            f"CASE WHEN {x} = '' THEN CAST('' AS BLOB) ELSE unhex('FEFF' || {_coded(x, _WIDE)}) END"
        ),
        "UTF-32": lambda x: f"unhex({_coded(x, _EIGHT)})",
    }
    if name not in known:
        raise NotAnswered(
            "the charset must be a literal of UTF-8, US-ASCII, ISO-8859-1, UTF-16BE/LE, UTF-16, UTF-32"
        )
    lower = known[name]
    fallible = name in ("US-ASCII", "ISO-8859-1")
    return scalar(
        "encode",
        [STRING, STRING],
        BINARY,
        lambda v: once(v[:1], lambda n: lower(n[0])),
        null="always",
        fallible=fallible,
    ).resolve(args)


CHARSET = Option(
    1,
    ("UTF-8", "US-ASCII", "ISO-8859-1", "UTF-16BE", "UTF-16LE", "UTF-16", "UTF-32"),
    "upper({})",
    lambda v: f"CASE WHEN {v[0]} IS NOT NULL THEN {_NO_CHARSET} END",
)
_TWO, _EIGHT = "printf('%02X', _c)", "printf('%08X', _c)"


def decode(args: Sequence[Arg]) -> Resolved:
    """`decode(bytes, charset)`."""
    name = args[1].value.upper() if isinstance(args[1].value, str) else ""
    known: dict[str, Callable[[str], str]] = {
        "UTF-8": lambda x: f"decode({x})",
        "US-ASCII": lambda x: (
            f"CASE WHEN regexp_full_match(hex({x}), '([0-7].)*') THEN decode({x}) "
            f"WHEN {x} IS NOT NULL THEN {_UNMAPPED} END"
        ),
        "ISO-8859-1": lambda x: (
            f"array_to_string(list_transform(regexp_extract_all(hex({x}), '..'), "
            "lambda _h: chr(CAST('0x' || _h AS INTEGER))), '')"
        ),
    }
    if name not in known:
        raise NotAnswered("the charset must be a literal of UTF-8, US-ASCII, ISO-8859-1")
    lower = known[name]
    return scalar(
        "decode",
        [BINARY, STRING],
        STRING,
        lambda v: once(v[:1], lambda n: lower(n[0])),
        null="always",
        fallible=True,
    ).resolve(args)


DECODE = with_options(
    Function(("decode",), "scalar", decode), replace(CHARSET, choices=("UTF-8", "US-ASCII", "ISO-8859-1"))
)


def _unbase64(v: Sequence[str]) -> str:
    """Signs that are none of the alphabet are passed over; what they leave must be whole bytes."""

    def body(n: Sequence[str]) -> str:
        core, ends = f"rtrim({n[0]}, '=')", f"(length({n[0]}) - length(rtrim({n[0]}, '=')))"
        rest = f"(length({core}) % 4)"
        bad = f"contains({core}, '=') OR {rest} = 1 OR ({rest} = 0 AND {ends} > 0) OR ({rest} = 2 AND {ends} = 1)"
        raised = _failed("The text is no base 64")
        return (
            f"CASE WHEN {n[0]} IS NULL THEN NULL WHEN {bad} THEN {raised} "
            f"ELSE from_base64({core} || repeat('=', (4 - {rest}) % 4)) END"
        )

    return once([f"regexp_replace({v[0]}, '[^A-Za-z0-9+/=]', '', 'g')"], body)


FUNCTIONS: tuple[Function, ...] = (scalar("unbase64", [STRING], BINARY, _unbase64, fallible=True),)
