"""CAST and TRY_CAST between types, as Spark's ANSI mode answers them in UTC.

`cast_sql` gives DuckDB SQL that raises with Spark's condition where Spark does (NULL for TRY_CAST).
Texts are judged by regular expressions first, so that what DuckDB would read more generously, or a bad
row among good ones, costs no exception inside: the only thing that raises is one CAST of a marked text.
Bytes that are not UTF-8 raise when cast to STRING, where Spark keeps them broken (a declared exception).
"""

from __future__ import annotations

from collections.abc import Callable

from tailrace.model import types as t
from tailrace.sql.duck_types import duck
from tailrace.sql.errors import Mismatch
from tailrace.sql.functions.casts_intervals import interval_cast
from tailrace.sql.functions.casts_nested import parts_cast
from tailrace.sql.functions.time_text import date_text, time_text
from tailrace.sql.typed import fail, once, text

BLANKS = r"[\x00-\x20\x7F]*"
"""What Spark trims around a text before it reads a value from it: blanks and control characters."""
_TRIMMED = "chr(32) || chr(9) || chr(10) || chr(11) || chr(12) || chr(13)"
_INTEGER = f"^{BLANKS}([+-]?[0-9]+){BLANKS}$"
_NUMBER = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_JAVA_BLANKS = r"[\x00-\x20]*"
_TRUE = ("t", "true", "y", "yes", "1")
_FALSE = ("f", "false", "n", "no", "0")

Lower = Callable[[str, t.DataType, bool], str]


def cast_sql(sql: str, source: t.DataType, target: t.DataType, safe: bool = False) -> tuple[str, bool]:
    """DuckDB SQL for `CAST(sql AS target)` (`safe`: TRY_CAST), and whether it can fail.

    Raises Mismatch for pairs that Spark refuses, NotAnswered for what only Tailrace does not answer.
    """
    if source == target:
        return sql, False
    if isinstance(source, t.VoidType):
        return f"CAST({sql} AS {duck(target)})", False
    nested = parts_cast(sql, source, target, safe, cast_sql)
    nested = nested or interval_cast(sql, source, target, safe, cast_sql)
    if nested is not None:
        return nested
    below_one = isinstance(source, t.DecimalType) and source.precision == source.scale
    if below_one and isinstance(target, t.StringType):  # DuckDB leaves the zero before the point away
        return rf"regexp_replace(CAST({sql} AS VARCHAR), '^(-?)[.]', '\10.')", False
    if isinstance(source, t.DecimalType) and isinstance(target, t.TimestampType):
        return _decimal_to_ts(sql, source), False
    found = _RULES.get((_family(source), _family(target)))
    if found is None:
        raise Mismatch(
            f'[DATATYPE_MISMATCH.CAST_WITHOUT_SUGGESTION] "{source.simple_string.upper()}" cannot be cast to '
            f'"{target.simple_string.upper()}"'
        )
    lower, fallible = found
    if not fallible or _widens(source, target):
        return lower(sql, target, safe), False
    return lower(sql, target, safe), not safe


_DIGITS: dict[t.DataType, int] = {t.BYTE: 3, t.SHORT: 5, t.INT: 10, t.LONG: 19}


def _widens(source: t.DataType, target: t.DataType) -> bool:
    order = (t.BYTE, t.SHORT, t.INT, t.LONG)
    if source in order and target in order:
        return order.index(source) <= order.index(target)
    if isinstance(target, t.DecimalType):
        digits = _DIGITS.get(source)
        if digits is not None:
            return target.precision - target.scale >= digits
        if isinstance(source, t.DecimalType):
            return (
                target.scale >= source.scale
                and target.precision - target.scale >= source.precision - source.scale
            )
    return False


def _family(kind: t.DataType) -> str:
    for family, classes in _FAMILIES.items():
        if isinstance(kind, classes):
            return family
    return kind.simple_string


