"""One SELECT of a batch query: FROM, WHERE, GROUP BY, HAVING, windows, list, DISTINCT, ORDER BY, LIMIT.

Each step is a DuckDB subquery of its own whose columns have names that are unique in the whole query
(`"_17"`), so no text needs a relation in front and correlation needs no care. Grouping keys, aggregates and
window functions are computed once in their step and then read by name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlglot import exp

from tailrace.model import types as t
from tailrace.model.errors import ProjectError
from tailrace.sql import operators
from tailrace.sql import select_list as lists
from tailrace.sql.errors import Mismatch, NotAnswered, Origin
from tailrace.sql.expression import Analyzer, Call, Hooks, pretty
from tailrace.sql.functions.generators import ITEM, POSITION, generated
from tailrace.sql.functions.registry import TABLE
from tailrace.sql.functions.table import Function, Resolved
from tailrace.sql.scope import Relation, Scope, Visible
from tailrace.sql.typed import Typed, fail, quote

MISSING = '"!missing:'


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


class GroupedHooks(PlainHooks):
    """The list, HAVING and ORDER BY: aggregates and windows are put into their steps."""

    def __init__(self, block: SelectBlock) -> None:
        super().__init__(block.subquery)
        self.block = block

    def before(self, analyzer: Analyzer, node: Any) -> Typed | None:
        return self.block.key_of(node)

    def aggregate(self, analyzer: Analyzer, node: Any, function: Function, call: Call) -> Typed:
        return self.block.aggregate(node, function, call)

    def window(self, analyzer: Analyzer, node: exp.Window) -> Typed:
        return self.block.window(analyzer, node)


class SelectBlock:
    """Builds the DuckDB text of one SELECT."""

    def __init__(
        self,
        node: exp.Select,
        source: Source,
        outer: Scope | None,
        origin: Origin,
        names: Names,
        subquery: Callable[[Analyzer, Any], Typed],
    ) -> None:
        self.node, self.source, self.origin, self.names = node, source, origin, names
        self.subquery = subquery
        self.scope = Scope(source.relations, outer)
        self.keys: list[tuple[str, Typed]] = []
        self.calls: dict[str, tuple[str, Typed]] = {}
        self.windows: dict[str, tuple[str, Typed]] = {}
        self.grouped = False
        self.grouping = ""
        self.above = self.scope
        self.definitions = {w.this.name.lower(): w for w in node.args.get("windows") or []}

    def analyzer(self, scope: Scope) -> Analyzer:
        return Analyzer(self.origin, scope, PlainHooks(self.subquery))

    def build(self) -> Block:
        """The finished block."""
        node = self.node
        self._refuse()
        base = self._filtered()
        items = lists.items(node, self.scope, self.origin)
        self._group(items)
        hooks = GroupedHooks(self)
        values, generator = self._values(items, hooks)
        shown = [v for v in values if v is not None]
        aliases = {v.name.lower(): v.value for i, v in zip(items, values, strict=True) if v and i.names}
        having = self._condition(node.args.get("having"), hooks, aliases)
        qualify = self._condition(node.args.get("qualify"), hooks, aliases)
        order = self._order_values(hooks, shown if generator is None else [])
        self._check(items, values, having, qualify, order)
        sql = self._steps(base, having, qualify)
        if generator is not None:
            return self._exploded(sql, items, values, generator)
        return self._listed(sql, shown, order)

    def _refuse(self) -> None:
        for key, words in (
            ("sort", "SORT BY"),
            ("cluster", "CLUSTER BY"),
            ("distribute", "DISTRIBUTE BY"),
            ("connect", "CONNECT BY"),
            ("into", "INTO"),
            ("kind", "SELECT AS"),
        ):
            if self.node.args.get(key):
                raise self.origin.refused(f"{words} is not answered.", self.node)
        distinct = self.node.args.get("distinct")
        if distinct is not None and distinct.args.get("on") is not None:
            raise self.origin.refused("DISTINCT ON is not answered.", self.node)

    def _filtered(self) -> str:
        where = self.node.args.get("where")
        text = f"FROM {self.source.sql}"
        if where is None:
            return text
        analyzer = self.analyzer(self.scope)
        conditions = [operators.as_boolean(analyzer.expr(part), "WHERE") for part in conjuncts(where.this)]
        return f"{text} WHERE {all_of(conditions)}"

    # Groups

    def _group(self, items: Sequence[lists.Item]) -> None:
        group = self.node.args.get("group")
        nodes = [item.node for item in items if item.ready is None]
        extra = [self.node.args.get("having"), self.node.args.get("order"), self.node.args.get("qualify")]
        self.grouped = group is not None or any(has_aggregate(n) for n in [*nodes, *extra] if n is not None)
        if not self.grouped:
            return
        if group is not None:
            self._keys(group, items)
        columns = []
        for relation in self.source.relations:
            columns.append(Relation(relation.parts, tuple(self._above(c) for c in relation.columns)))
        self.above = replace(self.scope, relations=tuple(columns))

    def _above(self, column: Visible) -> Visible:
        for name, key in self.keys:
            if key.sql == column.value.sql:
                return replace(column, value=replace(column.value, sql=quote(name), nullable=key.nullable))
        missing = f'{MISSING}{column.name}"'
        return replace(column, value=replace(column.value, sql=missing, is_column=True))

    def _keys(self, group: exp.Group, items: Sequence[lists.Item]) -> None:
        if group.args.get("totals"):
            raise self.origin.refused("GROUP BY WITH TOTALS is not answered.", group)
        for key in ("rollup", "cube", "grouping_sets"):
            if group.args.get(key):
                raise self.origin.refused(f"{key.upper().replace('_', ' ')} is not answered.", group)
        if any(isinstance(e, (exp.Rollup, exp.Cube, exp.GroupingSets)) for e in group.expressions):
            raise self.origin.refused("ROLLUP, CUBE and GROUPING SETS are not answered.", group)
        if group.args.get("all"):
            found = [i for i in items if i.ready is None and not has_aggregate(i.node)]
            for item in found:
                self._key(self.analyzer(self.scope).expr(item.node), item.node)
            for item in items:
                if item.ready is not None:
                    self._key(item.ready.value, item.node)
            return
        for one in group.expressions:
            self._key(self._key_value(one, items), one)

    def _key_value(self, node: Any, items: Sequence[lists.Item]) -> Typed:
        """A grouping expression: an ordinal, a column, an alias of the list, any expression."""
        if isinstance(node, exp.Literal) and not node.is_string and node.name.isdigit():
            index = int(node.name)
            if not 1 <= index <= len(items):
                raise self.origin.wrong(
                    f"[GROUP_BY_POS_OUT_OF_RANGE] GROUP BY {index}: the list has {len(items)} columns.", node
                )
            item = items[index - 1]
            if item.ready is not None:
                return item.ready.value
            if has_aggregate(item.node):
                raise self.origin.wrong(f"[GROUP_BY_POS_AGGREGATE] GROUP BY {index} is an aggregate.", node)
            return self.analyzer(self.scope).expr(item.node)
        if isinstance(node, exp.Column) and len(node.parts) == 1:
            if self.scope._find([node.name], self.origin, node) is None:
                for item in items:
                    if item.names and item.names[0].lower() == node.name.lower():
                        return self.analyzer(self.scope).expr(item.node)
        return self.analyzer(self.scope).expr(node)

    def _key(self, value: Typed, node: Any) -> None:
        if not operators.is_orderable(value.type):
            raise self.origin.wrong(
                f"[GROUP_EXPRESSION_TYPE_IS_NOT_ORDERABLE] GROUP BY takes no {value.type}.", node
            )
        if all(value.sql != key.sql for _, key in self.keys):
            self.keys.append((self.names.new(), value))

    def key_of(self, node: Any) -> Typed | None:
        """The grouping key that a node is, read by name."""
        if not self.grouped or isinstance(node, (exp.Literal, exp.Column, exp.Paren)) or not self.keys:
            return None
        if has_aggregate(node) or node.find(exp.Subquery, exp.Exists, exp.Window) is not None:
            return None
        try:
            value = self.analyzer(self.scope).expr(node)
        except ProjectError:
            return None
        for name, key in self.keys:
            if key.sql == value.sql:
                return replace(value, sql=quote(name), is_column=True, fallible=False)
        return None

    def aggregate(self, node: Any, function: Function, call: Call) -> Typed:
        """An aggregate of the groups, computed in their step."""
        made, _ = self._aggregate_text(self.analyzer(self.scope), node, function, call, self.source.ties)
        return self._registered(self.calls, made)

    def _registered(self, registry: dict[str, tuple[str, Typed]], made: Typed) -> Typed:
        if made.sql not in registry:
            registry[made.sql] = (self.names.new(), made)
        return replace(made, sql=quote(registry[made.sql][0]), is_column=True, fallible=False)

    def _aggregate_text(
        self,
        analyzer: Analyzer,
        node: Any,
        function: Function,
        call: Call,
        ties: Sequence[str],
        over: str = "",
    ) -> tuple[Typed, Resolved]:
        nodes = call.nodes
        values: list[Any] = [analyzer.argument(n) for n in nodes] if not _is_count_star(call) else [_one()]
        resolved = analyzer.resolve(node, function, call.name, values)
        cast = analyzer.texts(values, resolved)
        texts = [c.sql for c in cast]
        if call.distinct and texts:
            texts[0] = f"DISTINCT {texts[0]}"
        if call.ignore_nulls:
            if call.name.lower() not in (
                "first",
                "last",
                "first_value",
                "last_value",
                "any_value",
                "nth_value",
                "lag",
                "lead",
            ):
                raise self.origin.refused(f"{call.name} IGNORE NULLS is not answered.", node)
            texts[0] = f"{texts[0]} IGNORE NULLS" if over else texts[0]
        try:
            sql = resolved.lower(texts)
        except (Mismatch, NotAnswered) as error:
            raise self.origin.refused(f"{call.name}: {error}.", node) from None
        conditions = [] if call.where is None else [operators.as_boolean(analyzer.expr(call.where), "FILTER")]
        if call.ignore_nulls and not over:
            conditions.append(replace(cast[0], sql=f"({cast[0].sql} IS NOT NULL)"))
        if resolved.order_sensitive and not over:
            if ties and sql.endswith(")") and " FILTER " not in sql and not call.distinct:
                sql = f"{sql[:-1]} ORDER BY {', '.join(quote(name) for name in ties)})"
            else:
                self.names.deterministic = False
        if conditions:
            sql += f" FILTER (WHERE {all_of(conditions)})"
        sql += over
        if resolved.finish is not None:
            sql = resolved.finish(sql)
        words = ["1" if _is_count_star(call) else v.name for v in values]
        name = pretty(function, call.name, words)
        if call.distinct:
            name = f"{call.name.lower()}(DISTINCT {', '.join(words)})"
        if call.where is not None:
            name = f"{name} FILTER (WHERE {conditions[0].name})"
        made = operators.joined([*cast, *conditions], sql, resolved.result, name, True)
        return replace(made, nullable=resolved.nullable), resolved

    # Windows

    def window(self, analyzer: Analyzer, node: exp.Window) -> Typed:
        """A window function, computed in the step after the groups."""
        inner: Any = node.this
        ignore = False
        if isinstance(inner, (exp.IgnoreNulls, exp.RespectNulls)):
            ignore, inner = isinstance(inner, exp.IgnoreNulls), inner.this
        where = None
        if isinstance(inner, exp.Filter):
            where, inner = inner.expression.this, inner.this
        if not isinstance(inner, exp.Anonymous):
            raise self.origin.refused("OVER is only answered after a function.", node)
        function = TABLE.find(inner.name)
        if function is None:
            raise self.origin.refused(f"The function {inner.name} is not in the function table.", inner)
        if function.kind not in ("aggregate", "window"):
            raise self.origin.wrong(f"[UNSUPPORTED_EXPR_FOR_WINDOW] {inner.name} takes no OVER.", node)
        call = Call(inner, where=where, ignore_nulls=ignore)
        if call.distinct:
            raise self.origin.wrong(
                "[DISTINCT_WINDOW_FUNCTION_UNSUPPORTED] DISTINCT is not allowed with OVER.", node
            )
        own = Analyzer(self.origin, analyzer.scope, _NoWindows(self))
        spec, label = self._spec(node, own, function)
        probe, resolved = self._aggregate_text(own, inner, function, call, (), "\0")
        label = label.replace("{offset}", _offset_of(call))
        ordered = self._order_of(node, own)
        if function.kind == "window" and not ordered:
            raise self.origin.wrong(
                f"[WINDOW_FUNCTION_WITHOUT_ORDER] {inner.name} needs ORDER BY in OVER.", node
            )
        if resolved.order_sensitive or " ROWS " in spec:
            spec = self._with_ties(spec, bool(ordered))
        made = replace(
            probe, sql=probe.sql.replace("\0", f" OVER ({spec})"), name=f"{probe.name} OVER ({label})"
        )
        return self._registered(self.windows, made)

    def _with_ties(self, spec: str, ordered: bool) -> str:
        ties = self.source.ties
        if not ties or self.grouped or " RANGE " in spec:
            self.names.deterministic = False
            return spec
        extra = ", ".join(quote(name) for name in ties)
        head, frame, rest = spec.partition(" ROWS ")
        head = f"{head}, {extra}" if ordered else f"{head} ORDER BY {extra}"
        if not ordered and not frame:
            return f"{head} ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING"
        return f"{head}{frame}{rest}"

    def _definition(self, node: exp.Window) -> list[exp.Window]:
        """The window's own clauses and those of the named window that it refers to."""
        alias = node.args.get("alias")
        chain = [node]
        if alias is not None:
            named = self.definitions.get(alias.name.lower())
            if named is None:
                raise self.origin.wrong(
                    f"[MISSING_WINDOW_SPECIFICATION] There is no window {alias.name}.", node
                )
            chain.append(named)
        return chain

    def _part(self, node: exp.Window, key: str) -> Any:
        return next((w.args[key] for w in self._definition(node) if w.args.get(key)), None)

    def _order_of(self, node: exp.Window, analyzer: Analyzer) -> list[str]:
        order = self._part(node, "order")
        return [self._ordered(one, analyzer)[0] for one in order.expressions] if order is not None else []

    def _ordered(self, one: exp.Ordered, analyzer: Analyzer) -> tuple[str, str]:
        value = analyzer.expr(one.this)
        if not operators.is_orderable(value.type):
            raise self.origin.wrong(
                f"[DATATYPE_MISMATCH.INVALID_ORDERING_TYPE] ORDER BY takes no {value.type}.", one
            )
        direction = "DESC" if one.args.get("desc") else "ASC"
        nulls = "FIRST" if one.args.get("nulls_first") else "LAST"
        return f"{value.sql} {direction} NULLS {nulls}", f"{value.name} {direction} NULLS {nulls}"

    def _spec(self, node: exp.Window, analyzer: Analyzer, function: Function) -> tuple[str, str]:
        partition = self._part(node, "partition_by") or []
        keys = [analyzer.expr(one) for one in partition]
        order = self._part(node, "order")
        pairs = [self._ordered(one, analyzer) for one in order.expressions] if order is not None else []
        parts, labels = [], []
        if keys:
            parts.append(f"PARTITION BY {', '.join(k.sql for k in keys)}")
            labels.append(f"PARTITION BY {', '.join(k.name for k in keys)}")
        if pairs:
            parts.append(f"ORDER BY {', '.join(p[0] for p in pairs)}")
            labels.append(f"ORDER BY {', '.join(p[1] for p in pairs)}")
        spec = self._part(node, "spec")
        frame = self._frame(spec, function, bool(pairs))
        if spec is not None and function.kind == "aggregate":
            parts.append(frame)
        labels.append(frame)
        return " ".join(parts), " ".join(labels)

    def _frame(self, spec: Any, function: Function, ordered: bool) -> str:
        if spec is None:
            if function.kind == "window":
                if function.names[0] in ("lag", "lead"):
                    return "ROWS BETWEEN {offset} FOLLOWING AND {offset} FOLLOWING"
                return "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"
            if ordered:
                return "RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"
            return "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING"
        if function.kind == "window":
            raise self.origin.refused(f"A frame for {function.names[0]} is not answered.", spec)
        kind = str(spec.args["kind"]).upper()
        start = self._bound(spec, "start", kind)
        end = self._bound(spec, "end", kind) if spec.args.get("end") else "CURRENT ROW"
        return f"{kind} BETWEEN {start} AND {end}"

    def _bound(self, spec: Any, side: str, kind: str) -> str:
        bound, direction = spec.args.get(side), str(spec.args.get(f"{side}_side") or "").upper()
        if isinstance(bound, str):
            return "CURRENT ROW" if bound.upper() == "CURRENT ROW" else f"UNBOUNDED {direction}"
        if kind == "ROWS" and isinstance(bound, exp.Literal) and bound.name.isdigit():
            return f"{bound.name} {direction}"
        raise self.origin.refused(
            "This frame is not answered; ROWS with literals, UNBOUNDED and CURRENT ROW are.", spec
        )

    # The list and what follows

    def _values(self, items: Sequence[lists.Item], hooks: Hooks) -> tuple[list[Visible | None], int | None]:
        result: list[Visible | None] = []
        aliases: dict[str, Typed] = {}
        generator = None
        for index, item in enumerate(items):
            if item.generator:
                generator = index
                result.append(None)
                continue
            if item.ready is not None:
                value = item.ready.value
                if self.grouped:
                    key = next((n for n, k in self.keys if k.sql == value.sql), None)
                    value = replace(value, sql=quote(key) if key else f'{MISSING}{item.ready.name}"')
                result.append(replace(item.ready, value=value))
                continue
            scope = replace(self.above, aliases=dict(aliases))
            value = Analyzer(self.origin, scope, hooks).expr(item.node)
            name = lists.output_name(item, value)
            result.append(lists.positional(value, name))
            if item.names:
                aliases[name.lower()] = replace(value, name=name)
        return result, generator

    def _condition(self, clause: Any, hooks: Hooks, aliases: dict[str, Typed]) -> Typed | None:
        if clause is None:
            return None
        scope = replace(self.above, aliases=aliases)
        return operators.as_boolean(Analyzer(self.origin, scope, hooks).expr(clause.this), clause.key.upper())

    def _order_values(self, hooks: Hooks, shown: Sequence[Visible]) -> list[tuple[Typed, str]]:
        order = self.node.args.get("order")
        if order is None:
            return []
        result = []
        for one in order.expressions:
            value = self._order_value(one, hooks, shown)
            if not operators.is_orderable(value.type):
                raise self.origin.wrong(
                    f"[DATATYPE_MISMATCH.INVALID_ORDERING_TYPE] ORDER BY takes no {value.type}.", one
                )
            direction = "DESC" if one.args.get("desc") else "ASC"
            result.append((value, f"{direction} NULLS {'FIRST' if one.args.get('nulls_first') else 'LAST'}"))
        return result

    def _order_value(self, one: Any, hooks: Hooks, shown: Sequence[Visible]) -> Typed:
        node = one.this
        if isinstance(node, exp.Column) and node.name.lower() == "all" and len(order_parts(node)) == 1:
            raise self.origin.refused("ORDER BY ALL is not answered.", one)
        if isinstance(node, exp.Literal) and not node.is_string and node.name.isdigit():
            index = int(node.name)
            if not 1 <= index <= len(shown):
                raise self.origin.wrong(
                    f"[ORDER_BY_POS_OUT_OF_RANGE] ORDER BY {index}: the list has {len(shown)} columns.", one
                )
            return shown[index - 1].value
        outputs = {v.name.lower(): v.value for v in shown}
        if isinstance(node, exp.Column) and len(node.parts) == 1 and node.name.lower() in outputs:
            return outputs[node.name.lower()]
        scope = replace(self.above, aliases=outputs)
        return Analyzer(self.origin, scope, hooks).expr(node)

    def _check(self, items: Sequence[lists.Item], values: Sequence[Visible | None], *others: Any) -> None:
        """No column outside of an aggregate that is no grouping key."""
        if not self.grouped:
            return
        texts = [(v.value.sql, i.node) for i, v in zip(items, values, strict=True) if v is not None]
        texts += [(o.sql, self.node.args["having"]) for o in others[:2] if isinstance(o, Typed)]
        texts += [(value.sql, self.node) for value, _ in others[2]]
        texts += [(made.sql, self.node) for _, made in self.windows.values()]
        for sql, node in texts:
            if MISSING in sql:
                name = sql.split(MISSING, 1)[1].split('"', 1)[0]
                raise self.origin.wrong(
                    f"[MISSING_AGGREGATION] `{name}` is neither in GROUP BY nor in an aggregate.",
                    node,
                    hint=f"Add it to GROUP BY, or write any_value({name}).",
                )

    def _steps(self, base: str, having: Typed | None, qualify: Typed | None) -> str:
        """FROM text of the last step before the list."""
        text = base
        if self.grouped:
            parts = [f"{key.sql} AS {quote(name)}" for name, key in self.keys]
            parts += [f"{made.sql} AS {quote(name)}" for name, made in self.calls.values()]
            by = ", ".join(str(i + 1) for i in range(len(self.keys)))
            inner = f"SELECT {', '.join(parts) or '1 AS ' + quote(self.names.new())} {base}"
            inner += f" GROUP BY {by}" if by else ""
            if not self.keys and not self.calls:
                inner += " HAVING count(*) >= 0"
            text = f"FROM ({inner})"
            if having is not None:
                text += f" WHERE {having.sql}"
        elif having is not None:
            raise self.origin.wrong("[UNSUPPORTED_FEATURE] HAVING needs groups.", self.node.args["having"])
        if self.windows:
            columns = ", ".join(f"{made.sql} AS {quote(name)}" for name, made in self.windows.values())
            text = f"FROM (SELECT *, {columns} {text})"
        if qualify is not None:
            text = f"FROM (SELECT * {text}) WHERE {qualify.sql}"
        return text

    def _listed(self, text: str, shown: Sequence[Visible], order: Sequence[tuple[Typed, str]]) -> Block:
        ids = [self.names.new() for _ in shown]
        parts = [f"{v.value.sql} AS {quote(i)}" for v, i in zip(shown, ids, strict=True)]
        columns = tuple(
            replace(
                v,
                value=replace(v.value, sql=quote(i), is_column=True, fallible=False),
                hidden=False,
                qualified=False,
            )
            for v, i in zip(shown, ids, strict=True)
        )
        by, distinct = [], self.node.args.get("distinct") is not None
        for value, direction in order:
            known = next((i for v, i in zip(shown, ids, strict=True) if v.value.sql == value.sql), None)
            if known is None:
                if distinct:
                    raise self.origin.wrong(
                        "ORDER BY of a SELECT DISTINCT names what is not in its list.", self.node
                    )
                known = self.names.new()
                parts.append(f"{value.sql} AS {quote(known)}")
            by.append(f"{quote(known)} {direction}")
        sql = f"SELECT {'DISTINCT ' if distinct else ''}{', '.join(parts)} {text}"
        if distinct:
            for v in shown:
                if not operators.is_orderable(v.value.type):
                    raise self.origin.wrong(
                        f"[UNSUPPORTED_FEATURE.SET_OPERATION_ON_MAP_TYPE] DISTINCT takes no {v.value.type}.",
                        self.node,
                    )
        tail = f" ORDER BY {', '.join(by)}" if by else ""
        tail += self.limits(self.node, bool(by))
        return Block(f"SELECT * FROM ({sql})", columns, tail)

    def limits(self, node: Any, ordered: bool) -> str:
        text = ""
        for key, word in (("limit", "LIMIT"), ("offset", "OFFSET")):
            clause = node.args.get(key)
            if clause is None:
                continue
            number = clause.expression
            if isinstance(number, exp.Column) and number.name.lower() == "all":
                continue
            if not (isinstance(number, exp.Literal) and number.name.isdigit()):
                raise self.origin.refused(f"{word} takes a whole number.", clause)
            self.names.deterministic = False
            text += f" {word} {number.name}"
        return text

    def _exploded(
        self, text: str, items: Sequence[lists.Item], values: Sequence[Visible | None], index: int
    ) -> Block:
        if self.node.args.get("order") is not None or self.node.args.get("distinct") is not None:
            raise self.origin.refused(
                "ORDER BY and DISTINCT beside a generator are not answered.",
                self.node,
                hint="Put the generator into a subquery.",
            )
        call = items[index].node
        others = [v for v in values if v is not None]
        argument = (
            Analyzer(self.origin, self.above, GroupedHooks(self)).expr(call.expressions[0])
            if len(call.expressions) == 1
            else None
        )
        if argument is None:
            raise self.origin.wrong(
                f"[WRONG_NUM_ARGS.WITHOUT_SUGGESTION] {call.name} takes 1 argument.", call
            )
        carried = [self.names.new() for _ in others]
        inner = [f"{v.value.sql} AS {quote(i)}" for v, i in zip(others, carried, strict=True)]
        sql, made = unnested(self.names, self.origin, call, argument, False, inner, text)
        labels = list(items[index].names) or [m.name for m in made]
        if len(labels) != len(made):
            raise self.origin.wrong(
                f"[UDTF_ALIAS_NUMBER_MISMATCH] {len(labels)} names for {len(made)} columns.", call
            )
        kept = [
            replace(v, value=replace(v.value, sql=quote(i), is_column=True), hidden=False)
            for v, i in zip(others, carried, strict=True)
        ]
        new = [lists.positional(m, n) for m, n in zip(made, labels, strict=True)]
        columns = (*kept[:index], *new, *kept[index:])
        return Block(sql, columns, self.limits(self.node, False))


