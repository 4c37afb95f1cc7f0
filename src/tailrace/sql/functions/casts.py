"""Casts between types: `CAST`, `TRY_CAST`, `::` and the ones that Spark inserts.

`cast_sql` is the only door. A pair is here when DuckDB's text answers as Spark's cast does for every
value; a pair that Spark takes and that is not here is `NotAnswered`, one that Spark refuses `Mismatch`.
"""

from __future__ import annotations

from tailrace.model import types as t
from tailrace.sql import coerce
from tailrace.sql.duck_types import duck
from tailrace.sql.errors import Mismatch, NotAnswered
from tailrace.sql.typed import fail

_RANK: dict[t.DataType, int] = {t.BYTE: 0, t.SHORT: 1, t.INT: 2, t.LONG: 3}
_BLANKS = r"[\x00-\x20]*"


def cast_sql(sql: str, source: t.DataType, target: t.DataType, safe: bool = False) -> tuple[str, bool]:
    """DuckDB SQL of the cast and whether it can fail. `safe` is TRY_CAST: NULL where a cast would fail."""
    text, fallible = _cast(sql, source, target)
    if safe and fallible:
        return f"TRY({text})", False
    return text, fallible


def _cast(sql: str, source: t.DataType, target: t.DataType) -> tuple[str, bool]:
    if source == target:
        return sql, False
    if isinstance(source, t.VoidType):
        return f"CAST(NULL AS {duck(target)})", False
    if isinstance(source, t.NumericType) and isinstance(target, t.NumericType):
        return _between_numbers(sql, source, target)
    if coerce.is_datetime(source) and coerce.is_datetime(target):
        return f"CAST({sql} AS {duck(target)})", False
    if isinstance(source, t.StringType):
        return _from_string(sql, target)
    if isinstance(target, t.StringType):
        return _to_string(sql, source)
    if isinstance(source, t.BooleanType) and isinstance(target, (t.IntegralType, t.FloatType, t.DoubleType)):
        return f"CAST({sql} AS {duck(target)})", False
    if isinstance(target, t.BooleanType) and isinstance(source, t.NumericType):
        return f"({sql} <> 0)", False
    if isinstance(source, t.ArrayType) and isinstance(target, t.ArrayType):
        inner, fallible = _cast("_e", source.element, target.element)
        return (sql, False) if inner == "_e" else (f"list_transform({sql}, lambda _e: {inner})", fallible)
    if isinstance(source, t.StructType) and isinstance(target, t.StructType):
        return _between_structs(sql, source, target)
    if not coerce.is_atomic(source) or not coerce.is_atomic(target):
        if type(source) is not type(target):
            raise _refused_by_spark(source, target)
    raise NotAnswered(f"a cast from {source.simple_string} to {target.simple_string} is not answered")


def _refused_by_spark(source: t.DataType, target: t.DataType) -> Mismatch:
    return Mismatch(
        f"[DATATYPE_MISMATCH.CAST_WITHOUT_SUGGESTION] cannot cast "
        f'"{source.simple_string.upper()}" to "{target.simple_string.upper()}"'
    )


def _between_numbers(sql: str, source: t.DataType, target: t.DataType) -> tuple[str, bool]:
    name = duck(target)
    if source in _RANK and target in _RANK:
        return f"CAST({sql} AS {name})", _RANK[source] > _RANK[target]
    if isinstance(target, t.IntegralType):
        return f"CAST(trunc({sql}) AS {name})", True
    if isinstance(target, t.DecimalType):
        if isinstance(source, (t.FloatType, t.DoubleType)):
            raise NotAnswered(f"a cast from {source.simple_string} to {target.simple_string} is not answered")
        held = coerce.decimal_of(source)
        fits = target.precision - target.scale >= held.precision - held.scale and target.scale >= held.scale
        return f"CAST({sql} AS {name})", not fits
    if source == t.DOUBLE and target == t.FLOAT:
        raise NotAnswered("a cast from double to float is not answered")
    return f"CAST({sql} AS {name})", False


def _between_structs(sql: str, source: t.StructType, target: t.StructType) -> tuple[str, bool]:
    if len(source.fields) != len(target.fields):
        raise _refused_by_spark(source, target)
    parts, fallible = [], False
    for index, (have, want) in enumerate(zip(source.fields, target.fields, strict=True)):
        text, fails = _cast(f"struct_extract_at({sql}, {index + 1})", have.type, want.type)
        parts.append(f'"{want.name}" := {text}')
        fallible = fallible or fails
    return f"CASE WHEN {sql} IS NOT NULL THEN struct_pack({', '.join(parts)}) END", fallible


def _from_string(sql: str, target: t.DataType) -> tuple[str, bool]:
    name = duck(target)
    if isinstance(target, t.IntegralType):
        pattern = f"{_BLANKS}[+-]?[0-9]+{_BLANKS}"
        bad = fail("CAST_INVALID_INPUT", f"The value cannot be cast to {target.simple_string.upper()}.")
        return (
            f"CASE WHEN {sql} IS NULL THEN NULL WHEN regexp_full_match({sql}, '{pattern}') "
            f"THEN CAST(regexp_extract({sql}, '[+-]?[0-9]+') AS {name}) ELSE {bad} END",
            True,
        )
    if isinstance(target, t.BooleanType):
        word = f"lower(trim({sql}))"
        bad = fail("CAST_INVALID_INPUT", "The value cannot be cast to BOOLEAN.")
        return (
            f"CASE WHEN {sql} IS NULL THEN NULL WHEN {word} IN ('t','true','y','yes','1') THEN true "
            f"WHEN {word} IN ('f','false','n','no','0') THEN false ELSE {bad} END",
            True,
        )
    if isinstance(target, t.BinaryType):
        return f"encode({sql})", False
    if not coerce.is_atomic(target):
        raise _refused_by_spark(t.STRING, target)
    raise NotAnswered(f"a cast from string to {target.simple_string} is not answered")


def _to_string(sql: str, source: t.DataType) -> tuple[str, bool]:
    if isinstance(source, (t.IntegralType, t.DecimalType, t.BooleanType, t.DateType)):
        return f"CAST({sql} AS VARCHAR)", False
    if isinstance(source, t.BinaryType):
        return f"decode({sql})", True
    raise NotAnswered(f"a cast from {source.simple_string} to string is not answered")
