"""Parts of batch queries: finished relations, FROM clauses, unique names, rows made out of lists."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlglot import exp

from tailrace.sql import ordering
from tailrace.sql.calls import Hooks
from tailrace.sql.duck_types import duck
from tailrace.sql.errors import Mismatch, Origin
from tailrace.sql.expression import Analyzer
from tailrace.sql.functions.generators import ITEM, POSITION, generated
from tailrace.sql.scope import Relation, Visible
from tailrace.sql.typed import Typed, once, quote

READS_ROW = re.compile(r"\bscalarsubquery\([^)]")
"""A scalar subquery that reads columns of the query around it, in an expression's name."""


@dataclass(frozen=True)
class Block:
    """A relation: a SELECT without its order, the order and limit, and the visible columns."""

    sql: str
    columns: tuple[Visible, ...]
    tail: str = ""

    @property
    def whole(self) -> str:
        return f"{self.sql}{self.tail}"


@dataclass(frozen=True)
class Source:
    """A FROM clause: DuckDB text, what is in reach, and the columns that break ties (`_batch`, `_row`)."""

    sql: str
    relations: tuple[Relation, ...]
    ties: tuple[str, ...] = ()


class Names:
    """Unique column names of one compilation, and what was found out on the way."""

    def __init__(self) -> None:
        self._next = 0
        self.deterministic = True

    def new(self, prefix: str = "_") -> str:
        self._next += 1
        return f"{prefix}{self._next}"


class PlainHooks(Hooks):
    """WHERE, ON, GROUP BY, arguments of aggregates: subqueries, but nothing that needs groups."""

    def __init__(self, subquery: Callable[[Analyzer, Any], Typed]) -> None:
        self._subquery = subquery

    def subquery(self, analyzer: Analyzer, node: Any) -> Typed:
        return self._subquery(analyzer, node)


def unnested(
    names: Names, origin: Origin, call: Any, argument: Typed, outer: bool, inner: Sequence[str], text: str
) -> tuple[str, list[Typed]]:
    """A SELECT with one row per element, and the generated columns by their new names."""
    try:
        made = generated(call.name.lower(), argument)
    except Mismatch as error:
        raise origin.wrong(f"{error}.", call) from None
    outer = outer or made.outer
    items, item, position = names.new(), names.new(), names.new()
    listed = quote(items)
    safe = f"CASE WHEN coalesce(len({listed}), 0) = 0 THEN [NULL] ELSE {listed} END" if outer else listed
    below = f"SELECT {', '.join([*inner, f'{made.items} AS {listed}'])} {text}"
    place = f"CASE WHEN coalesce(len({listed}), 0) = 0 THEN NULL ELSE {quote(position)} - 1 END"
    rows = (
        f"SELECT *, unnest({safe}) AS {quote(item)}, unnest(range(1, len({safe}) + 1)) AS {quote(position)} "
        f"FROM ({below})"
    )
    columns, parts = [], []
    for column in made.columns:
        name = names.new()
        sql = column.sql.replace(POSITION, f"CAST({place} AS INTEGER)").replace(ITEM, quote(item))
        parts.append(f"{sql} AS {quote(name)}")
        columns.append(
            replace(
                column,
                sql=quote(name),
                nullable=column.nullable or outer,
                sources=argument.sources,
                is_column=True,
            )
        )
    return f"SELECT *, {', '.join(parts)} FROM ({rows})", columns


def one_zero(value: Typed) -> str:
    """The text of a value that rows are told apart by: of them -0.0 is 0.0 and a map is in the order of
    its keys, as Spark gives it out."""
    if ordering.has_maps(value.type) and value.value is not None:
        return ordering.by_keys(value.sql, value.type)
    if value.value is None or not ordering.has_zeros(value.type):
        return value.sql
    if ordering.is_nested(value.type):
        return ordering.unsigned(value.sql, value.type)
    return once(
        [value.sql], lambda v: f"CASE WHEN {v[0]} = 0 THEN CAST(0 AS {duck(value.type)}) ELSE {v[0]} END"
    )


def all_of(conditions: Sequence[Typed]) -> str:
    """All conditions in order; none is looked at where an earlier one does not hold, if any can fail."""
    result = conditions[-1].sql
    fails = conditions[-1].fallible
    for one in reversed(conditions[:-1]):
        fails = fails or one.fallible
        result = f"CASE WHEN {one.sql} THEN {result} ELSE false END" if fails else f"({one.sql} AND {result})"
    return result


def conjuncts(node: Any) -> list[Any]:
    """The parts of `a AND b AND c`, in order."""
    parts: list[Any] = []
    stack = [node]
    while stack:
        one = stack.pop()
        if isinstance(one, exp.And):
            stack.extend((one.expression, one.this))
        elif isinstance(one, exp.Paren) and isinstance(one.this, (exp.And, exp.Paren)):
            stack.append(one.this)
        else:
            parts.append(one)
    return parts
