"""Values of expressions that are made of literals alone, as far as an option of a function needs them.

Spark computes such an expression before it asks whether a pattern, a unit or a number of digits is constant.
Only what gives exactly one value here and there is computed: texts put together and changed, whole numbers
that stay within INT, casts between the two. Anything else has no value and counts as a column.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlglot import exp

from tailrace.model import types as t
from tailrace.sql.typed import ABSENT

_INT_MAX = 2**31 - 1
_TEXT, _WHOLE = frozenset([exp.DataType.Type.TEXT]), frozenset([exp.DataType.Type.INT])


def value_of(node: Any) -> Any:
    """The value of an expression of literals, or ABSENT.

    It is a text, a number, a truth value, None for NULL, or a tuple of such for an array.
    """
    compute = _COMPUTED.get(type(node))
    return ABSENT if compute is None else compute(node)


def as_text(value: Any, kind: t.DataType) -> Any:
    """The value of a literal of a type after a cast to STRING, or ABSENT."""
    if value is None or value is ABSENT or isinstance(value, str):
        return value if not isinstance(value, str) or isinstance(kind, t.StringType) else ABSENT
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, bytes):
        return value.decode() if value.isascii() else ABSENT
    return ABSENT


def as_whole(value: Any) -> Any:
    """The value after a cast to INT, or ABSENT (also where the cast fails)."""
    if value is None or value is ABSENT or isinstance(value, bool):
        return ABSENT if isinstance(value, bool) else value
    if isinstance(value, str):
        return int(value) if re.fullmatch(r"\s*[+-]?[0-9]{1,9}\s*", value) and value.isascii() else ABSENT
    if isinstance(value, (int, Decimal)) and abs(int(value)) <= _INT_MAX:
        return int(value)
    return ABSENT


def _literal(node: Any) -> Any:
    if node.is_string:
        return node.name
    if re.fullmatch(r"[0-9]+", node.name):
        return int(node.name)
    return Decimal(node.name) if re.fullmatch(r"[0-9]*\.[0-9]*", node.name) else ABSENT


def _negative(node: Any) -> Any:
    value = value_of(node.this)
    return -value if isinstance(value, int) and not isinstance(value, bool) else ABSENT


def _arithmetic(combine: Callable[[int, int], int]) -> Callable[[Any], Any]:
    def compute(node: Any) -> Any:
        sides = [value_of(node.this), value_of(node.expression)]
        if any(not isinstance(side, int) or isinstance(side, bool) for side in sides):
            return ABSENT
        made = combine(*sides)
        return made if all(abs(one) <= _INT_MAX for one in (*sides, made)) else ABSENT

    return compute


def _cast(node: Any) -> Any:
    value, kind = value_of(node.this), node.args["to"].this
    if value is None or node.args["to"].expressions:
        return value if value is None else ABSENT
    if kind in _TEXT:
        return as_text(value, t.STRING)
    if kind in _WHOLE:
        return as_whole(value)
    if not isinstance(node.this, exp.Literal) or node.this.is_string:
        return ABSENT
    if kind in _FLOATING and value is not ABSENT:
        return float(value)
    return value if kind in _INTEGRAL and isinstance(value, int) and abs(value) <= 127 else ABSENT


_FLOATING = frozenset([exp.DataType.Type.DOUBLE, exp.DataType.Type.FLOAT])
_INTEGRAL = frozenset([exp.DataType.Type.BIGINT, exp.DataType.Type.SMALLINT, exp.DataType.Type.TINYINT])


def _text_function(compute: Callable[..., str], *counts: int) -> Callable[[Sequence[Any]], Any]:
    def call(nodes: Sequence[Any]) -> Any:
        if counts and len(nodes) not in counts:
            return ABSENT
        texts = [as_text(value_of(node), t.STRING) for node in nodes]
        if any(one is ABSENT for one in texts):
            return ABSENT
        return None if any(one is None for one in texts) else compute(*texts)

    return call


def _ascii(change: Callable[[str], str]) -> Callable[[Sequence[Any]], Any]:
    def call(nodes: Sequence[Any]) -> Any:
        made = _text_function(change, 1)(nodes)
        return made if made is None or (isinstance(made, str) and made.isascii()) else ABSENT

    return call


def _first(nodes: Sequence[Any]) -> Any:
    """`coalesce`: the first that is not NULL, if all are texts."""
    values = [value_of(node) for node in nodes]
    if any(value is not None and not isinstance(value, str) for value in values):
        return ABSENT
    return next((value for value in values if value is not None), None)


def _casts_to(kind: Callable[[Any], Any]) -> Callable[[Sequence[Any]], Any]:
    return lambda nodes: kind(value_of(nodes[0])) if len(nodes) == 1 else ABSENT


_CALLS: Mapping[str, Callable[[Sequence[Any]], Any]] = {
    "concat": _text_function(lambda *texts: "".join(texts)),
    "upper": _ascii(str.upper),
    "ucase": _ascii(str.upper),
    "lower": _ascii(str.lower),
    "lcase": _ascii(str.lower),
    "trim": _text_function(lambda x: x.strip(" "), 1),
    "replace": _text_function(lambda x, old, new: x.replace(old, new) if old else x, 3),
    "coalesce": _first,
    "nvl": _first,
    "ifnull": _first,
    "string": _casts_to(lambda value: as_text(value, t.STRING)),
    "int": _casts_to(as_whole),
    "array": lambda nodes: _array(nodes),
}


def _call(node: Any) -> Any:
    name = node.this.this if isinstance(node.this, exp.Identifier) else node.this
    compute = _CALLS.get(str(name).lower())
    return ABSENT if compute is None else compute(node.expressions)


def _array(nodes: Sequence[Any]) -> Any:
    values = tuple(value_of(node) for node in nodes)
    return ABSENT if any(value is ABSENT for value in values) else values


_COMPUTED: Mapping[type, Callable[[Any], Any]] = {
    exp.Literal: _literal,
    exp.RawString: lambda node: node.name,
    exp.Null: lambda node: None,
    exp.Boolean: lambda node: bool(node.this),
    exp.Paren: lambda node: value_of(node.this),
    exp.Concat: lambda node: _CALLS["concat"](node.expressions),
    exp.DPipe: lambda node: _CALLS["concat"]([node.this, node.expression]),
    exp.Neg: _negative,
    exp.Add: _arithmetic(lambda a, b: a + b),
    exp.Sub: _arithmetic(lambda a, b: a - b),
    exp.Mul: _arithmetic(lambda a, b: a * b),
    exp.Cast: _cast,
    exp.Anonymous: _call,
}
