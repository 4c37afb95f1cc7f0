"""A typed expression: what analysis makes of a piece of a query.

`sql` is DuckDB SQL over quoted columns that answers as Spark does; `name` is what Spark would call it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tailrace.model import types as t

Sources = frozenset[tuple[str, str]]
"""Pairs of (relation, column) that a value comes from."""


class _Absent:
    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Any = _Absent()
"""The value of what is no literal (None is the literal NULL)."""


@dataclass(frozen=True)
class Typed:
    """An expression with its type. `value` is the Python value of a literal, else ABSENT."""

    sql: str
    type: t.DataType
    nullable: bool = True
    fallible: bool = False
    name: str = ""
    value: Any = ABSENT
    sources: Sources = frozenset()
    deterministic: bool = True
    is_column: bool = False
    soft: Soft | None = None
    constant: Any = ABSENT
    """Of an argument as it is written: the value of an expression of literals, where that is known."""

    def with_sql(self, sql: str) -> Typed:
        return replace(self, sql=sql)


@dataclass(frozen=True)
class Soft:
    """What `TRY(struct_pack(v := sql))` is without an exception inside: `text`, if `sql` is the expression's own.

    `quick` is a cheaper way for rows without anything special: the texts of its source, and, over a column
    name put in by `{}`, of a cheap condition that implies the other, the condition, and the value.
    """

    sql: str
    text: str
    quick: tuple[str, str, str, str] | None = None
    counts: bool = False
    """Whether `text` has a second field `n`, see `compiled.Let.counts`."""


@dataclass(frozen=True)
class Lambda:
    """`x -> body` as an argument: typed once the function knows what its parameters are."""

    parameters: tuple[str, ...]
    bind: Callable[[Sequence[Typed]], Typed]
    """Analyses the body; the given expressions stand for the parameters."""
    body: list[str] = field(default_factory=list)
    """Spark's name of the body, once it is bound."""

    @property
    def name(self) -> str:
        """Spark's name of the lambda."""
        own = ", ".join(["namedlambdavariable()"] * len(self.parameters))
        return f"lambdafunction({self.body[-1] if self.body else ''}, {own})"


def quote(name: str) -> str:
    """A quoted identifier."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """A quoted string of DuckDB."""
    return "'" + value.replace("'", "''") + "'"


def fail(condition: str, message: str = "") -> str:
    """DuckDB SQL of type NULL that raises with Spark's condition in brackets (works inside TRY)."""
    words = f"[{condition}] {message}".rstrip()
    return f"CASE WHEN CAST({text(words)} AS BOOLEAN) THEN NULL END"


SHORT_CHARS_MAX = 120
"""A longer text is bound to a name rather than repeated."""


def once(values: Sequence[str], body: Callable[[Sequence[str]], str]) -> str:
    """`body` over names for `values`, so that each value is computed and written once."""
    if all(len(value) <= SHORT_CHARS_MAX for value in values) or any("SELECT" in value for value in values):
        return body(values)  # a subquery cannot stand in a lambda
    packed = ", ".join(f"v{i} := {value}" for i, value in enumerate(values))
    outer = [int(depth or 0) for depth in _BOUND.findall(packed)]
    row = f"_b{max(outer) + 1}" if outer else "_b"
    inner = body([f"{row}.v{i}" for i in range(len(values))])
    if "SELECT" in inner:
        return body(values)
    return f"list_transform([struct_pack({packed})], lambda {row}: {inner})[1]"


_BOUND = re.compile(r"\b_b([0-9]*)\.v[0-9]")
