"""PIVOT and UNPIVOT of a FROM item: values that become columns, and columns that become rows.

A PIVOT groups by every column that it does not mention. A column of which no row was counted is NULL, since
Spark spreads finished groups; where it cannot (an aggregate that is no number) each aggregate is computed
for each value.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlglot import exp

from tailrace.model import types as t
from tailrace.sql import coerce, inputs
from tailrace.sql.block import SelectBlock
from tailrace.sql.expression import Analyzer
from tailrace.sql.joins import Env, Joins
from tailrace.sql.relation import Block, Source
from tailrace.sql.scope import Scope
from tailrace.sql.typed import ABSENT, Typed

_KEY = "!pivot"
_SPREAD = (t.NumericType, t.BooleanType)
_PICK = frozenset(["first", "first_value", "any_value", "last", "last_value"])
_PASS_OVER = _PICK | {
    "array_agg", "avg", "collect_list", "collect_set", "count", "max", "max_by", "mean", "min", "min_by", "sum"
}  # fmt: skip


class Pivots(Joins):
    """The part of a compiler that turns rows into columns and back."""

    def pivoted(self, pivot: exp.Pivot, source: Source, env: Env, outer: Scope | None) -> Source:
        """The relation after one PIVOT or UNPIVOT."""
        self.origin.only(pivot, _READ)
        field = pivot.args["fields"][0]
        if len(pivot.args["fields"]) > 1 or not field.expressions:
            raise self.origin.refused("PIVOT by a query is not answered.", pivot)
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
        keys = field.this.expressions if isinstance(field.this, exp.Tuple) else [field.this]
        named = [exp.alias_(key.copy(), f"{_KEY}{i}", quoted=True) for i, key in enumerate(keys)]
        inner = self._block(
            [*others, *named, *calls],
            source,
            env,
            outer,
            group=exp.Group(expressions=[one.copy() for one in (*others, *keys)]),
        )
        count = len(others) + len(keys)
        counted = inner.columns[count:]
        suffixes = [
            one.alias if isinstance(one, exp.Alias) else c.name
            for one, c in zip(pivot.expressions, counted, strict=True)
        ]
        spread = all(isinstance(c.value.type, _SPREAD) for c in counted)
        if not spread:
            keys = [key.copy() for key in keys]
        else:
            columns = [*inner.columns[:count], *(replace(c, name=f"!{i}") for i, c in enumerate(counted))]
            source = self._as_source(replace(inner, columns=tuple(columns)))
            keys = [_column(f"{_KEY}{i}") for i in range(len(keys))]
            calls = [exp.Anonymous(this="max", expressions=[_column(f"!{i}")]) for i in range(len(counted))]
        items: list[Any] = [one.copy() for one in others]
        for value in field.expressions:
            nodes, label = self._label(value, len(keys))
            same = [
                exp.NullSafeEQ(this=k.copy(), expression=n.copy()) for k, n in zip(keys, nodes, strict=True)
            ]
            for call, suffix in zip(calls, suffixes, strict=True):
                made = call.copy() if spread else self._of_value(call, pivot)
                picked = exp.Filter(this=made, expression=exp.Where(this=exp.and_(*same)))
                name = label if len(suffixes) == 1 else f"{label}_{suffix}"
                items.append(exp.alias_(picked, name, quoted=True))
        group = exp.Group(expressions=[one.copy() for one in others]) if others else None
        return self._block(items, source, env, outer, **({"group": group} if group else {}))

    def _of_value(self, call: Any, pivot: Any) -> Any:
        """An aggregate over the rows of one value: Spark makes NULLs of the others, which these pass over."""
        name = call.name.lower() if isinstance(call, exp.Anonymous) else ""
        if name not in _PASS_OVER or isinstance(call.expressions[0], exp.Distinct):
            raise self.origin.refused(
                f"PIVOT with an aggregate that is no number is answered for {', '.join(sorted(_PASS_OVER))} only.",
                pivot,
            )
        made = call.copy()
        if name in _PICK and len(made.expressions) == 1:
            made.append("expressions", exp.true())
        return made

    def _label(self, value: Any, count: int) -> tuple[list[Any], str]:
        """A value of IN, as many as there are columns, and the name that its column begins with."""
        node = value.this if isinstance(value, (exp.PivotAlias, exp.Alias)) else value
        nodes = node.expressions if isinstance(node, exp.Tuple) else [node]
        if len(nodes) != count:
            raise self.origin.wrong(
                "[PIVOT_VALUE_DATA_TYPE_MISMATCH] A value of PIVOT has another number of parts.", node
            )
        made = [_written(Analyzer(self.origin, Scope()).expr(one)) for one in nodes]
        if node is not value:
            return nodes, str(value.args["alias"].name)
        texts = [text for text in made if text is not None]
        if len(texts) < count:
            raise self.origin.refused("This value of PIVOT needs a name: IN (value AS name).", node)
        return nodes, f"{{{', '.join(texts)}}}" if count > 1 else texts[0]

    def _unpivot(self, pivot: Any, field: Any, source: Source, env: Env, outer: Scope | None) -> Block:
        first, key = pivot.expressions[0], field.this
        names = first.expressions if isinstance(first, exp.Tuple) else [first]
        shown = [c for r in source.relations for c in r.columns if not c.hidden]
        analyzer = Analyzer(self.origin, Scope(source.relations, outer))
        kinds: list[t.DataType | None] = [t.VOID] * len(names)
        used, rows = set(), []
        for one in field.expressions:
            node = one.this if isinstance(one, exp.PivotAlias) else one
            columns = node.expressions if isinstance(node, exp.Tuple) else [node]
            if len(columns) != len(names) or not all(isinstance(c, exp.Column) for c in columns):
                raise self.origin.wrong(
                    "[UNPIVOT_VALUE_SIZE_MISMATCH] Each value of UNPIVOT names as many columns as it gives.",
                    one,
                )
            label = (
                one.args["alias"].name
                if isinstance(one, exp.PivotAlias)
                else "_".join(c.name for c in columns)
            )
            used |= {_named(column, source) for column in columns}
            row = [exp.Literal.string("k"), exp.Literal.string(label)]
            for place, column in enumerate(columns):
                kind = kinds[place]
                kinds[place] = coerce.tightest(kind, analyzer.expr(column).type) if kind is not None else None
                row += [exp.Literal.string(f"v{place}"), column.copy()]
            rows.append(exp.Anonymous(this="named_struct", expressions=row))
        if None in kinds:
            raise self.origin.wrong(
                "[UNPIVOT_VALUE_DATA_TYPE_MISMATCH] The columns of UNPIVOT have no common type.", pivot
            )
        others = [_column(c.name) for c in shown if c.name.lower() not in used]
        listed = exp.Anonymous(this="inline", expressions=[exp.Anonymous(this="array", expressions=rows)])
        aliases = [exp.to_identifier(one.name, quoted=True) for one in (key, *names)]
        block = self._block([*others, exp.Aliases(this=listed, expressions=aliases)], source, env, outer)
        if pivot.args.get("include_nulls"):
            return block
        there = [exp.Not(this=exp.Is(this=_column(one.name), expression=exp.Null())) for one in names]
        where = exp.Where(this=exp.or_(*there))
        return self._block([exp.Star()], self._as_source(block), env, outer, where=where)


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
