"""Functions of JSON text, by Spark's answers.

`from_json` reads the tokens of the schema's fields in one pass over the document, converts each without
raising (`json_values`), and judges afterwards whether all were what the schema wants: a broken record costs
no exception until the very end, where FAILFAST raises. Documents that DuckDB's parser refuses but Spark's
takes are mended first (`json_document`); repeated keys take a slower way, in which every occurrence counts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from tailrace.model import types as t
from tailrace.model.errors import Place, ProjectError, Refused
from tailrace.sql.compiled import COERCES
from tailrace.sql.data_type import data_type
from tailrace.sql.duck_types import duck
from tailrace.sql.errors import Mismatch, NotAnswered
from tailrace.sql.functions.json_broken import kept
from tailrace.sql.functions.json_document import strict_document
from tailrace.sql.functions.json_options import Reading, options_of
from tailrace.sql.functions.json_quick import quick_way
from tailrace.sql.functions.json_values import is_nested, made, outcome, record
from tailrace.sql.functions.steps import Steps
from tailrace.sql.functions.table import Arg, Function, Resolved
from tailrace.sql.query import parse_expression
from tailrace.sql.typed import fail, quote, text

_OPTIONS = {"mode": "mode", "timestampformat": "timestampFormat", "dateformat": "dateFormat"}
_MALFORMED = "MALFORMED_RECORD_IN_PARSING.WITHOUT_SUGGESTION"


def _soft(kind: t.DataType, how: Reading, source: str, counts: bool = False) -> str:
    """`struct_pack(v := <the value>)`, or NULL where FAILFAST fails; raises on no row.

    `counts`: with `n`, how many present values became NULL for their type; 1 where no record was found.
    """
    none = f"CAST(NULL AS {duck(kind)})"
    nothing, bad = _judged(none, "0", counts), _judged(none, "1", counts)

    def finish(value: str, lost: str) -> str:
        if how.strict:
            return f"CASE WHEN {lost} = 0 THEN {_judged(value, '0', False)} END"
        return _judged(value, f"{lost} + CASE WHEN _p.s IS NULL THEN 1 ELSE 0 END", counts)

    if isinstance(kind, t.StructType):
        nulls = ", ".join(f"{quote(f.name)} := CAST(NULL AS {duck(f.type)})" for f in kind.fields)
        bad = _judged(f"struct_pack({nulls})", "1", counts)
    document = strict_document("_p.d.v", opening=_opening(kind))
    if not isinstance(kind, t.StructType):
        document = f"ltrim({document}, e' \\t\\r\\n')"
    steps = Steps(f"[struct_pack(d := {source})]", "_p", "d")
    steps.add({"s": document})
    part = None if how.strict else _part(kind)
    steps.add({"j": "_p.s" if part is None else f"CASE WHEN _p.s IS NULL THEN {part} ELSE _p.s END"})
    if isinstance(kind, t.StructType):
        found = finish(*record(steps, "j", kind, how, 0))
    else:
        steps.add({"o": _root("_p.j", kind, how)})
        found = finish("_p.o.v", "coalesce(_p.o.n, 1)")
    blank = r"[ \t\r\n]*"
    judged = (
        f"CASE WHEN _p.d IS NULL THEN NULL WHEN _p.d.v IS NULL OR regexp_full_match(_p.d.v, {text(blank)}) "
        f"THEN {nothing} WHEN _p.j IS NULL THEN {'NULL' if how.strict else bad} ELSE {found} END"
    )
    return f"{steps.mapped(judged)}[1]"


def _part(kind: t.DataType) -> str | None:
    """What is read of a broken record, None where that is never anything."""
    record = kind.element if isinstance(kind, t.ArrayType) else kind
    return kept("_p.d.v", record) if isinstance(record, t.StructType) else None


def _opening(kind: t.DataType) -> str:
    """What a document of the type begins with, a key of `strict_document`."""
    if not isinstance(kind, t.ArrayType):
        return "{"
    return "[{" if isinstance(kind.element, t.StructType) else "["


def _root(doc: str, kind: t.DataType, how: Reading) -> str:
    """The outcome of a document of an array or a map; one object is an array of one."""
    listed = outcome(doc, kind, how, 0)
    if not isinstance(kind, t.ArrayType) or not isinstance(kind.element, t.StructType):
        return listed
    alone = f"list_transform([{outcome(doc, kind.element, how, 0)}], lambda _a: {made('[_a.v]', '_a.n')})[1]"
    return f"CASE WHEN starts_with({doc}, '{{') THEN {alone} ELSE {listed} END"


def _judged(value: str, lost: str, counts: bool) -> str:
    return f"struct_pack(v := {value}{f', n := CAST({lost} AS INTEGER)' if counts else ''})"


def _from_json(schema: t.DataType, how: Reading, source: str) -> str:
    soft = _soft(schema, how, f"struct_pack(v := {source})")
    if not how.strict:
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
    how = _reading(options_of(args[2], _OPTIONS)) if len(args) == 3 else Reading()
    if isinstance(schema, t.StructType) and schema.find("_corrupt_record") is not None:
        raise NotAnswered("the column _corrupt_record is not answered")
    _from_json(schema, how, "NULL")  # what is not answered is told now
    failfast = _made(schema, replace(how, strict=True), len(args))
    return failfast if how.strict else replace(_made(schema, how, len(args)), strict=failfast)


def _made(schema: t.DataType, how: Reading, args: int) -> Resolved:
    plain = how.timestamp_format is None and how.date_format is None
    return Resolved(
        (t.STRING, *([None] * (args - 1))),
        schema,
        lambda v: _from_json(schema, how, v[0]),
        nullable=True,
        fallible=True,
        soft=lambda v: _soft(schema, how, f"TRY(struct_pack(v := {v[0]}))", counts=not how.strict),
        quick=(lambda v: _quick(schema, v[0])) if plain else None,
        counts=not how.strict,
        pretty=(lambda _, a: "entries") if isinstance(schema, t.MapType) else None,
    )


def _quick(schema: t.DataType, source: str) -> tuple[str, str, str, str] | None:
    way = quick_way(schema, "{}") if isinstance(schema, t.StructType) else None
    return None if way is None else (f"TRY({source})", *way)


def _schema_of(written: str) -> t.DataType:
    """`a INT, b STRING`, or a type: `STRUCT<...>`, `ARRAY<...>`, `MAP<...>`."""
    is_type = re.match(r"\s*(?i:struct|array|map)\s*<", written) is not None
    inner = written if is_type else f"STRUCT<{written}>"
    if not is_type and ":" in _outer(written):
        raise Mismatch("[PARSE_SYNTAX_ERROR] a column of the schema is written with a blank before its type")
    try:
        query = parse_expression(f"CAST(NULL AS {inner})", Place("schema", 1))
        schema = data_type(query.tree.args["to"], query.origin)
    except (Refused, KeyError, AttributeError):
        raise NotAnswered(f"the schema {written!r} is not answered") from None
    except ProjectError as error:
        wrong = None if is_type else next(filter(_is_wrong, _columns(written)), None)
        if wrong is not None:
            raise Mismatch(
                f"[PARSE_SYNTAX_ERROR] the schema has {wrong.strip()!r}, which is no name with a type"
            ) from None
        raise NotAnswered(f"the schema {written!r} is not answered: {error.message}") from None
    if not is_nested(schema) or schema == t.StructType(()):
        raise NotAnswered(f"the schema {written!r} is not answered")
    return _nullable(schema)


def _columns(written: str) -> list[str]:
    """The columns of a schema: its parts between commas that stand in no brackets."""
    parts, depth = [""], 0
    for char in written:
        depth += (char in "<(") - (char in ">)")
        if char == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += char
    return parts


def _is_wrong(column: str) -> bool:
    try:
        parse_expression(f"CAST(NULL AS STRUCT<{column}>)", Place("schema", 1))
    except Refused:
        return False
    except ProjectError:
        return True
    return False


def _outer(written: str) -> str:
    """A schema without what stands in brackets or quotes."""
    bare = re.sub(r"`[^`]*`|'[^']*'", "", written)
    while (shorter := re.sub(r"<[^<>]*>", "", bare)) != bare:
        bare = shorter
    return bare


def _nullable(kind: t.DataType) -> t.DataType:
    """The type without what may not be NULL, as Spark reads it."""
    if isinstance(kind, t.StructType):
        if len({field.name for field in kind.fields}) < len(kind.fields):
            raise NotAnswered("a schema in which two fields have one name is not answered")
        return t.StructType(tuple(t.Field(f.name, _nullable(f.type)) for f in kind.fields))
    if isinstance(kind, t.ArrayType):
        return t.ArrayType(_nullable(kind.element))
    return t.MapType(kind.key, _nullable(kind.value)) if isinstance(kind, t.MapType) else kind


def _reading(options: Mapping[str, str]) -> Reading:
    mode = options.get("mode", "PERMISSIVE").upper()
    if mode not in ("PERMISSIVE", "FAILFAST"):
        raise NotAnswered(f"the mode {mode} is not answered")
    day = options.get("dateformat")
    if day is not None and re.search("[HhKkmsSaXZxzVO]", re.sub("'[^']*'", "", day)):
        raise NotAnswered(f"the pattern {day!r} of a date, which has a time, is not answered")
    return Reading(mode == "FAILFAST", options.get("timestampformat"), day)


FUNCTIONS: tuple[Function, ...] = (
    Function(("from_json",), "scalar", _resolve_from_json, lambda _, a: f"from_json({a[0]})"),
)
