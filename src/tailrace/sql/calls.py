"""Calls in expressions: arguments, lambdas, the function table, and what only a query around them allows.

`Hooks` is how a query lets aggregates, windows, subqueries and generators in; without them each is refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from difflib import get_close_matches
from functools import partial
from typing import Any

from sqlglot import exp

from tailrace.model import types as t
from tailrace.sql import files, operators, order
from tailrace.sql.constants import value_of
from tailrace.sql.duck_types import duck
from tailrace.sql.errors import Mismatch, NotAnswered, Origin
from tailrace.sql.functions.aggregates_statistics import GREATEST
from tailrace.sql.functions.casts import cast_sql
from tailrace.sql.functions.collections import struct_of
from tailrace.sql.functions.refused import refusal
from tailrace.sql.functions.registry import TABLE
from tailrace.sql.functions.table import Arg, Function, Resolved
from tailrace.sql.names import call_name
from tailrace.sql.scope import Scope
from tailrace.sql.star import left_of
from tailrace.sql.typed import ABSENT, Lambda, Soft, Typed


class Hooks:
    """What an expression may contain beside scalars: here nothing. A query overrides what it allows."""

    where = "here"
    one_file = False
    """Whether all relations in reach come from one input (what a LATERAL VIEW adds reads no file)."""
    rejects_coerced = False
    """Whether a value that would become NULL for its type fails its row instead."""

    def keep(self, value: Typed) -> Typed:
        """A value with a form of its own that raises nothing: a stream computes it once a row."""
        return value

    def aggregate(self, analyzer: Any, node: Any, function: Function, call: Call) -> Typed:
        raise analyzer.origin.wrong(
            f"[INVALID_AGGREGATE] The aggregate {call.name} is not allowed {self.where}.", node
        )

    def window(self, analyzer: Any, node: exp.Window) -> Typed:
        raise analyzer.origin.wrong(f"[UNSUPPORTED_EXPR_FOR_WINDOW] OVER is not allowed {self.where}.", node)

    def subquery(self, analyzer: Any, node: Any) -> Typed:
        raise analyzer.origin.refused(f"A subquery is not answered {self.where}.", node)

    def generator(self, analyzer: Any, node: Any, name: str) -> Typed:
        raise analyzer.origin.wrong(f"[UNSUPPORTED_GENERATOR] {name} is not allowed {self.where}.", node)

    def before(self, analyzer: Any, node: Any) -> Typed | None:
        """A ready answer for a node (a grouping expression), or None."""
        return None


_PICKING = frozenset(["first", "first_value", "any_value", "last", "last_value"])


_OF_ORDER = frozenset(["mode", "percentile_cont", "percentile_disc"])


class Call:
    """A function call: name as written, argument nodes, and the modifiers around it."""

    def __init__(
        self,
        node: exp.Anonymous,
        distinct: bool = False,
        where: Any = None,
        ignore_nulls: bool = False,
        worded: bool = False,
    ):
        self.misplaced = False
        self.worded = worded
        """Whether IGNORE NULLS or RESPECT NULLS is written, by which Spark prints another name."""
        self.name = str(node.this.this if isinstance(node.this, exp.Identifier) else node.this)
        self.nodes: list[Any] = list(node.expressions)
        self.distinct = distinct
        if len(self.nodes) == 1 and isinstance(self.nodes[0], exp.Distinct):
            self.distinct, self.nodes = True, list(self.nodes[0].expressions)
        if self.nodes and isinstance(self.nodes[-1], (exp.IgnoreNulls, exp.RespectNulls)):
            self.misplaced = True
            self.nodes[-1] = self.nodes[-1].this
        if len(self.nodes) == 2 and self.name.lower() in _PICKING and isinstance(self.nodes[1], exp.Boolean):
            ignore_nulls, self.nodes = bool(self.nodes[1].this), self.nodes[:1]  # last(x, true)
        self.where = where
        self.ignore_nulls = ignore_nulls
        self.within: Any = node.args.get("within")
        if self.within is not None and self.name.lower() in _OF_ORDER:
            self._read_order()

    def _read_order(self) -> None:
        """The value that WITHIN GROUP orders by and its direction, as arguments."""
        orders = self.within.expressions
        descending: Any = exp.Boolean(this=bool(orders[0].args.get("desc")))
        if self.name.lower() == "mode":
            descending = exp.Literal.string(GREATEST) if descending.this else exp.Boolean(this=True)
        self.nodes = [*(one.this for one in orders), *self.nodes, descending]
        self.within = None


class Calls:
    """The part of an analyzer that deals with functions; `expr` is the whole of it."""

    def __init__(self, origin: Origin, scope: Scope, hooks: Hooks | None = None) -> None:
        self.origin = origin
        self.scope = scope
        self.hooks = hooks or Hooks()

    def call(self, node: Any, call: Call) -> Typed:
        """A call of a function of the table, by its kind."""
        kind = CAST_CALLS.get(call.name.lower())
        if kind is not None and len(call.nodes) == 1:
            value = self.expr(call.nodes[0])
            return replace(self._cast_of(value, kind, False), name=value.name)
        if call.name.lower() == "input_file_name" and not call.nodes:
            return files.input_file_name(self.scope, self.origin, node, self.hooks.one_file)
        function = TABLE.find(call.name)
        known = refusal(call.name)
        if function is None and known is not None:
            raise self.origin.refused(known[0], node, hint=known[1])
        if function is None:
            raise self.origin.refused(
                f"The function {call.name} is not in the function table.", node, hint=_nearest(call.name)
            )
        if function.kind == "aggregate":
            return self.hooks.aggregate(self, node, function, call)
        if any(is_star(one) for one in call.nodes):
            call.nodes = [part for one in call.nodes for part in self._starred(one)]
        if function.kind == "generator":
            return self.hooks.generator(self, node, call.name)
        if function.kind == "window":
            raise self.origin.wrong(f"[WINDOW_FUNCTION_WITHOUT_OVER_CLAUSE] {call.name} needs OVER.", node)
        if call.distinct or call.where is not None or call.ignore_nulls or call.within is not None:
            raise self.origin.wrong(
                f"[INVALID_SQL_SYNTAX] {call.name} takes no DISTINCT, FILTER or IGNORE NULLS.", node
            )
        if function.names[0] == "struct":
            function = struct_of([field_name(one) for one in call.nodes])
        return self._resolved(node, function, call, [self.argument(a) for a in call.nodes])

    def _starred(self, node: Any) -> list[Any]:
        """The columns that a star among arguments stands for, or the argument itself."""
        if not is_star(node):
            return [node]
        star = node.this if isinstance(node, exp.Column) else node
        parts = [part.name for part in node.parts[:-1]] if isinstance(node, exp.Column) else []
        relations = [r for r in self.scope.relations if not parts or r.answers_to(parts)]
        if any(star.args.values()):
            left = left_of(star, relations, self.origin)
            known = {c.identity for r in relations for c in r.columns}
            if not relations or any(c.identity not in known for r in left for c in r.columns):
                raise self.origin.refused("`* EXCEPT` of fields among arguments is not answered.", node)
            relations = left
        if not relations:
            base = self.scope.resolve(parts, self.origin, node)
            if not isinstance(base.type, t.StructType):
                raise self.origin.wrong(f"Only a struct has a star, `{'.'.join(parts)}` is none.", node)
            if not base.sql.startswith('"'):
                raise self.origin.refused("A star after a nested field is not answered.", node)
            return [_field_of(node.parts[:-1], field.name) for field in base.type.fields]
        return [
            exp.Column(this=exp.to_identifier(c.name, quoted=True), table=_part(parts or r.parts))
            for r in relations
            for c in r.columns
            if not c.hidden
        ]

    def argument(self, node: Any) -> Typed | Lambda:
        if isinstance(node, exp.Lambda):
            return self._lambda(node)
        if isinstance(node, exp.Kwarg):
            raise self.origin.refused("A named argument is not answered here.", node)
        if isinstance(node, exp.Star):
            raise self.origin.refused("`*` is only answered in count(*).", node)
        if isinstance(node, (exp.Alias, exp.PropertyEQ)):
            inner = self.expr(node.this if isinstance(node, exp.Alias) else node.expression)
            alias = str(node.alias)
            shown = alias if re.fullmatch("[A-Za-z0-9_]+", alias) else "`" + alias.replace("`", "``") + "`"
            return replace(inner, name=f"{inner.name} AS {shown}", is_column=True)
        made = self.expr(node)
        return made if made.sources or made.value is not ABSENT else replace(made, constant=value_of(node))

    def _lambda(self, node: exp.Lambda) -> Lambda:
        names = tuple(parameter.name for parameter in node.expressions)

        body: list[str] = []

        def bind(given: Sequence[Typed]) -> Typed:
            extra = dict(self.scope.extra)
            for name, value in zip(names, given, strict=False):
                extra[name.lower()] = replace(value, name="namedlambdavariable()")
            made = self.within(replace(self.scope, extra=extra)).expr(node.this)
            body.append(made.name)
            return made

        return Lambda(names, bind, body)

    def resolve(self, node: Any, function: Function, name: str, values: Sequence[Typed | Lambda]) -> Resolved:
        """What the table says about a call; its complaints get the node's place and the name."""
        args = [_arg(value) for value in values]
        try:
            return function.resolve(args)
        except Mismatch as error:
            condition, _, rest = str(error).partition("] ")
            raise self.origin.wrong(f"{condition}] {name}: {rest}.", node) from None
        except NotAnswered as error:
            raise self.origin.refused(f"{name}: {error}.", node) from None

    def texts(self, values: Sequence[Typed | Lambda], resolved: Resolved) -> list[Typed]:
        """The arguments after the casts that the table asks for; a lambda is an empty text."""
        result = []
        for value, kind in zip(values, resolved.types, strict=True):
            if isinstance(value, Lambda):
                result.append(Typed("", t.VOID, nullable=False))
            else:
                result.append(value if kind is None else operators.cast_to(value, kind))
        return result

    def _resolved(self, node: Any, function: Function, call: Call, given: Sequence[Typed | Lambda]) -> Typed:
        values = list(given)
        for place, count in function.lambdas:
            if place < len(values) and isinstance(value := values[place], Typed):
                values[place] = _constant_lambda(value, count)
        resolved = self.resolve(node, function, call.name, values)
        if self.hooks.rejects_coerced and resolved.strict is not None:
            resolved = resolved.strict
        cast = self.texts(values, resolved)
        names = [value.name for value in values]
        sql = order.guarded(function.names[0], cast, resolved.lower)
        if function.names[0] in order.NULL_FIRST and cast[0].value is None:  # nothing behind it is computed
            sql = f"CAST(NULL AS {duck(resolved.result)})"
        made = operators.joined(cast, sql, resolved.result, "", resolved.fallible)
        if resolved.soft is not None:
            texts = [c.sql for c in cast]
            quick = resolved.quick(texts) if resolved.quick else None
            made = replace(made, soft=Soft(made.sql, resolved.soft(texts), quick, resolved.counts))
        if resolved.finish is not None:
            made = replace(made, sql=resolved.finish(made.sql))
        nullable = resolved.nullable or any(
            c.nullable and not _nullable(v) for c, v in zip(cast, values, strict=True)
        )
        made = replace(
            made,
            nullable=nullable,
            name=(resolved.pretty or partial(pretty, function))(call.name, names),
            deterministic=made.deterministic and resolved.deterministic,
        )
        return self.hooks.keep(made) if made.soft is not None and not self.scope.extra else made

    def _cast_of(self, value: Typed, kind: t.DataType, safe: bool) -> Typed:
        sql, fallible = cast_sql(value.sql, value.type, kind, safe)
        word = "TRY_CAST" if safe else "CAST"
        nullable = value.nullable or safe or operators.fails_to_null(value.type, kind)
        nested = isinstance(kind, (t.ArrayType, t.MapType, t.StructType))  # Spark leaves such a cast unnamed
        name = value.name if nested else f"{word}({value.name} AS {kind.simple_string.upper()})"
        return replace(
            value,
            sql=sql,
            type=kind,
            nullable=nullable,
            fallible=(value.fallible or fallible),
            name=name,
            value=None if value.value is None else ABSENT,
            is_column=False,
        )

    def expr(self, node: Any) -> Typed:
        """The typed expression of a node."""
        raise NotImplementedError

    def within(self, scope: Scope) -> Calls:
        """The same analyzer with other names in reach."""
        raise NotImplementedError


