"""PIVOT and UNPIVOT of a FROM item: values that become columns, and columns that become rows.

A PIVOT groups by every column that it does not mention. A column of which no row was counted is NULL, since
Spark spreads finished groups; where it cannot (an aggregate that is no number) only those aggregates are
answered that give NULL for nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlglot import exp

from tailrace.model import types as t
from tailrace.sql import coerce, inputs, operators
from tailrace.sql.block import SelectBlock
from tailrace.sql.expression import Analyzer
from tailrace.sql.joins import Env, Joins
from tailrace.sql.relation import Block, Source
from tailrace.sql.scope import Scope, Visible
from tailrace.sql.typed import ABSENT, Typed

_KEY = "!pivot"
_SPREAD = (t.NumericType, t.BooleanType)
_NULL_OF_NOTHING = ("max", "min", "sum", "avg", "mean")


class Pivots(Joins):
    """The part of a compiler that turns rows into columns and back."""

    def pivoted(self, pivot: exp.Pivot, source: Source, env: Env, outer: Scope | None) -> Source:
        """The relation after one PIVOT or UNPIVOT."""
        self.origin.only(pivot, _READ)
        field = pivot.args["fields"][0]
        if len(pivot.args["fields"]) > 1 or isinstance(field.this, exp.Tuple) or not field.expressions:
            raise self.origin.refused("PIVOT by several columns or by a query is not answered.", pivot)
        make = self._unpivot if pivot.args.get("unpivot") else self._pivot
        block = make(pivot, field, source, env, outer)
        alias, columns = inputs.alias_of(pivot)
        return self._aliased(self._as_source(block), alias, columns, pivot)

    def _block(
        self, items: list[Any], source: Source, env: Env, outer: Scope | None, **clauses: Any
    ) -> Block:
        node = exp.Select(expressions=items, **clauses)
        return SelectBlock(node, source, outer, self.origin, self.names, self._subquery_in(env)).build()

    def _pivot(self, pivot: Any, field: Any, source: Source, env: Env, outer: Scope | None) -> Block:
        shown = [c for r in source.relations for c in r.columns if not c.hidden]
        used = {_named(column, source) for column in pivot.find_all(exp.Column)}
        others = [_column(c.name) for c in shown if c.name.lower() not in used]
        calls = [one.this if isinstance(one, exp.Alias) else one for one in pivot.expressions]
        key = field.this.copy()
        inner = self._block(
            [*others, exp.alias_(key, _KEY, quoted=True), *calls],
            source,
            env,
            outer,
            group=exp.Group(expressions=[*(one.copy() for one in others), field.this.copy()]),
        )
        count = len(others)
        counted = inner.columns[count + 1 :]
        self._check_spread(calls, counted, pivot)
        suffixes = [
            one.alias if isinstance(one, exp.Alias) else c.name
            for one, c in zip(pivot.expressions, counted, strict=True)
        ]
        columns = [*inner.columns[: count + 1], *(replace(c, name=f"!{i}") for i, c in enumerate(counted))]
        items: list[Any] = [one.copy() for one in others]
        for value in field.expressions:
            node, label = self._label(value)
            for i, suffix in enumerate(suffixes):
                picked = exp.Filter(
                    this=exp.Anonymous(this="max", expressions=[_column(f"!{i}")]),
                    expression=exp.Where(this=exp.NullSafeEQ(this=_column(_KEY), expression=node.copy())),
                )
                name = label if len(suffixes) == 1 else f"{label}_{suffix}"
                items.append(exp.alias_(picked, name, quoted=True))
        group = exp.Group(expressions=[one.copy() for one in others]) if others else None
        made = self._as_source(replace(inner, columns=tuple(columns)))
        return self._block(items, made, env, outer, **({"group": group} if group else {}))

    def _check_spread(self, calls: list[Any], counted: tuple[Visible, ...], pivot: Any) -> None:
        if all(isinstance(c.value.type, _SPREAD) for c in counted):
            return
        plain = all(isinstance(c, exp.Anonymous) and c.name.lower() in _NULL_OF_NOTHING for c in calls)
        if not plain or any(not operators.is_orderable(c.value.type) for c in counted):
            raise self.origin.refused(
                "PIVOT with an aggregate that is no number is answered for max, min, sum and avg only.", pivot
            )

    def _label(self, value: Any) -> tuple[Any, str]:
        """A value of IN and the name that its column begins with."""
        node = value.this if isinstance(value, (exp.PivotAlias, exp.Alias)) else value
        made = Analyzer(self.origin, Scope()).expr(node)
        if node is not value:
            return node, str(value.args["alias"].name)
        text = _written(made)
        if text is None:
            raise self.origin.refused("This value of PIVOT needs a name: IN (value AS name).", node)
        return node, text

    def _unpivot(self, pivot: Any, field: Any, source: Source, env: Env, outer: Scope | None) -> Block:
        value, key = pivot.expressions[0], field.this
        if len(pivot.expressions) > 1 or isinstance(value, exp.Tuple):
            raise self.origin.refused("UNPIVOT into several columns is not answered.", pivot)
        shown = [c for r in source.relations for c in r.columns if not c.hidden]
        analyzer = Analyzer(self.origin, Scope(source.relations, outer))
        kind: t.DataType | None = t.VOID
        used, rows = set(), []
        for one in field.expressions:
            column = one.this if isinstance(one, exp.PivotAlias) else one
            if not isinstance(column, exp.Column):
                raise self.origin.refused("UNPIVOT into several columns is not answered.", pivot)
            label = one.args["alias"].name if isinstance(one, exp.PivotAlias) else column.name
            used.add(_named(column, source))
            kind = coerce.tightest(kind, analyzer.expr(column).type) if kind is not None else None
            row = [exp.Literal.string("k"), exp.Literal.string(label), exp.Literal.string("v"), column.copy()]
            rows.append(exp.Anonymous(this="named_struct", expressions=row))
        if kind is None:
            raise self.origin.wrong(
                "[UNPIVOT_VALUE_DATA_TYPE_MISMATCH] The columns of UNPIVOT have no common type.", pivot
            )
        others = [_column(c.name) for c in shown if c.name.lower() not in used]
        listed = exp.Anonymous(this="inline", expressions=[exp.Anonymous(this="array", expressions=rows)])
        names = [exp.to_identifier(one.name, quoted=True) for one in (key, value)]
        block = self._block([*others, exp.Aliases(this=listed, expressions=names)], source, env, outer)
        if pivot.args.get("include_nulls"):
            return block
        there = exp.Not(this=exp.Is(this=_column(value.name), expression=exp.Null()))
        return self._block([exp.Star()], self._as_source(block), env, outer, where=exp.Where(this=there))


_READ = frozenset(
    {
        "expressions",
        "fields",
        "unpivot",
        "include_nulls",
        "alias",
        "columns",
        "pivot_column_naming",
    }
)


def _column(name: str) -> exp.Column:
    return exp.Column(this=exp.to_identifier(name, quoted=True))


def _named(column: exp.Column, source: Source) -> str:
    """The column of the relation that a dotted name begins with, lower case."""
    parts = [part.name.lower() for part in column.parts]
    for used in range(len(parts) - 1, 0, -1):
        if any(r.answers_to(parts[:used]) for r in source.relations):
            return parts[used]
    return parts[0]


def _written(made: Typed) -> str | None:
    """A literal as a column's name."""
    value = made.value
    if made.type == t.DATE and made.name.startswith("DATE '"):
        return made.name[len("DATE '") : -1]
    if value is ABSENT:
        return None
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, (str, int)) and not coerce.is_datetime(made.type) else None
