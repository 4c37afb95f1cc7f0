"""Values between Python and the fixtures' JSON."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from typing import Any

from pyspark.sql import types as st

UTC = dt.UTC


def to_python(value: Any, type_: st.DataType) -> Any:
    """What `createDataFrame` takes for a fixture's value."""
    if value is None:
        return None
    if isinstance(type_, (st.FloatType, st.DoubleType)):
        return float(value)
    if isinstance(type_, st.DecimalType):
        return Decimal(value)
    if isinstance(type_, st.BinaryType):
        return bytearray.fromhex(value)
    if isinstance(type_, st.DateType):
        return dt.date.fromisoformat(value)
    if isinstance(type_, st.TimestampType):
        return dt.datetime.fromisoformat(value).replace(tzinfo=UTC)
    if isinstance(type_, st.TimestampNTZType):
        return dt.datetime.fromisoformat(value)
    if isinstance(type_, st.ArrayType):
        return [to_python(v, type_.elementType) for v in value]
    if isinstance(type_, st.MapType):
        return {to_python(k, type_.keyType): to_python(v, type_.valueType) for k, v in value}
    if isinstance(type_, st.StructType):
        return tuple(to_python(v, f.dataType) for v, f in zip(value, type_.fields, strict=True))
    return value


def to_json(value: Any, type_: st.DataType) -> Any:
    """A collected value as the fixtures write it."""
    if value is None:
        return None
    if isinstance(type_, (st.FloatType, st.DoubleType)):
        if math.isnan(value):
            return "NaN"
        return ("Infinity" if value > 0 else "-Infinity") if math.isinf(value) else value
    if isinstance(type_, st.DecimalType):
        return format(value, "f")
    if isinstance(type_, st.BinaryType):
        return bytes(value).hex()
    if isinstance(type_, st.DateType):
        return value.isoformat()
    if isinstance(type_, st.TimestampType):
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ")
    if isinstance(type_, st.TimestampNTZType):
        return value.isoformat(" ")
    if isinstance(type_, st.DayTimeIntervalType):
        return (value.days * 86400 + value.seconds) * 1_000_000 + value.microseconds
    if isinstance(type_, st.ArrayType):
        return [to_json(v, type_.elementType) for v in value]
    if isinstance(type_, st.MapType):
        return [[to_json(k, type_.keyType), to_json(v, type_.valueType)] for k, v in value.items()]
    if isinstance(type_, st.StructType):
        return [to_json(v, f.dataType) for v, f in zip(value, type_.fields, strict=True)]
    return value
