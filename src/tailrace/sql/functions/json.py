"""Functions of JSON text, by Spark's answers.

`from_json` reads the tokens of the schema's fields in one pass over the document, converts each without
raising, and judges afterwards whether all were what the schema wants: a broken record costs no exception
until the very end, where FAILFAST raises. Documents that DuckDB's parser refuses but Spark's takes (text
after the closing brace, single quotes, `NaN`, half surrogates) are mended first; repeated keys take a
slower way, in which every occurrence counts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from tailrace.model import types as t
from tailrace.model.errors import Place, ProjectError, Refused
from tailrace.sql.compiled import COERCES
from tailrace.sql.data_type import data_type
from tailrace.sql.duck_types import duck
from tailrace.sql.errors import Mismatch, NotAnswered
from tailrace.sql.functions.casts import cast_sql, double_text
from tailrace.sql.functions.json_quick import quick_way
from tailrace.sql.functions.table import Arg, Function, Resolved
from tailrace.sql.query import parse_expression
from tailrace.sql.typed import fail, quote, text

_MALFORMED = "MALFORMED_RECORD_IN_PARSING.WITHOUT_SUGGESTION"
CUT_MARK = "\ue0fe"
"""Stands for a string whose last escape is cut off by the closing quote: no value, but the rest is read."""
_DEPTH_MAX = 6
"""Levels of nesting up to which a document with text after it is found."""


def _bracketed(depth: int) -> str:
    strings = r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'"""
    inner = ""
    for _ in range(depth):
        inner = rf"[\[{{](?:[^\"'\[\]{{}}]|{strings}{'|' + inner if inner else ''})*[\]}}]"
    return inner