class _NoWindows(GroupedHooks):
    """Inside OVER and its function: aggregates of the groups, but no further window."""

    def window(self, analyzer: Analyzer, node: exp.Window) -> Typed:
        raise analyzer.origin.wrong("[NESTED_WINDOW] A window function inside another is not allowed.", node)


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


def all_of(conditions: Sequence[Typed]) -> str:
    """All conditions in order; a later one that can fail is looked at only where the earlier ones hold."""
    result = conditions[-1].sql
    fails = conditions[-1].fallible
    for one in reversed(conditions[:-1]):
        result = f"CASE WHEN {one.sql} THEN {result} ELSE false END" if fails else f"({one.sql} AND {result})"
        fails = fails or one.fallible
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


def has_aggregate(node: Any) -> bool:
    """Whether an aggregate without OVER is in the tree, outside of subqueries."""
    stack = [node]
    while stack:
        one = stack.pop()
        if isinstance(one, (exp.Subquery, exp.Exists, exp.Query)):
            continue
        if isinstance(one, exp.Window):
            inner = one.this
            while isinstance(inner, (exp.IgnoreNulls, exp.RespectNulls, exp.Filter)):
                inner = inner.this
            stack.extend(inner.iter_expressions())
            stack.extend(e for key in ("partition_by",) for e in one.args.get(key) or [])
            if one.args.get("order") is not None:
                stack.append(one.args["order"])
            continue
        if isinstance(one, exp.Anonymous):
            function = TABLE.find(one.name)
            if function is not None and function.kind == "aggregate":
                return True
        stack.extend(one.iter_expressions())
    return False


def order_parts(node: exp.Column) -> list[Any]:
    return list(node.parts)


def _offset_of(call: Call) -> str:
    """The frame of lag and lead, as Spark prints it."""
    written = call.nodes[1].name if len(call.nodes) > 1 else "1"
    return f"-{written}" if call.name.lower() == "lag" and written != "0" else written


def _is_count_star(call: Call) -> bool:
    return call.name.lower() == "count" and len(call.nodes) == 1 and isinstance(call.nodes[0], exp.Star)


def _one() -> Typed:
    return Typed("1", t.INT, nullable=False, name="1", value=1)


__all__ = ["Block", "Names", "PlainHooks", "SelectBlock", "Source", "all_of", "conjuncts", "fail", "unnested"]