_FAMILIES: dict[str, tuple[type[t.DataType], ...]] = {
    "bool": (t.BooleanType,),
    "int": (t.IntegralType,),
    "float": (t.FloatType,),
    "double": (t.DoubleType,),
    "decimal": (t.DecimalType,),
    "string": (t.StringType,),
    "binary": (t.BinaryType,),
    "date": (t.DateType,),
    "ts": (t.TimestampType,),
    "ntz": (t.TimestampNTZType,),
}


def _word(safe: bool) -> str:
    return "TRY_CAST" if safe else "CAST"


def _plain(sql: str, target: t.DataType, safe: bool) -> str:
    return f"{_word(safe)}({sql} AS {duck(target)})"


def _sure(sql: str, target: t.DataType, safe: bool) -> str:
    return f"CAST({sql} AS {duck(target)})"


def invalid(value: str, target: t.DataType) -> str:
    """DuckDB text that names a value which is no `target`; casting it to anything raises."""
    return f"'[CAST_INVALID_INPUT] The value is no {target.simple_string.upper()}: ' || {value}"


def _text_cast(value: str, arms: str, target: t.DataType, safe: bool) -> str:
    otherwise = "" if safe else f" ELSE {invalid(value, target)}"
    return f"{_word(safe)}(CASE {arms}{otherwise} END AS {duck(target)})"


# From STRING


def _string_to_int(sql: str, target: t.DataType, safe: bool) -> str:
    def body(v: str) -> str:
        return _text_cast(
            v,
            f"WHEN regexp_full_match({v}, '[+-]?[0-9]+') THEN {v} "
            f"WHEN regexp_matches({v}, '{_INTEGER}') THEN regexp_extract({v}, '{_INTEGER}', 1)",
            target,
            safe,
        )

    return once([sql], lambda names: body(names[0]))


def _string_to_float(sql: str, target: t.DataType, safe: bool) -> str:
    loose = f"^{_JAVA_BLANKS}({_NUMBER})[dDfF]?{_JAVA_BLANKS}$"
    special = f"(?i)^{_JAVA_BLANKS}([+-]?inf(?:inity)?|nan){_JAVA_BLANKS}$"

    def body(v: str) -> str:
        return _text_cast(
            v,
            f"WHEN regexp_full_match({v}, '{_NUMBER}') THEN {v} "
            f"WHEN regexp_matches({v}, '{loose}') THEN regexp_extract({v}, '{loose}', 1) "
            f"WHEN regexp_matches({v}, '{special}') THEN lower(regexp_extract({v}, '{special}', 1))",
            target,
            safe,
        )

    return once([sql], lambda names: body(names[0]))


def _string_to_decimal(sql: str, target: t.DataType, safe: bool) -> str:
    loose = f"^{BLANKS}({_NUMBER}){BLANKS}$"

    def body(v: str) -> str:
        arms = f"WHEN regexp_matches({v}, '{loose}') THEN regexp_extract({v}, '{loose}', 1)"
        return _narrowed(_text_cast(v, arms, _roomy(target), safe), target, safe)

    return once([sql], lambda names: body(names[0]))


def _roomy(target: t.DataType) -> t.DataType:
    """DuckDB reads no exponent into a DECIMAL without a digit before the point: read it into a wider one."""
    assert isinstance(target, t.DecimalType)
    return t.DecimalType(38, target.scale) if target.precision == target.scale < 38 else target


def _narrowed(sql: str, target: t.DataType, safe: bool) -> str:
    return sql if _roomy(target) == target else f"{_word(safe)}({sql} AS {duck(target)})"


def _string_to_bool(sql: str, target: t.DataType, safe: bool) -> str:
    def listed(words: tuple[str, ...]) -> str:
        return f"'(?i)^{BLANKS}({'|'.join(words)}){BLANKS}$'"

    def body(v: str) -> str:
        return _text_cast(
            v,
            f"WHEN regexp_matches({v}, {listed(_TRUE)}) THEN 'true' "
            f"WHEN regexp_matches({v}, {listed(_FALSE)}) THEN 'false'",
            target,
            safe,
        )

    return once([sql], lambda names: body(names[0]))