def pretty(function: Function, name: str, names: Sequence[str]) -> str:
    """Spark's name of an unnamed call."""
    if function.pretty is not None:
        return function.pretty(name, names)
    return call_name(name, names)


def field_name(node: Any) -> str | None:
    """The name that a value has as a field of `struct`, if it is written with one."""
    while isinstance(node, exp.Paren):
        node = node.this
    if isinstance(node, (exp.Alias, exp.PropertyEQ)):
        return str(node.alias)
    if isinstance(node, exp.Column):
        return str(node.parts[-1].name)
    if isinstance(node, exp.Dot):
        return str(node.expression.name)
    if isinstance(node, exp.Identifier):
        return str(node.name)
    key = node.expressions[0] if isinstance(node, exp.Bracket) and len(node.expressions) == 1 else None
    return str(key.name) if isinstance(key, exp.Literal) and key.is_string else None


def is_star(node: Any) -> bool:
    """Whether an argument is `*` or `relation.*`."""
    return isinstance(node, exp.Star) or (isinstance(node, exp.Column) and isinstance(node.this, exp.Star))


def _part(parts: Sequence[str]) -> Any:
    return exp.to_identifier(parts[-1], quoted=True) if parts else None


def _field_of(struct: Sequence[Any], name: str) -> exp.Alias:
    """One field of a struct's star, which Spark gives an alias."""
    names = [exp.to_identifier(name, quoted=True), *reversed(struct)]
    parts = dict(zip(("this", "table", "db", "catalog"), names, strict=False))
    return exp.Alias(this=exp.Column(**parts), alias=exp.to_identifier(name, quoted=True))


