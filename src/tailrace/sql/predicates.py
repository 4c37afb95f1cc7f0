"""Predicates made of several: LIKE ANY and LIKE ALL, and IN of several columns.

Each is a chain of plain predicates. The values of a row in brackets are the fields of a struct in Spark, of
which NULL is the same as NULL.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import reduce
from typing import Any

from sqlglot import exp

from tailrace.sql import logic, operators
from tailrace.sql.errors import Mismatch, NotAnswered
from tailrace.sql.typed import Typed


def like_many(node: Any, expr: Callable[[Any], Typed], one: Callable[[Any], Typed]) -> Typed:
    """`x [NOT] [I]LIKE ANY | ALL (patterns)`; `one` makes the predicate of a node with a single pattern."""
    quantifier = node.expression
    inner: Any = quantifier.this
    while isinstance(inner, exp.Paren) and isinstance(inner.this, exp.Tuple):
        inner = inner.this
    if not isinstance(inner, (exp.Tuple, exp.Paren)):
        raise NotAnswered("LIKE ANY and LIKE ALL take a list of patterns")
    patterns = inner.expressions if isinstance(inner, exp.Tuple) else [inner.this]
    if any(isinstance(p, (exp.Query, exp.Subquery)) for p in patterns):
        raise NotAnswered("LIKE ANY and LIKE ALL take a list of patterns")
    some, negated = isinstance(quantifier, exp.Any), bool(node.args.get("negate"))
    parts = []
    for pattern in patterns:
        single = type(node)(this=node.this.copy(), expression=pattern.copy())
        made = one(single)
        parts.append(logic.negation(made) if negated else made)
    made = reduce(logic.disjunction if some else logic.conjunction, parts)
    if all(isinstance(p, exp.Literal) and p.is_string for p in patterns):
        value = expr(node.this)
        shown = f"lower({value.name})" if isinstance(node, exp.ILike) else value.name
        return replace(made, name=f"{'not' if negated else ''}like{'any' if some else 'all'}({shown})")
    if len(patterns) > 2:
        raise NotAnswered(
            "LIKE ANY and LIKE ALL of more than two patterns that are no literals are not answered"
        )
    return made


def row_of(values: Sequence[Typed], nodes: Sequence[Any], quoted: bool) -> str:
    """How Spark prints a row in brackets."""
    parts = []
    for place, (value, node) in enumerate(zip(values, nodes, strict=True)):
        name = value.name if quoted else f"col{place + 1}"
        if isinstance(node, exp.Column):
            name = str(node.parts[-1].name)
        parts.append(f"{repr(name) if quoted else name}, {value.name}")
    return f"named_struct({', '.join(parts)})"


def in_rows(node: exp.In, expr: Callable[[Any], Typed]) -> Typed:
    """`(a, b) IN ((1, 2), (3, 4))`."""
    mine = [expr(one) for one in node.this.expressions]
    rows, names = [], []
    for row in node.expressions:
        if not isinstance(row, exp.Tuple) or len(row.expressions) != len(mine):
            raise Mismatch("[DATATYPE_MISMATCH.DATA_DIFF_TYPES] IN: the values have no common type")
        values = [expr(one) for one in row.expressions]
        names.append(row_of(values, row.expressions, False))
        if any(a.type != b.type for a, b in zip(mine, values, strict=True)):
            raise NotAnswered("IN of rows whose values differ in type is not answered")
        pairs = [operators.comparison("<=>", a, b) for a, b in zip(mine, values, strict=True)]
        rows.append(reduce(logic.conjunction, pairs))
    made = reduce(logic.disjunction, rows)
    return replace(made, name=f"({row_of(mine, node.this.expressions, False)} IN ({', '.join(names)}))")


def in_structs(value: Typed, items: Sequence[Typed]) -> Typed:
    """`s IN (x, y)` of structs whose fields have other names."""
    made = reduce(logic.disjunction, [operators.comparison("=", value, item) for item in items])
    return replace(made, name=f"({value.name} IN ({', '.join(item.name for item in items)}))")
