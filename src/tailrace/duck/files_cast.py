"""Texts of a file as typed values: what fits Spark's reading of the type, else NULL.

Each function gives DuckDB SQL over a VARCHAR expression. DuckDB's own casts take more than Spark's reader
(blanks, underscores, rounding), so an expression first decides by a pattern whether the text fits.
"""

from __future__ import annotations

from tailrace.duck.connection import literal
from tailrace.files.options import FileOptions
from tailrace.files.patterns import Pattern, parse_pattern
from tailrace.model import types as t
from tailrace.model.errors import Refused
from tailrace.sql.duck_types import duck as duck_type

_CANONICAL_TIME = r"\d{4}-\d{2}-\d{2}[ T]([01]\d|2[0-3]):[0-5]\d:[0-5]\d"
_LOOSE = (
    r"^[\x00-\x20]*(\d{4,6})(?:-(\d{1,2})(?:-(\d{1,2})"
    r"(?:[ T](\d{1,2})(?::(\d{1,2})(?::(\d{1,2})(?:\.(\d{0,9}))?)?)?)?)?)?"
    r"[ ]*(Z|UTC|GMT|[+-]\d{1,2}(?::\d{1,2})?|[A-Za-z]+(?:/[A-Za-z_+\-0-9]+)+)?[\x00-\x20]*$"
)
_LOOSE_DATE = r"^[\x00-\x20]*([+-]?\d{4,6})(?:-(\d{1,2})(?:-(\d{1,2})(?:[ T].*)?)?)?[\x00-\x20]*$"
_NUMBER = r"[\x00-\x20]*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[dDfF]?[\x00-\x20]*"
_DECIMAL = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"


def from_text(sql: str, type_: t.DataType, options: FileOptions) -> str:
    """The value of a CSV text, or of a text in a partition folder's name."""
    if isinstance(type_, (t.StringType, t.VoidType)):
        return sql
    duck = duck_type(type_)
    if isinstance(type_, t.IntegralType):
        cast = f"TRY_CAST({sql} AS {duck})"
        return (
            f"CASE WHEN {cast}::VARCHAR = {sql} THEN {cast} "
            f"WHEN regexp_full_match({sql}, '[+-]?[0-9]+') THEN {cast} END"
        )
    if isinstance(type_, t.DecimalType):
        bare = f"replace({sql}, ',', '')"
        return f"CASE WHEN regexp_full_match({bare}, {literal(_DECIMAL)}) THEN TRY_CAST({bare} AS {duck}) END"
    if isinstance(type_, t.FractionalType):
        return _fraction(sql, duck)
    if isinstance(type_, t.BooleanType):
        return f"CASE lower({sql}) WHEN 'true' THEN true WHEN 'false' THEN false END"
    if isinstance(type_, t.DateType):
        return date_from_text(sql, options)
    if isinstance(type_, (t.TimestampType, t.TimestampNTZType)):
        return timestamp_from_text(sql, type_, options)
    if isinstance(type_, t.BinaryType):
        return f"encode({sql})"
    raise Refused(
        f"The type {type_} is not read from text.", hint="read a STRING and convert it in the query"
    )


def date_from_text(sql: str, options: FileOptions) -> str:
    """By the pattern that was given, else as Spark casts a text to DATE."""
    if options.date_format is not None:
        pattern = parse_pattern(options.date_format)
        return (
            f"CASE WHEN regexp_full_match({sql}, {literal(pattern.regex)}) "
            f"THEN TRY({_parsed(sql, pattern)}::DATE) END"
        )
    loose = (
        f"list_transform([regexp_extract({sql}, {literal(_LOOSE_DATE)}, ['y', 'm', 'd'])], lambda g: "
        "TRY_CAST(CASE WHEN g.y <> '' THEN ltrim(g.y, '+') || '-' || if(g.m = '', '1', g.m) || '-' || "
        "if(g.d = '', '1', g.d) END AS DATE))[1]"
    )
    plain = rf"regexp_full_match({sql}, '\d{{4}}-\d{{2}}-\d{{2}}')"
    return f"CASE WHEN {plain} THEN TRY_CAST({sql} AS DATE) WHEN {sql} IS NOT NULL THEN {loose} END"


def timestamp_from_text(sql: str, type_: t.DataType, options: FileOptions) -> str:
    """By the pattern that was given, else as Spark casts a text to TIMESTAMP, in UTC.

    A time without a date is no timestamp here: Spark puts today's date before it.
    """
    duck = duck_type(type_)
    if options.timestamp_format is not None:
        pattern = parse_pattern(options.timestamp_format)
        value = _parsed(sql, pattern)
        if not pattern.has_zone and duck != "TIMESTAMP":
            value = f"({value} AT TIME ZONE 'UTC')"
        return f"CASE WHEN regexp_full_match({sql}, {literal(pattern.regex)}) THEN TRY({value}::{duck}) END"
    plain = f"regexp_full_match({sql}, {literal(_CANONICAL_TIME)})"
    zone = (
        "CASE WHEN g.z IN ('', 'Z', 'UTC', 'GMT') THEN '+00:00' "
        "WHEN g.z[1] IN ('+', '-') THEN regexp_replace(g.z, '^([+-])(\\d)(:|$)', '\\10\\2\\3') ELSE ' ' || g.z END"
    )
    refused = "g.z <> ''" if duck == "TIMESTAMP" else "false"
    zone = "''" if duck == "TIMESTAMP" else zone
    loose = (
        f"list_transform([regexp_extract({sql}, {literal(_LOOSE)}, "
        "['y', 'm', 'd', 'h', 'i', 's', 'f', 'z'])], lambda g: TRY_CAST(CASE WHEN g.y <> '' "
        f"AND NOT ({refused}) AND (g.h = '' OR TRY_CAST(g.h AS INT) < 24) THEN "
        "g.y || '-' || if(g.m = '', '1', g.m) || '-' || if(g.d = '', '1', g.d) || ' ' || "
        "if(g.h = '', '0', g.h) || ':' || if(g.i = '', '0', g.i) || ':' || if(g.s = '', '0', g.s) || '.' || "
        f"if(g.f = '', '0', g.f[1:6]) || {zone} END AS {duck}))[1]"
    )
    return f"CASE WHEN {plain} THEN TRY_CAST({sql} AS {duck}) WHEN {sql} IS NOT NULL THEN {loose} END"


def _parsed(sql: str, pattern: Pattern) -> str:
    if pattern.has_zone:
        sql = f"regexp_replace({sql}, 'Z$', '+00:00')"
    value = f"strptime({sql}, {literal(pattern.format)})"
    if not pattern.short_year:
        return value
    return f"(CASE WHEN year({value}) < 2000 THEN {value} + INTERVAL 100 YEAR ELSE {value} END)"


def _fraction(sql: str, duck: str) -> str:
    bare = f"rtrim({sql}, {literal(_blanks() + 'dDfF')})"
    return (
        f"CASE WHEN regexp_full_match({sql}, '-?[0-9]+(\\.[0-9]+)?') THEN TRY_CAST({sql} AS {duck}) "
        f"WHEN {sql} IN ('NaN', 'Inf', '-Inf', 'Infinity', '+Infinity', '-Infinity') "
        f"THEN TRY_CAST({sql} AS {duck}) "
        f"WHEN regexp_full_match({sql}, {literal(_NUMBER)}) THEN TRY_CAST(ltrim({bare}, {literal(_blanks())}) "
        f"AS {duck}) END"
    )


def _blanks() -> str:
    return "".join(map(chr, range(1, 0x21)))
