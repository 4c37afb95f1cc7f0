"""One schema out of several: what files of one input have in common.

Columns are united by name without regard to case, in the order in which they were first seen. Two types
become the narrowest that holds both, as in Spark's inference; where there is none, STRING.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from tailrace.model import types as t

_WHOLE = (t.BYTE, t.SHORT, t.INT, t.LONG)
_DIGITS: dict[t.DataType, int] = {t.BYTE: 3, t.SHORT: 5, t.INT: 10, t.LONG: 20}


def widest(left: t.DataType, right: t.DataType) -> t.DataType:
    """The type that values of both have in one column."""
    if left == right or right == t.VOID:
        return left
    if left == t.VOID:
        return right
    if isinstance(left, t.NumericType) and isinstance(right, t.NumericType):
        return _number(left, right)
    if {left, right} <= {t.DATE, t.TIMESTAMP}:
        return t.TIMESTAMP
    if isinstance(left, t.ArrayType) and isinstance(right, t.ArrayType):
        return t.ArrayType(widest(left.element, right.element))
    if isinstance(left, t.StructType) and isinstance(right, t.StructType):
        fields = {f.name: f.type for f in left.fields}
        for field in right.fields:
            fields[field.name] = widest(fields.get(field.name, t.VOID), field.type)
        return t.StructType(tuple(t.Field(name, fields[name]) for name in sorted(fields)))
    return t.STRING


def _number(left: t.DataType, right: t.DataType) -> t.DataType:
    if left in _WHOLE and right in _WHOLE:
        return max(left, right, key=_WHOLE.index)
    if not isinstance(left, (t.DoubleType, t.FloatType)) and not isinstance(
        right, (t.DoubleType, t.FloatType)
    ):
        a, b = _decimal(left), _decimal(right)
        scale = max(a.scale, b.scale)
        digits = max(a.precision - a.scale, b.precision - b.scale) + scale
        return t.DecimalType(digits, scale) if digits <= 38 else t.DOUBLE
    return t.DOUBLE


def _decimal(type_: t.DataType) -> t.DecimalType:
    return type_ if isinstance(type_, t.DecimalType) else t.DecimalType(_DIGITS[type_], 0)


def unite(schemas: Iterable[t.Schema]) -> t.Schema:
    """The union of schemas; a column keeps the name under which it was first seen."""
    names: dict[str, str] = {}
    types: dict[str, t.DataType] = {}
    for schema in schemas:
        for field in schema.fields:
            key = field.name.lower()
            names.setdefault(key, field.name)
            types[key] = widest(types.get(key, t.VOID), field.type)
    return t.Schema(tuple(t.Field(names[key], types[key]) for key in names))


def settled(type_: t.DataType) -> t.DataType:
    """Without VOID: what was NULL everywhere is a STRING."""
    if type_ == t.VOID:
        return t.STRING
    if isinstance(type_, t.ArrayType):
        return t.ArrayType(settled(type_.element))
    if isinstance(type_, t.StructType):
        return t.StructType(tuple(t.Field(f.name, settled(f.type)) for f in type_.fields))
    return type_


def hinted(schema: t.Schema, hints: t.Schema | None) -> t.Schema:
    """`schema` with the hints' types; a hinted column that was not found comes last."""
    if hints is None:
        return schema
    fields = [
        t.Field(f.name, h.type, h.nullable) if (h := hints.find(f.name)) is not None else f
        for f in schema.fields
    ]
    return t.Schema((*fields, *(h for h in hints.fields if schema.find(h.name) is None)))


def folder_type(values: Sequence[str]) -> t.DataType:
    """The type of a `key=value` folder's values."""
    given = [value for value in values if value != "__HIVE_DEFAULT_PARTITION__"]
    if given and all(re.fullmatch(r"-?\d{1,18}", value) for value in given):
        return t.INT if all(-(2**31) <= int(value) < 2**31 for value in given) else t.LONG
    if given and all(re.fullmatch(r"\d{4}-\d{2}-\d{2}", value) for value in given):
        return t.DATE
    return t.STRING