_YEAR = r"[+]?(-?[0-9]{4,7})"
_DATE = rf"^{BLANKS}{_YEAR}(?:-([0-9]{{1,2}})(?:-([0-9]{{1,2}})(?:[ T](?s:.*))?)?)?{BLANKS}$"
_PLAIN_DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}"


def _string_to_date(sql: str, target: t.DataType, safe: bool) -> str:
    def body(v: str) -> str:
        return _text_cast(
            v,
            f"WHEN regexp_full_match({v}, '{_PLAIN_DATE}') THEN {v} "
            f"WHEN regexp_matches({v}, '{_DATE}') THEN {_date_text(v, _DATE)}",
            target,
            safe,
        )

    return once([sql], lambda names: body(names[0]))


def _date_text(v: str, pattern: str) -> str:
    parts = f"regexp_extract({v}, '{pattern}', ['y', 'm', 'd'])"
    return f"list_transform([{parts}], lambda _p: {_day_of('_p')})[1]"


def _day_of(parts: str) -> str:
    def part(name: str) -> str:
        return f"coalesce(nullif({parts}.{name}, ''), '1')"

    return f"{parts}.y || '-' || {part('m')} || '-' || {part('d')}"


_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?"
_PLAIN_TIME = rf"{_PLAIN_DATE}[ T]{_CLOCK}"
_LOOSE_CLOCK = r"([01]?[0-9]|2[0-3])(?::([0-5]?[0-9])(?::([0-5]?[0-9])(?:\.([0-9]*))?)?)?"
_ZONE = (
    r" *(Z|UTC|GMT|UT|(?:UTC|GMT|UT)?[+-](?:(?:0?[0-9]|1[0-7])(?::?[0-5][0-9]|:[0-9])?(?::?[0-5][0-9])?|18(?::?00)?)|"
    r"[A-Z][A-Za-z]+/[A-Za-z_/+-]+[0-9]*)"
)
_TIME = (
    rf"^{BLANKS}{_YEAR}(?:-([0-9]{{1,2}})(?:-([0-9]{{1,2}})(?:[ T]{_LOOSE_CLOCK}(?:{_ZONE})?)?)?)?{BLANKS}$"
)

_H, _M = "(?:[01]?[0-9]|2[0-3])", "[0-5]?[0-9]"
_TIME_OF_DAY = rf"^{BLANKS}(?:T{_H}|T?{_H}:{_M}(?::{_M}(?:\.[0-9]*)?(?:{_ZONE})?)?){BLANKS}$"
"""What Spark reads as a time of today."""


def _string_to_ts(sql: str, target: t.DataType, safe: bool) -> str:
    zoned = isinstance(target, t.TimestampType)
    suffix = "Z?" if zoned else ""

    today = fail("UNSUPPORTED_FEATURE", "A time of day without a date is not answered")

    def body(v: str) -> str:
        clock = f" WHEN regexp_matches({v}, '{_TIME_OF_DAY}') THEN {today}" if zoned and safe else ""
        return _text_cast(
            v,
            f"WHEN regexp_full_match({v}, '{_PLAIN_TIME}{suffix}') THEN {v} "
            f"WHEN regexp_matches({v}, '{_TIME}') THEN {_time_text(v, zoned)}{clock}",
            target,
            safe,
        )

    return once([sql], lambda names: body(names[0]))


def _time_text(v: str, zoned: bool) -> str:
    parts = f"regexp_extract({v}, '{_TIME}', ['y', 'm', 'd', 'h', 'n', 's', 'f', 'z'])"
    clock = "lpad(_p.h, 2, '0') || ':' || lpad(_p.n, 2, '0') || ':' || lpad(_p.s, 2, '0')"
    local = f"{_day_of('_p')} || ' ' || {clock} || '.' || rpad(left(_p.f, 6), 6, '0')"
    whole = f"{local} || {_offset_text('_p.z')}" if zoned else local
    return f"list_transform([{parts}], lambda _p: {whole})[1]"


