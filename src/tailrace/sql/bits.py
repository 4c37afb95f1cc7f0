"""The operators of bits: `& | ^ ~ << >> >>>`. Mixtures without brackets are refused, for Spark binds them its own way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sqlglot import exp

from tailrace.model import types as t
from tailrace.sql import coerce, operators
from tailrace.sql.calls import Call
from tailrace.sql.errors import NotAnswered
from tailrace.sql.typed import Typed

_SHIFTS: dict[Any, tuple[str, str]] = {
    exp.BitwiseLeftShift: ("shiftleft", "<<"),
    exp.BitwiseRightShift: ("shiftright", ">>"),
}
BITWISE = (exp.BitwiseAnd, exp.BitwiseOr, exp.BitwiseXor, *_SHIFTS)


def _combined(analyzer: Any, node: Any) -> Typed:
    symbol = {exp.BitwiseAnd: "&", exp.BitwiseOr: "|", exp.BitwiseXor: "^"}[type(node)]
    for side in (node.this, node.expression):
        if type(side) in BITWISE and type(side) is not type(node):
            raise NotAnswered("a mixture of &, | and ^ without brackets is not answered")
    left, right = analyzer.expr(node.this), analyzer.expr(node.expression)
    kinds = (left.type, right.type)
    mixed = any(map(coerce.is_string, kinds)) and any(isinstance(k, t.IntegralType) for k in kinds)
    met = t.LONG if mixed else coerce.tightest(*kinds)
    if not isinstance(met, t.IntegralType):
        raise NotAnswered(f"'{symbol}' of {left.type} and {right.type} is not answered")
    a, b = operators.cast_to(left, met), operators.cast_to(right, met)
    sql = operators.left_first(
        a, b, lambda x, y: f"xor({x}, {y})" if symbol == "^" else f"({x} {symbol} {y})"
    )
    return operators.joined((a, b), sql, met, f"({left.name} {symbol} {right.name})")


def _shifted(analyzer: Any, node: exp.Binary) -> Typed:
    unsigned = bool(node.expression.meta.get("unsigned"))
    name, symbol = ("shiftrightunsigned", ">>>") if unsigned else _SHIFTS[type(node)]
    sides = (node.this, node.expression)
    if any(isinstance(side, (*BITWISE, exp.DPipe)) and type(side) not in _SHIFTS for side in sides):
        raise NotAnswered(f"{symbol} beside other bits or || without brackets is not answered")
    made: Typed = analyzer.call(node, Call(exp.Anonymous(this=name, expressions=list(sides))))
    left, right = (analyzer.expr(side).name for side in sides)
    return replace(made, name=f"({left} {symbol} {right})")


def _bit_not(analyzer: Any, node: exp.BitwiseNot) -> Typed:
    value = analyzer.expr(node.this)
    if not isinstance(value.type, t.IntegralType):
        raise NotAnswered(f"'~' of {value.type} is not answered")
    return operators.joined((value,), f"(~{value.sql})", value.type, f"~{value.name}")


RULES: dict[Any, Callable[[Any, Any], Typed]] = {
    exp.BitwiseAnd: _combined,
    exp.BitwiseOr: _combined,
    exp.BitwiseXor: _combined,
    **dict.fromkeys(_SHIFTS, _shifted),
    exp.BitwiseNot: _bit_not,
}
"""What the analyzer does with each node: `(analyzer, node)`."""
