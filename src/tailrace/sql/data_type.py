"""Types as queries write them (sqlglot's) and as text, as values of the model."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from tailrace.model import types as t
from tailrace.sql import intervals
from tailrace.sql.errors import Origin

_T = exp.DataType.Type
_SIMPLE: dict[Any, t.DataType] = {
    _T.BOOLEAN: t.BOOLEAN,
    _T.TINYINT: t.BYTE,
    _T.SMALLINT: t.SHORT,
    _T.INT: t.INT,
    _T.BIGINT: t.LONG,
    _T.FLOAT: t.FLOAT,
    _T.DOUBLE: t.DOUBLE,
    _T.TEXT: t.STRING,
    _T.BINARY: t.BINARY,
    _T.DATE: t.DATE,
    _T.TIMESTAMP: t.TIMESTAMP,
    _T.TIMESTAMPTZ: t.TIMESTAMP,
    _T.TIMESTAMPLTZ: t.TIMESTAMP,
    _T.TIMESTAMPNTZ: t.TIMESTAMP_NTZ,
    _T.NULL: t.VOID,
}


def data_type(node: Any, origin: Origin) -> t.DataType:
    """The model's type of a parsed type; refused by name where there is none."""
    kind = node.this if isinstance(node, exp.DataType) else None
    if isinstance(kind, exp.Interval):
        return _interval(kind, origin)
    inner = list(node.expressions) if kind is not None else []
    if kind in _SIMPLE and not (inner and kind not in (_T.TEXT,)):
        if inner:
            raise origin.refused(f"The type {node.sql('databricks')} is not answered.", node)
        return _SIMPLE[kind]
    if kind == _T.DECIMAL:
        sizes = [int(part.this.name) for part in inner]
        precision, scale = (sizes + [10, 0][len(sizes) :]) if len(sizes) < 2 else sizes[:2]
        if not (1 <= precision <= 38 and 0 <= scale <= precision):
            raise origin.wrong(f"DECIMAL({precision},{scale}) does not exist.", node)
        return t.DecimalType(precision, scale)
    if kind == _T.ARRAY and len(inner) == 1:
        return t.ArrayType(data_type(inner[0], origin))
    if kind == _T.MAP and len(inner) == 2:
        return t.MapType(data_type(inner[0], origin), data_type(inner[1], origin))
    if kind == _T.STRUCT:
        return t.StructType(tuple(_field(part, origin) for part in inner))
    named = kind.name if kind == _T.TIME else node.sql("databricks")
    raise origin.refused(f"The type {named} is not answered.", node)


def _interval(node: exp.Interval, origin: Origin) -> t.DataType:
    span: Any = node.args.get("unit")
    ends = (span.this, span.expression) if isinstance(span, exp.IntervalSpan) else (span, span)
    found = intervals.spanning(*(str(end.name).lower() for end in ends)) if span is not None else None
    if found is None:
        raise origin.refused("An INTERVAL that is neither of months nor of days is not answered.", node)
    return found


def _field(node: Any, origin: Origin) -> t.Field:
    if not isinstance(node, exp.ColumnDef):
        raise origin.refused("A field of STRUCT needs a name and a type.", node)
    required = any(
        isinstance(c.kind, exp.NotNullColumnConstraint) for c in node.args.get("constraints") or []
    )
    return t.Field(node.name, data_type(node.args["kind"], origin), not required)