def _offset_text(zone: str) -> str:
    """A zone's text as DuckDB reads it after a time: `+hh:mm`; a region by its name."""
    number = f"regexp_extract({zone}, '([+-])([0-9]{{1,2}}):?([0-9]{{0,2}})', "
    return (
        f"CASE WHEN regexp_full_match({zone}, '|Z|UTC|GMT|UT') THEN '+00' "
        f"WHEN regexp_matches({zone}, '[+-]') THEN {number}1) || lpad({number}2), 2, '0') || ':' || lpad({number}3), 2, '0') "
        f"ELSE ' ' || {zone} END"
    )


# From numbers


def _trunc_to_int(sql: str, target: t.DataType, safe: bool) -> str:
    return f"{_word(safe)}(trunc({sql}) AS {duck(target)})"


def _double_to_int(sql: str, target: t.DataType, safe: bool) -> str:
    if target != t.LONG:
        return _trunc_to_int(sql, target, safe)
    edge = "CAST('9223372036854775808' AS DOUBLE)"  # Java's toLong stops at the greatest BIGINT
    return once(
        [sql],
        lambda v: (
            f"CASE WHEN {v[0]} = {edge} THEN 9223372036854775807 ELSE {_trunc_to_int(v[0], target, safe)} END"
        ),
    )


def _number_to_bool(sql: str, target: t.DataType, safe: bool) -> str:
    return f"({sql} <> 0)"


def _double_to_float(sql: str, target: t.DataType, safe: bool) -> str:
    most = "CAST('3.4028235677973366e38' AS DOUBLE)"  # half a unit above the greatest FLOAT
    return once(
        [sql],
        lambda v: (
            f"CASE WHEN isnan({v[0]}) THEN CAST('nan' AS FLOAT) WHEN {v[0]} >= {most} THEN CAST('inf' AS FLOAT) "
            f"WHEN {v[0]} <= -{most} THEN CAST('-inf' AS FLOAT) ELSE CAST({v[0]} AS FLOAT) END"
        ),
    )


def _double_to_decimal(sql: str, target: t.DataType, safe: bool) -> str:
    def body(v: str) -> str:
        read = f"{_word(safe)}(CAST({v} AS VARCHAR) AS {duck(_roomy(target))})"
        return f"CASE WHEN isfinite({v}) THEN {_narrowed(read, target, safe)} END"

    return once([sql], lambda names: body(names[0]))


def _float_to_decimal(sql: str, target: t.DataType, safe: bool) -> str:
    return _double_to_decimal(f"CAST({sql} AS DOUBLE)", target, safe)


def _bool_to_decimal(sql: str, target: t.DataType, safe: bool) -> str:
    return f"{_word(safe)}(CAST({sql} AS INTEGER) AS {duck(target)})"


