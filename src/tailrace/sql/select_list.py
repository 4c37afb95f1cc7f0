"""The SELECT list: stars expanded, columns named as Spark names them, generators found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlglot import exp

from tailrace.model import types as t
from tailrace.sql import star
from tailrace.sql.calls import CAST_CALLS
from tailrace.sql.errors import Origin
from tailrace.sql.functions.registry import TABLE
from tailrace.sql.scope import Relation, Scope, Visible, fields_of
from tailrace.sql.typed import Typed


@dataclass(frozen=True)
class Item:
    """One item: a ready column of a star, or a node that is still to be analysed under `names`."""

    node: Any
    names: tuple[str, ...] = ()
    ready: Visible | None = None
    generator: bool = False
    """The node is a call of a generator."""


def items(select: exp.Select, scope: Scope, origin: Origin) -> list[Item]:
    """The list with its stars expanded."""
    result: list[Item] = []
    for node in select.expressions:
        result.extend(_item(node, scope, origin))
    return result


def _item(node: Any, scope: Scope, origin: Origin) -> list[Item]:
    if isinstance(node, exp.Star):
        return _star(node, None, scope, origin)
    if isinstance(node, exp.Column) and isinstance(node.this, exp.Star):
        parts = [part.name for part in node.parts[:-1]]
        return _star(node.this, parts, scope, origin)
    if isinstance(node, exp.Dot) and isinstance(node.expression, exp.Star):
        raise origin.refused("A star after a nested field is not answered.", node)
    if isinstance(node, exp.Aliases):
        names = tuple(alias.name for alias in node.expressions)
        return [Item(node.this, names, generator=_is_generator(node.this))]
    if isinstance(node, exp.Alias):
        return [Item(node.this, (node.alias,), generator=_is_generator(node.this))]
    return [Item(node, generator=_is_generator(node))]


def _is_generator(node: Any) -> bool:
    function = TABLE.find(node.name) if isinstance(node, exp.Anonymous) else None
    return function is not None and function.kind == "generator"


def _star(node: exp.Star, parts: Sequence[str] | None, scope: Scope, origin: Origin) -> list[Item]:
    relations = star.left_of(node, _relations(parts, scope, origin, node), origin)
    columns = [column for relation in relations for column in relation.columns]
    if not columns:
        raise origin.wrong("* stands for no column here.", node)
    return [Item(node, ready=column) for column in columns]


def _relations(parts: Sequence[str] | None, scope: Scope, origin: Origin, node: Any) -> list[Relation]:
    """The relations that a star stands for, or the struct as one."""
    if parts is None:
        return list(scope.relations)
    relations: list[Relation] = [r for r in scope.relations if r.answers_to(parts)]
    if len(relations) == 1:
        joined = [replace(c, hidden=False, qualified=False) for c in relations[0].columns if c.qualified]
        return [replace(relations[0], columns=(*joined, *(c for c in relations[0].columns if not c.hidden)))]
    base = scope._find(parts, origin, node)
    if base is not None and isinstance(base.type, t.StructType):
        fields = (Visible(f.name, fields_of(base, [f.name], origin, node)) for f in base.type.fields)
        return [Relation((), tuple(fields))]
    raise origin.wrong(
        f"[CANNOT_RESOLVE_STAR_EXPAND] There is no relation or struct `{'.'.join(parts)}`.", node
    )


def output_name(item: Item, value: Typed) -> str:
    """The column's name: the alias, the column's or field's own name, else Spark's text of the expression."""
    if item.names:
        return item.names[0]
    node = item.node
    if isinstance(node, exp.Column):
        return str(node.name)
    if isinstance(node, exp.Dot):
        base: Any = node
        while isinstance(base, exp.Dot):
            base = base.this
        return str(node.expression.name) if isinstance(base, exp.Column) else value.name
    if isinstance(node, (exp.Cast, exp.TryCast)) or (isinstance(node, exp.Anonymous) and is_cast_call(node)):
        inner = node.this if isinstance(node, exp.Cast) else node.expressions[0]
        if isinstance(inner, exp.Column) and f"({inner.name} AS " in value.name:
            return str(inner.name)  # a cast of a column keeps the column's name
    return value.name


def is_cast_call(node: Any) -> bool:
    """Whether a call such as `int(x)` is a cast."""
    return node.name.lower() in CAST_CALLS and len(node.expressions) == 1


def positional(value: Typed, name: str, item: Item | None = None) -> Visible:
    """The column of an item; one that only names a column stays that column."""
    column = item is not None and isinstance(item.node, exp.Column) and not item.names
    own = column and value.sql.startswith('"') and value.sql.count('"') == 2
    return Visible(name, replace(value, name=name), attribute=value.sql if own else "")