def _constant_lambda(value: Typed, count: int) -> Lambda:
    """The function that gives a value for any arguments."""
    names = tuple(f"_{i}" for i in range(count))
    return Lambda(names, lambda _: value, [value.name])


def _nullable(value: Typed | Lambda) -> bool:
    return isinstance(value, Typed) and value.nullable


def _arg(value: Typed | Lambda) -> Arg:
    if isinstance(value, Lambda):
        return Arg(t.VOID, False, lambda_=value)
    return Arg(value.type, value.nullable, value.value, value.sql, value.name, constant=value.constant)


def _nearest(name: str) -> str | None:
    close = get_close_matches(name.lower(), [n for n in TABLE.names if not n.startswith("__")], n=3)
    return f"Did you mean {', '.join(close)}?" if close else None


CAST_CALLS: dict[str, t.DataType] = {
    "boolean": t.BOOLEAN,
    "tinyint": t.BYTE,
    "smallint": t.SHORT,
    "int": t.INT,
    "bigint": t.LONG,
    "float": t.FLOAT,
    "double": t.DOUBLE,
    "decimal": t.DecimalType(10, 0),
    "date": t.DATE,
    "timestamp": t.TIMESTAMP,
    "binary": t.BINARY,
    "string": t.STRING,
}
"""Calls that are casts: `int(x)`."""