def double_text(sql: str) -> str:
    """A DOUBLE or FLOAT as Java prints it: `1.0`, `1.0E7`, `9.99E-4`, `NaN`."""

    def body(v: str) -> str:
        digits = f"CAST(abs({v}) AS VARCHAR)"
        sign = f"CASE WHEN {v} < 0 THEN '-' ELSE '' END"
        head = f"split_part({digits}, 'e', 1)"
        exponent = f"CAST(CAST(split_part({digits}, 'e', 2) AS INTEGER) AS VARCHAR)"
        whole = f"split_part({digits}, '.', 1)"
        bare = f"trim(replace({digits}, '.', ''), '0')"
        mantissa = f"left({bare}, 1) || '.' || coalesce(nullif(substr({bare}, 2), ''), '0')"
        zeros = f"(length(regexp_extract({digits}, '^0\\.(0*)', 1)) + 1)"
        return (
            f"CASE WHEN isnan({v}) THEN 'NaN' WHEN isinf({v}) THEN CASE WHEN {v} > 0 THEN 'Infinity' ELSE '-Infinity' END "
            f"WHEN {v} = 0 OR (abs({v}) >= 0.001 AND abs({v}) < 10000000) THEN CAST({v} AS VARCHAR) "
            f"WHEN contains({digits}, 'e') THEN {sign} || {head} || CASE WHEN contains({head}, '.') THEN '' ELSE '.0' END || 'E' || {exponent} "
            f"WHEN abs({v}) >= 1 THEN {sign} || {mantissa} || 'E' || CAST(length({whole}) - 1 AS VARCHAR) "
            f"ELSE {sign} || {mantissa} || 'E-' || CAST({zeros} AS VARCHAR) END"
        )

    return once([sql], lambda names: body(names[0]))


def _double_to_string(sql: str, target: t.DataType, safe: bool) -> str:
    return double_text(sql)


_SECONDS_MAX = 9_223_372_036_854
"""Seconds whose microseconds fit in a BIGINT: 2**63 // 10**6."""


def _int_to_ts(sql: str, target: t.DataType, safe: bool) -> str:
    return f"CAST(make_timestamp(CAST({sql} AS BIGINT) * 1000000) AS TIMESTAMPTZ)"


def _double_to_ts(sql: str, target: t.DataType, safe: bool) -> str:
    def body(v: str) -> str:
        bad = "NULL" if safe else fail("CAST_INVALID_INPUT", "The value is no TIMESTAMP: it is not finite")
        moment = f"CAST(make_timestamp({_word(safe)}(trunc({v} * 1000000) AS BIGINT)) AS TIMESTAMPTZ)"
        return f"CASE WHEN NOT isfinite({v}) THEN {bad} ELSE {moment} END"

    return once([f"CAST({sql} AS DOUBLE)"], lambda names: body(names[0]))


def _decimal_to_ts(sql: str, source: t.DecimalType) -> str:
    """Seconds, cut after the microsecond; Java's product of larger numbers goes round."""
    if source.precision - source.scale <= 12 and source.precision <= 31:
        wide = f"CAST({sql} AS DECIMAL(38,{source.scale}))"
        return f"CAST(make_timestamp(CAST(trunc({wide} * 1000000) AS BIGINT)) AS TIMESTAMPTZ)"
    round_ = 2**64
    shift = source.scale - 6
    cut = f"{unscaled(sql)} // {10**shift}" if shift >= 0 else f"({unscaled(sql)} % {round_}) * {10**-shift}"
    low = f"(({cut}) % {round_} + {round_ + 2**63}::HUGEINT) % {round_} - {2**63}::HUGEINT"
    return f"CAST(make_timestamp(CAST({low} AS BIGINT)) AS TIMESTAMPTZ)"


def unscaled(sql: str) -> str:
    """A DECIMAL without its point, as a HUGEINT."""
    return f"CAST(replace(CAST({sql} AS VARCHAR), '.', '') AS HUGEINT)"


# From and to dates and times


def _micros(sql: str) -> str:
    return f"epoch_us({sql})"


def epoch_seconds(sql: str) -> str:
    """Whole seconds since 1970 of a TIMESTAMP, towards the past."""
    return f"CAST(floor(epoch_us({sql}) / 1000000) AS BIGINT)"


def _ts_to_int(sql: str, target: t.DataType, safe: bool) -> str:
    seconds = once(
        [_micros(sql)], lambda v: f"(({v[0]} - (({v[0]} % 1000000) + 1000000) % 1000000) // 1000000)"
    )
    return seconds if target == t.LONG else f"{_word(safe)}({seconds} AS {duck(target)})"


def _ts_to_float(sql: str, target: t.DataType, safe: bool) -> str:
    return f"CAST(CAST({_micros(sql)} AS DOUBLE) / 1000000 AS {duck(target)})"