_FIRST_OBJECT = (
    r"(?s)^[ \t\r\n]*(\{(?:[^\"'\[\]{}]|"
    + r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|"""
    + _bracketed(_DEPTH_MAX)
    + r")*\})"
)
QUOTED = r"""(?s)"((?:[^"\\]|\\.)*)"|'((?:[^'"\\]|\\[^'])*)'"""
NOT_FINITE = r"([:,\[]\s*)([+-]?Infinity|NaN|[+-]INF)(\s*[,}\]])"
_PAIR = r"\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})"
_IN_DOUBLE_QUOTES = r'"\1\2"'
_AS_STRING = r'\1"\\"\2\\""\3'
_CUT_ESCAPE = r'''"(?:[^"\\]|\\[^u]|\\u[0-9a-fA-F]{4})*\\u[0-9a-fA-F]{0,3}"'''
_CUT_MARKED = f'"{CUT_MARK}"'
_HALF = r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}"


def _mended(doc: str, half: str) -> str:
    """The document as strict JSON, from its first brace to the one that closes it."""
    found = f"regexp_extract({doc}, {text(_FIRST_OBJECT)}, 1)"
    found = f"regexp_replace({found}, {text(_CUT_ESCAPE)}, {text(_CUT_MARKED)}, 'g')"
    one = f"regexp_replace({found}, {text(QUOTED)}, {text(_IN_DOUBLE_QUOTES)}, 'g')"
    for _ in range(2):  # neighbours share a separator
        one = f"regexp_replace({one}, {text(NOT_FINITE)}, {text(_AS_STRING)}, 'g')"
    one = f"regexp_replace({one}, {text(_PAIR)}, chr(1) || '\\1' || chr(1) || '\\2', 'g')"
    one = f"regexp_replace({one}, {text(_HALF)}, {text(half)}, 'g')"
    return f"replace({one}, chr(1), '\\u')"


_OBJECT = r"^[ \t\r\n]*\{"


_SUSPECT = r",[ \t\r\n]*[}\]]|[:,\[][ \t\r\n]*[+-]?(?i:nan|inf)"
"""What DuckDB's parser takes and Spark's does not always: a comma too many, numbers that are none."""


def strict_document(doc: str, half: str = "?") -> str:
    """A JSON object that DuckDB parses, or NULL where Spark finds none either; `half` for half surrogates."""
    bare = f"regexp_replace(_m, {text(QUOTED)}, {text(chr(34) * 2)}, 'g')"
    clean = f"NOT regexp_matches({bare}, {text(_SUSPECT)})"
    mended = (
        f"list_transform([{_mended(doc, half)}], lambda _m: "
        f"CASE WHEN json_valid(_m) AND NOT contains({doc}, chr(1)) AND {clean} THEN _m END)[1]"
    )
    return (
        f"CASE WHEN json_valid({doc}) AND NOT regexp_matches({doc}, {text(_SUSPECT)}) "
        f"THEN CASE WHEN regexp_matches({doc}, {text(_OBJECT)}) THEN {doc} END "
        f"WHEN regexp_matches({doc}, {text(_OBJECT)}) THEN {mended} END"
    )


def string_of(token: str) -> str:
    """The value of a JSON string's token."""
    return (
        f"CASE WHEN contains({token}, '\\') THEN json_extract_string({token}, '$') "
        f"ELSE substr({token}, 2, length({token}) - 2) END"
    )


def _is_string(token: str) -> str:
    return f"starts_with({token}, '\"')"


_FINITE = {
    "NaN": "nan",
    "Infinity": "inf",
    "+Infinity": "inf",
    "+INF": "inf",
    "-Infinity": "-inf",
    "-INF": "-inf",
}


def _special_arm(word: str, value: str) -> str:
    return f"""WHEN '"{word}"' THEN '{value}' WHEN '"\\"{word}\\""' THEN '{value}'"""


def converted(token: str, kind: t.DataType) -> str:
    """The token's value, NULL where it is null or of another type. `token` is JSON text, not NULL."""
    if isinstance(kind, t.StringType):
        whole = r"-?[0-9]+|true|false"
        # NaN and the infinities, which are no JSON, keep the quotes that Spark writes around them
        number = double_text(f"TRY_CAST({token} AS DOUBLE)")
        raw = f"CASE WHEN isinf(TRY_CAST({token} AS DOUBLE)) THEN '\"' || {number} || '\"' ELSE {number} END"
        inner = f"CASE WHEN regexp_full_match({token}, '{whole}') THEN {token} ELSE {raw} END"
        special = f"regexp_extract({string_of(token)}, '^\"([+-]?)(?:Infinity|NaN|INF)\"$', 0)"
        spelled = (
            f"CASE WHEN {special} IN ('\"NaN\"') THEN {special} WHEN starts_with({special}, '\"-') "
            f"THEN '\"-Infinity\"' ELSE '\"Infinity\"' END"
        )
        return (
            f"CASE WHEN {token} IN ('null', {text(_CUT_MARKED)}) THEN NULL WHEN {_is_string(token)} THEN "
            f"CASE WHEN starts_with({token}, '\"\\\"') AND {special} <> '' THEN {spelled} ELSE {string_of(token)} END "
            f"WHEN starts_with({token}, '{{') OR starts_with({token}, '[') THEN {_nested_text(token)} ELSE {inner} END"
        )
    if isinstance(kind, t.IntegralType):
        return f"TRY_CAST(CASE WHEN regexp_full_match({token}, '-?[0-9]+') THEN {token} END AS {duck(kind)})"
    if isinstance(kind, (t.DoubleType, t.FloatType)):
        arms = " ".join(_special_arm(a, b) for a, b in _FINITE.items())
        return (
            f"TRY_CAST(CASE WHEN {_is_string(token)} THEN CASE {token} {arms} END "
            f"WHEN regexp_full_match({token}, '[-0-9.eE+]+') THEN {token} END AS {duck(kind)})"
        )
    if isinstance(kind, t.BooleanType):
        return f"CASE {token} WHEN 'true' THEN true WHEN 'false' THEN false END"
    if isinstance(kind, t.DecimalType):
        number = f"CASE WHEN {_is_string(token)} THEN {string_of(token)} ELSE {token} END"
        valid = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
        sql, _ = cast_sql(
            f"CASE WHEN regexp_full_match({number}, '{valid}') THEN {number} END", t.STRING, kind, True
        )
        return sql
    return _convert_time(token, kind)


def _nested_text(token: str) -> str:
    """A nested value as Spark prints it; numbers that Java prints with an exponent are not answered."""
    far = r"(?:[:,\[])-?(?:[0-9]{8,}\.|0\.000|[0-9.]+e)"
    return f"CASE WHEN regexp_matches({token}, '{far}') THEN {fail('UNSUPPORTED_FEATURE', 'a nested number with an exponent')} ELSE {token} END"


def _convert_time(token: str, kind: t.DataType) -> str:
    value = string_of(token)
    if isinstance(kind, t.DateType):
        sql, _ = cast_sql(value, t.STRING, kind, True)
        days = f"TRY_CAST(CASE WHEN regexp_full_match({value}, '[+-]?[0-9]+') THEN {value} END AS INTEGER)"
        return f"CASE WHEN {_is_string(token)} THEN coalesce({sql}, DATE '1970-01-01' + {days}) END"
    if isinstance(kind, t.TimestampType):
        sql, _ = cast_sql(value, t.STRING, kind, True)
        seconds = f"TRY_CAST({token} AS BIGINT)"
        far = (
            f"CAST((CAST({seconds} AS HUGEINT) * 1000000 + 9223372036854775808) % 18446744073709551616 "
            "- 9223372036854775808 AS BIGINT)"
        )  # Java's product of two longs goes round
        near = f"abs(CAST({seconds} AS DOUBLE)) <= 9e12"
        epoch = (
            f"CAST(make_timestamp(CASE WHEN {near} THEN {seconds} * 1000000 ELSE {far} END) AS TIMESTAMPTZ)"
        )
        return f"CASE WHEN {_is_string(token)} THEN {sql} WHEN regexp_full_match({token}, '-?[0-9]+') THEN {epoch} END"
    raise NotAnswered(f"from_json into {kind.simple_string} is not answered")


def _path(name: str) -> str:
    return '$."' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _soft(schema: t.StructType, strict: bool, source: str, counts: bool = False) -> str:
    """`struct_pack(v := <the record>)`, or NULL where FAILFAST fails; raises on no row.

    `counts`: with `n`, how many present values became NULL for their type; 1 where no record was found.
    """
    names = [field.name for field in schema.fields]
    tokens = [f"CAST(_t[{i + 1}] AS VARCHAR)" for i in range(len(names))]
    packed = ", ".join(
        f"{quote(f.name)} := CASE WHEN _t[{i + 1}] IS NOT NULL THEN {converted(tokens[i], f.type)} END"
        for i, f in enumerate(schema.fields)
    )
    fine = [
        f"(_t[{i + 1}] IS NULL OR _s.{quote(f.name)} IS NOT NULL OR {tokens[i]} = 'null')"
        for i, f in enumerate(schema.fields)
    ]
    lost = " + ".join(f"CASE WHEN {one} THEN 0 ELSE 1 END" for one in fine)
    judged = f"CASE WHEN {' AND '.join(fine)} THEN {_record('_s', lost, counts)} END"
    if not strict:
        judged = _record("_s", lost, counts)
    kind = duck(schema)
    nulls = ", ".join(f"{quote(f.name)} := CAST(NULL AS {duck(f.type)})" for f in schema.fields)
    bad = "NULL" if strict else _record(f"struct_pack({nulls})", "1", counts)
    by_document = (
        f"CASE WHEN _j IS NULL THEN {bad} ELSE list_transform([{_tokens(schema, strict)}], lambda _t: "
        f"list_transform([struct_pack({packed})], lambda _s: {judged})[1])[1] END"
    )
    blank = r"[ \t\r\n]*"
    nothing = _record(f"CAST(NULL AS {kind})", "0", counts)
    return (
        f"list_transform([{source}], lambda _d: CASE WHEN _d IS NULL THEN NULL WHEN _d.v IS NULL OR "
        f"regexp_full_match(_d.v, {text(blank)}) THEN {nothing} "
        f"ELSE list_transform([{strict_document('_d.v')}], lambda _j: {by_document})[1] END)[1]"
    )


def _record(value: str, lost: str, counts: bool) -> str:
    return f"struct_pack(v := {value}{f', n := CAST({lost} AS INTEGER)' if counts else ''})"


def _tokens(schema: t.StructType, strict: bool) -> str:
    """The list of the fields' tokens, NULL for a field that is not there."""
    names = [field.name for field in schema.fields]
    paths = ", ".join(text(_path(name)) for name in names)
    twice = " OR ".join(f"_j LIKE {text(pattern)}" for pattern in (f'%"{n}"%"{n}"%' for n in names))
    picked = ", ".join(_last(field, strict) for field in schema.fields)
    pairs = "list_zip(json_keys(_j), json_extract(_j, '$.*'))"
    slow = f"list_transform([{pairs}], lambda _p: [{picked}])[1]"
    return f"CASE WHEN contains(_j, '\\') OR {twice} THEN {slow} ELSE json_extract(_j, [{paths}]) END"


def _last(field: t.Field, strict: bool) -> str:
    """Of a key that comes several times the last token that can be of the type; FAILFAST sees any other."""
    found = f"list_filter(_p, lambda _e: _e[1] = {text(field.name)})"
    shape = "(?s).*"
    if isinstance(field.type, t.IntegralType):
        shape = r"-?[0-9]+|null"
    elif isinstance(field.type, (t.TimestampType, t.DateType)):
        shape = r'(?s)"[+-]?[0-9]{4}.*"|-?[0-9]+|null'
    fits = f"regexp_full_match(CAST(_e[2] AS VARCHAR), {text(shape)})"
    last = f"list_filter({found}, lambda _e: {fits})[-1][2]"
    unfit = f"list_filter({found}, lambda _e: NOT {fits})[1][2]"
    return f"coalesce({unfit}, {last})" if strict else f"coalesce({last}, {unfit})"


def _from_json(schema: t.StructType, strict: bool, source: str) -> str:
    soft = _soft(schema, strict, f"struct_pack(v := {source})")
    if not strict:
        return f"{COERCES} {soft}.v"
    raised = fail(_MALFORMED, "The record does not have the schema, or is no JSON object")
    return f"list_transform([{soft}], lambda _h: CASE WHEN _h IS NULL THEN {raised} ELSE _h.v END)[1]"


def _resolve_from_json(args: Sequence[Arg]) -> Resolved:
    if len(args) not in (2, 3):
        raise Mismatch(f"[WRONG_NUM_ARGS.WITHOUT_SUGGESTION] it takes 2 or 3 arguments, not {len(args)}")
    if not isinstance(args[0].type, (t.StringType, t.VoidType)):
        raise Mismatch("[DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE] argument 1 must be STRING")
    if not isinstance(args[1].known, str):
        raise Mismatch("[INVALID_SCHEMA.NON_STRING_LITERAL] the schema must be a constant text")
    schema = _schema_of(args[1].known)
    mode = _mode_of(args[2]) if len(args) == 3 else "PERMISSIVE"
    if schema.find("_corrupt_record") is not None:
        raise NotAnswered("the column _corrupt_record is not answered")
    _from_json(schema, mode == "FAILFAST", "NULL")  # what is not answered is told now
    failfast = _made(schema, True, len(args))
    return failfast if mode == "FAILFAST" else replace(_made(schema, False, len(args)), strict=failfast)


def _made(schema: t.StructType, strict: bool, args: int) -> Resolved:
    return Resolved(
        (t.STRING, *([None] * (args - 1))),
        schema,
        lambda v: _from_json(schema, strict, v[0]),
        nullable=True,
        fallible=True,
        soft=lambda v: _soft(schema, strict, f"TRY(struct_pack(v := {v[0]}))", counts=not strict),
        quick=lambda v: _quick(schema, v[0]),
        counts=not strict,
    )


def _quick(schema: t.StructType, source: str) -> tuple[str, str, str, str] | None:
    way = quick_way(schema, "{}")
    return None if way is None else (f"TRY({source})", *way)


def _schema_of(written: str) -> t.StructType:
    """`a INT, b STRING`, or `STRUCT<...>`."""
    inner = written if written.strip().upper().startswith("STRUCT<") else f"STRUCT<{written}>"
    try:
        query = parse_expression(f"CAST(NULL AS {inner})", Place("schema", 1))
        schema = data_type(query.tree.args["to"], query.origin)
    except (Refused, KeyError, AttributeError):
        raise NotAnswered(f"the schema {written!r} is not answered") from None
    except ProjectError as error:
        raise NotAnswered(f"the schema {written!r} is not answered: {error.message}") from None
    if not isinstance(schema, t.StructType) or not schema.fields:
        raise NotAnswered(f"the schema {written!r} is not answered")
    return t.StructType(tuple(t.Field(f.name, f.type) for f in schema.fields))


def _mode_of(options: Arg) -> str:
    """The mode from `map('mode', '...')`; any other option is not answered."""
    found = re.fullmatch(r"map\((?i:mode), (\w+)\)", options.name)
    if found is None:
        raise NotAnswered("options other than map('mode', '...') are not answered")
    mode = found[1].upper()
    if mode not in ("PERMISSIVE", "FAILFAST"):
        raise NotAnswered(f"the mode {mode} is not answered")
    return mode


FUNCTIONS: tuple[Function, ...] = (
    Function(("from_json",), "scalar", _resolve_from_json, lambda _, a: f"from_json({a[0]})"),
)
