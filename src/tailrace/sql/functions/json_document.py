"""Documents of JSON text that DuckDB's parser refuses but Spark's takes, made strict.

Text after the closing brace, single quotes, `NaN`, half surrogates. What Spark takes for no document is NULL.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tailrace.model import types as t
from tailrace.sql.errors import Mismatch
from tailrace.sql.functions.table import Arg, Function, Lower, Resolved, scalar
from tailrace.sql.typed import fail, text

CUT_MARK = "\ue0fe"
"""Stands for a string whose last escape is cut off by the closing quote: no value, but the rest is read."""
_DEPTH_MAX = 6
"""Levels of nesting up to which a document with text after it is found."""


def bracketed(depth: int) -> str:
    """A pattern of a value in brackets of at most so many levels, whatever stands in them."""
    strings = r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'"""
    inner = ""
    for _ in range(depth):
        inner = rf"[\[{{](?:[^\"'\[\]{{}}]|{strings}{'|' + inner if inner else ''})*[\]}}]"
    return inner


_INSIDE = r"(?:[^\"'\[\]{}]|" + r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|""" + bracketed(_DEPTH_MAX) + r")*"
_BLANK = r"[ \t\r\n]*"
_WHOLE = {
    "{": rf"\{{{_INSIDE}\}}",
    "[": rf"\[{_INSIDE}\]",
    "[{": rf"[\[{{]{_INSIDE}[\]}}]",
}
"""What a document may begin with to a pattern of all of it."""
QUOTED = r"""(?s)"((?:[^"\\]|\\.)*)"|'((?:[^'"\\]|\\[^'])*)'"""
NOT_FINITE = r"([:,\[]\s*)([+-]?Infinity|NaN|[+-]INF)(\s*[,}\]])"
_PAIR = r"\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})"
_IN_DOUBLE_QUOTES = r'"\1\2"'
_AS_STRING = r'\1"\\"\2\\""\3'
_CUT_ESCAPE = r'''"(?:[^"\\]|\\[^u]|\\u[0-9a-fA-F]{4})*\\u[0-9a-fA-F]{0,3}"'''
CUT_MARKED = f'"{CUT_MARK}"'
_HALF = r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}"


def _mended(doc: str, half: str, opening: str) -> str:
    """The document as strict JSON, from its first brace to the one that closes it."""
    whole = f"(?s)^{_BLANK}({_WHOLE[opening]})"
    found = f"regexp_extract({doc}, {text(whole)}, 1)"
    return strict_text(f"regexp_replace({found}, {text(_CUT_ESCAPE)}, {text(CUT_MARKED)}, 'g')", half)


def strict_text(found: str, half: str = "?") -> str:
    """The text with its strings in double quotes, special numbers as strings, half surrogates as `half`."""
    one = f"regexp_replace({found}, {text(QUOTED)}, {text(_IN_DOUBLE_QUOTES)}, 'g')"
    for _ in range(2):  # neighbours share a separator
        one = f"regexp_replace({one}, {text(NOT_FINITE)}, {text(_AS_STRING)}, 'g')"
    one = f"regexp_replace({one}, {text(_PAIR)}, chr(1) || '\\1' || chr(1) || '\\2', 'g')"
    one = f"regexp_replace({one}, {text(_HALF)}, {text(half)}, 'g')"
    return f"replace({one}, chr(1), '\\u')"


SUSPECT = r",[ \t\r\n]*[}\]]|[:,\[][ \t\r\n]*[+-]?(?i:nan|inf)"
"""What DuckDB's parser takes and Spark's does not always: a comma too many, numbers that are none."""


def strict_document(doc: str, half: str = "?", opening: str = "{") -> str:
    """A JSON object that DuckDB parses, or NULL where Spark finds none either; `half` for half surrogates.

    `opening`: a key of `_WHOLE`, for documents that are arrays.
    """
    bare = f"regexp_replace(_m, {text(QUOTED)}, {text(chr(34) * 2)}, 'g')"
    clean = f"NOT regexp_matches({bare}, {text(SUSPECT)})"
    mended = (
        f"list_transform([{_mended(doc, half, opening)}], lambda _m: "
        f"CASE WHEN json_valid(_m) AND NOT contains({doc}, chr(1)) AND {clean} THEN _m END)[1]"
    )
    opens = f"^{_BLANK}" + {"{": r"\{", "[": r"\[", "[{": r"[\[{]"}[opening]
    return (
        f"CASE WHEN json_valid({doc}) AND NOT regexp_matches({doc}, {text(SUSPECT)}) "
        f"THEN CASE WHEN regexp_matches({doc}, {text(opens)}) THEN {doc} END "
        f"WHEN regexp_matches({doc}, {text(opens)}) THEN {mended} END"
    )


def in_halves(value: str) -> str:
    """Nested JSON with characters beyond U+FFFF as Spark writes them, as two halves."""
    wide = r"[\x{10000}-\x{10FFFF}]"
    code = "(unicode(_w) - 65536)"
    halves = (
        f"'\\u' || upper(to_hex(55296 + {code} // 1024)) || '\\u' || upper(to_hex(56320 + {code} % 1024))"
    )
    pieces = f"regexp_extract_all(_n, '(?s)[^{wide[1:]}+|{wide}')"
    each = f"list_transform({pieces}, lambda _w: CASE WHEN unicode(_w) > 65535 THEN {halves} ELSE _w END)"
    written = f"CASE WHEN strlen(_n) > length(_n) THEN array_to_string({each}, '') ELSE _n END"
    return f"list_transform([{value}], lambda _n: {written})[1]"


def string_of(token: str) -> str:
    """The value of a JSON string's token."""
    return (
        f"CASE WHEN contains({token}, '\\') THEN json_extract_string({token}, '$') "
        f"ELSE substr({token}, 2, length({token}) - 2) END"
    )


_CONTROL = r"[\x01-\x1f]"
_CONTROL_IN_KEY = r'"[^"]*[\x01-\x1f][^"]*"[ \t\r\n]*:'


def _spaced(doc: str) -> str:
    """A document whose strings hold control characters, which Spark's functions let pass."""
    odd = f"NOT json_valid({doc}) AND regexp_matches({doc}, {text(_CONTROL)})"
    return f"CASE WHEN {odd} THEN regexp_replace({doc}, {text(_CONTROL)}, ' ', 'g') ELSE {doc} END"


def _keys(v: Sequence[str]) -> str:
    raised = fail("UNSUPPORTED_FEATURE", "a key with a control character")
    odd = f"NOT json_valid(_d) AND regexp_matches(_d, {text(_CONTROL_IN_KEY)})"
    return (
        f"list_transform([{v[0]}], lambda _d: CASE WHEN {odd} THEN {raised} ELSE list_transform([{_spaced('_d')}], "
        f"lambda _d: json_keys({strict_document('_d')}))[1] END)[1]"
    )


def _length(v: Sequence[str]) -> str:
    document = strict_document("_d", opening="[")
    counted = f"CAST(json_array_length({document}) AS INTEGER)"
    return (
        f"list_transform([{v[0]}], lambda _d: list_transform([{_spaced('_d')}], lambda _d: {counted})[1])[1]"
    )


def _of_text(name: str, result: t.DataType, lower: Lower) -> Function:
    """A function of one STRING; anything else is told as Spark tells it."""
    function = scalar(name, [t.STRING], result, lower, null="always")

    def resolve(args: Sequence[Arg]) -> Resolved:
        if len(args) == 1 and not isinstance(args[0].type, (t.StringType, t.VoidType)):
            raise Mismatch("[DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE] argument 1 must be STRING")
        return function.resolve(args)

    return replace(function, resolve=resolve)


FUNCTIONS: tuple[Function, ...] = (
    _of_text("json_object_keys", t.ArrayType(t.STRING), _keys),
    _of_text("json_array_length", t.INT, _length),
)