def _ts_to_decimal(sql: str, target: t.DataType, safe: bool) -> str:
    exact = f"CAST({_micros(sql)} AS DECIMAL(20,0)) * CAST('0.000001' AS DECIMAL(7,6))"
    return f"{_word(safe)}({exact} AS {duck(target)})"


def _date_to_ts(sql: str, target: t.DataType, safe: bool) -> str:
    return f"CAST(CAST({sql} AS TIMESTAMP) AS TIMESTAMPTZ)"


def _ts_to_string(sql: str, target: t.DataType, safe: bool) -> str:
    return time_text(f"CAST({sql} AS TIMESTAMP)")


def _string_to_binary(sql: str, target: t.DataType, safe: bool) -> str:
    return f"encode({sql})"


def _binary_to_string(sql: str, target: t.DataType, safe: bool) -> str:
    return f"decode({sql})"


_NUMBERS = ("int", "float", "double", "decimal")
_RULES: dict[tuple[str, str], tuple[Lower, bool]] = {
    ("string", "int"): (_string_to_int, True),
    ("string", "float"): (_string_to_float, True),
    ("string", "double"): (_string_to_float, True),
    ("string", "decimal"): (_string_to_decimal, True),
    ("string", "bool"): (_string_to_bool, True),
    ("string", "date"): (_string_to_date, True),
    ("string", "ts"): (_string_to_ts, True),
    ("string", "ntz"): (_string_to_ts, True),
    ("string", "binary"): (_string_to_binary, False),
    ("binary", "string"): (_binary_to_string, True),
    ("int", "int"): (_plain, True),
    ("int", "float"): (_sure, False),
    ("int", "double"): (_sure, False),
    ("int", "decimal"): (_plain, True),
    ("int", "string"): (_sure, False),
    ("int", "ts"): (_int_to_ts, True),
    ("float", "int"): (_double_to_int, True),
    ("double", "int"): (_double_to_int, True),
    ("decimal", "int"): (_trunc_to_int, True),
    ("float", "double"): (_sure, False),
    ("double", "float"): (_double_to_float, False),
    ("decimal", "float"): (_sure, False),
    ("decimal", "double"): (_sure, False),
    ("decimal", "decimal"): (_plain, True),
    ("float", "decimal"): (_float_to_decimal, True),
    ("double", "decimal"): (_double_to_decimal, True),
    ("float", "string"): (_double_to_string, False),
    ("double", "string"): (_double_to_string, False),
    ("decimal", "string"): (_sure, False),
    ("float", "ts"): (_double_to_ts, True),
    ("double", "ts"): (_double_to_ts, True),
    **{(kind, "bool"): (_number_to_bool, False) for kind in _NUMBERS},
    **{("bool", kind): (_sure, False) for kind in ("int", "float", "double", "string")},
    ("bool", "decimal"): (_bool_to_decimal, True),
    ("ts", "int"): (_ts_to_int, True),
    ("ts", "float"): (_ts_to_float, False),
    ("ts", "double"): (_ts_to_float, False),
    ("ts", "decimal"): (_ts_to_decimal, True),
    ("ts", "string"): (_ts_to_string, False),
    ("ts", "date"): (_sure, False),
    ("ts", "ntz"): (_sure, False),
    ("ntz", "string"): (lambda sql, _target, _safe: time_text(sql), False),
    ("ntz", "date"): (_sure, False),
    ("ntz", "ts"): (_sure, False),
    ("date", "string"): (lambda sql, _target, _safe: date_text(sql), False),
    ("date", "ts"): (_date_to_ts, False),
    ("date", "ntz"): (_sure, False),
}
"""Pairs of families that Spark casts, how, and whether a value can fail."""


__all__ = ["BLANKS", "cast_sql", "double_text", "epoch_seconds", "invalid", "text", "unscaled"]
