"""The groups of a SELECT: grouping keys and aggregates, each computed once in a step of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from sqlglot import exp

from tailrace.model import types as t
from tailrace.model.errors import ProjectError
from tailrace.sql import grouping_sets, operators
from tailrace.sql import select_list as lists
from tailrace.sql.calls import Call, pretty
from tailrace.sql.duck_types import duck
from tailrace.sql.errors import Mismatch, NotAnswered, Origin
from tailrace.sql.expression import Analyzer
from tailrace.sql.functions.registry import TABLE
from tailrace.sql.functions.table import Function, Resolved
from tailrace.sql.ordering import order_key
from tailrace.sql.relation import Names, PlainHooks, Source, all_of
from tailrace.sql.scope import Relation, Scope, Visible
from tailrace.sql.typed import Typed, quote

MISSING = '"!missing:'
"""Begins the text of a column that is no grouping key: it must not be left in what is computed."""


class Groups:
    """Grouping keys and aggregates of one SELECT, and what its list may name above them."""

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
        self.sets: list[grouping_sets.Set] = []
        self.above = self.scope
        self.definitions = {w.this.name.lower(): w for w in node.args.get("windows") or []}

    def analyzer(self, scope: Scope) -> Analyzer:
        return Analyzer(self.origin, scope, PlainHooks(self.subquery))

    def _group(self, items: Sequence[lists.Item]) -> None:
        group = self.node.args.get("group")
        nodes = [item.node for item in items if item.ready is None]
        extra = [self.node.args.get("having"), self.node.args.get("order"), self.node.args.get("qualify")]
        having = self.node.args.get("having") is not None
        self.grouped = (
            group is not None or having or any(has_aggregate(n) for n in [*nodes, *extra] if n is not None)
        )
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
        if grouping_sets.written(group):
            self.sets = grouping_sets.sets_of(
                group, lambda node: quote(self._key(self._key_value(node, items), node)), self.origin
            )
            self.keys = [(name, replace(key, nullable=True)) for name, key in self.keys]
            return
        if group.args.get("all"):
            found = [i for i in items if i.ready is None and not has_aggregate(i.node)]
            for item in found:
                self._key(self.analyzer(self.scope).expr(_unbracketed(item.node)), item.node)
            for item in items:
                if item.ready is not None:
                    self._key(item.ready.value, item.node)
            return
        for one in group.expressions:
            self._key(self._key_value(one, items), one)

    def _key_value(self, node: Any, items: Sequence[lists.Item]) -> Typed:
        """A grouping expression: an ordinal, a column, an alias of the list, any expression."""
        node = _unbracketed(node)
        if isinstance(node, exp.Neg) and isinstance(node.this, exp.Literal) and node.this.name.isdigit():
            raise self.origin.wrong(
                f"[GROUP_BY_POS_OUT_OF_RANGE] There is no column -{node.this.name}.", node
            )
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
            return self.analyzer(self.scope).expr(_unbracketed(item.node))
        bare = isinstance(node, exp.Column) and len(node.parts) == 1
        if bare and self.scope._find([node.name], self.origin, node) is None:
            for item in items:
                if item.names and item.names[0].lower() == node.name.lower():
                    return self.analyzer(self.scope).expr(_unbracketed(item.node))
        return self.analyzer(self.scope).expr(node)

    def _key(self, value: Typed, node: Any) -> str:
        """Make it a grouping key, if it is none yet, and give its name."""
        known = next((name for name, key in self.keys if key.sql == value.sql), None)
        if known is None:
            known = self.names.new()
            self.keys.append((known, value))
        return known

    def grouping(self, node: Any) -> Typed | None:
        """`grouping(key)` and `grouping_id(keys)`: which keys the set of a row leaves out."""
        name = node.name.lower() if isinstance(node, exp.Anonymous) else ""
        if name not in ("grouping", "grouping_id"):
            return None
        if not self.sets:
            raise self.origin.wrong(
                f"[UNSUPPORTED_GROUPING_EXPRESSION] {name} needs ROLLUP, CUBE or GROUPING SETS.", node
            )
        values = [self.analyzer(self.scope).expr(one) for one in node.expressions]
        texts = [value.sql for value in values]
        known = {key.sql: quote(own) for own, key in self.keys}
        whole = name == "grouping_id" and texts in ([], list(known))
        if not (whole or (name == "grouping" and len(texts) == 1 and texts[0] in known)):
            condition = "GROUPING_COLUMN_MISMATCH" if name == "grouping" else "GROUPING_ID_COLUMN_MISMATCH"
            raise self.origin.wrong(f"[{condition}] {name} takes what GROUP BY groups by.", node)
        kind = t.BYTE if name == "grouping" else t.LONG
        listed = ", ".join(known[one] for one in texts or known)
        label = f"{name}({', '.join(value.name for value in values)})"
        made = Typed(f"CAST(GROUPING({listed}) AS {duck(kind)})", kind, nullable=False, name=label)
        return self._registered(self.calls, made)

    def key_of(self, node: Any) -> Typed | None:
        """The grouping key that a node is, read by name."""
        bare = isinstance(node, exp.Column) and len(node.parts) == 1
        if not self.grouped or bare or isinstance(node, (exp.Literal, exp.Paren)) or not self.keys:
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
        if call.misplaced:
            raise self.origin.wrong("[PARSE_SYNTAX_ERROR] IGNORE NULLS stands behind the call.", node)
        values: list[Any] = [analyzer.argument(n) for n in nodes] if not _is_count_star(call) else [_one()]
        if call.distinct and _is_count_star(call):
            values = [c.value for r in analyzer.scope.relations for c in r.columns if not c.hidden] or values
        self._check_outer(call)
        resolved = analyzer.resolve(node, function, call.name, values)
        if over:
            other = resolved.over if call.where is None else resolved.filtered or resolved.over
            resolved = other or resolved
        cast = analyzer.texts(values, resolved)
        if call.within is not None:
            resolved = self._within(analyzer, node, call, values[0], resolved)
        conditions = [] if call.where is None else [analyzer.condition(call.where, "FILTER")]
        texts = [c.sql for c in cast]
        eager = call.distinct or over or resolved.eager or function.names[0] == "count_if"
        if conditions and not eager:  # DuckDB computes the rows that FILTER leaves out as well
            held = conditions[0].sql
            texts = [f"CASE WHEN {held} THEN {c.sql} END" if c.fallible else c.sql for c in cast]
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
        if call.ignore_nulls and not over:
            conditions.append(replace(cast[0], sql=f"({cast[0].sql} IS NOT NULL)"))
        if resolved.order_sensitive and not over and call.within is None:
            sql = self._in_order(sql, texts, resolved, ties, call.distinct)
        tail = (f" FILTER (WHERE {all_of(conditions)})" if conditions else "") + over
        sql += tail
        if resolved.beside is not None:
            second, both = resolved.beside
            sql = both(sql, second(texts) + tail)
        if resolved.finish is not None:
            sql = resolved.finish(sql)
        words = ["1" if _is_count_star(call) and not call.distinct else v.name for v in values]
        name = pretty(function, call.name, words)
        if call.worded and name.startswith(("first_value(", "last_value(")):
            name = name.replace("_value", "", 1)
        if call.worded and call.ignore_nulls and name.startswith("nth_value("):
            name += " ignore nulls"
        if call.distinct:
            name = f"{name.partition('(')[0]}(DISTINCT {name.partition('(')[2]}"
        if call.within is not None:
            name = f"listagg{name[name.index('(') :]} WITHIN GROUP (ORDER BY {self._ordered_by(analyzer, call)[1]})"
        if call.where is not None:
            name = f"{name} FILTER (WHERE {conditions[0].name})"
        made = operators.joined([*cast, *conditions], sql, resolved.result, name, True)
        return replace(made, nullable=resolved.nullable), resolved

    def _check_outer(self, call: Call) -> None:
        """No aggregate of a subquery reads the outer row beside its own rows."""
        if self.scope.outer is None:
            return
        own, far = Scope(self.scope.relations), None
        mine = False
        for column in [c for node in call.nodes for c in node.find_all(exp.Column)]:
            named = [part.name for part in column.parts]
            if isinstance(column.this, exp.Star) or own._find(named, self.origin, column) is not None:
                mine = True
            elif self.scope.outer._find(named, self.origin, column) is not None:
                far = column
        if far is not None and mine:
            raise self.origin.wrong(
                "[UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY.AGGREGATE_FUNCTION_MIXED_OUTER_LOCAL_REFERENCES] "
                f"{call.name} reads the outer row beside its own rows.",
                far,
            )
        if far is not None:
            raise self.origin.refused(f"{call.name} of a column of the outer query is not answered.", far)

    def _ordered(self, one: exp.Ordered, analyzer: Analyzer) -> tuple[str, str]:
        value = analyzer.expr(one.this)
        if not operators.is_orderable(value.type):
            raise self.origin.wrong(
                f"[DATATYPE_MISMATCH.INVALID_ORDERING_TYPE] ORDER BY takes no {value.type}.", one
            )
        direction = "DESC" if one.args.get("desc") else "ASC"
        nulls = "FIRST" if one.args.get("nulls_first") else "LAST"
        return (
            f"{order_key(value.sql, value.type)} {direction} NULLS {nulls}",
            f"{value.name} {direction} NULLS {nulls}",
        )

    def _ordered_by(self, analyzer: Analyzer, call: Call) -> tuple[str, str]:
        """What WITHIN GROUP orders by, in DuckDB SQL and as Spark prints it."""
        pairs = [self._ordered(one, analyzer) for one in call.within.expressions]
        return ", ".join(sql for sql, _ in pairs), ", ".join(name for _, name in pairs)

    def _within(
        self, analyzer: Analyzer, node: Any, call: Call, value: Typed, resolved: Resolved
    ) -> Resolved:
        """`listagg(...) WITHIN GROUP (ORDER BY ...)`."""
        if call.name.lower() not in ("listagg", "string_agg"):
            raise self.origin.wrong(
                f"[INVALID_SQL_SYNTAX.FUNCTION_WITH_UNSUPPORTED_SYNTAX] {call.name} takes no WITHIN GROUP.",
                node,
            )
        by = self._ordered_by(analyzer, call)[0]
        if not call.distinct:
            ties = "".join(f", {quote(name)}" for name in self.source.ties)
            self.names.deterministic = self.names.deterministic and bool(ties)
            return replace(resolved, lower=lambda texts: f"{resolved.lower(texts)[:-1]} ORDER BY {by}{ties})")
        first = analyzer.expr(call.within.expressions[0].this)
        if len(call.within.expressions) > 1 or first.sql != value.sql:
            raise self.origin.wrong(
                "[INVALID_WITHIN_GROUP_EXPRESSION.MISMATCH_WITH_DISTINCT_INPUT] listagg(DISTINCT x) is ordered "
                "by x.",
                node,
            )
        whole = isinstance(value.type, t.IntegralType) and call.where is None
        if not whole and not isinstance(value.type, t.StringType):
            raise self.origin.refused(
                f"{call.name}(DISTINCT x) WITHIN GROUP of {value.type} is not answered.", node
            )
        between = resolved.lower(["\0"]).removeprefix("string_agg(\0")[:-1]
        item = operators.cast_to(replace(value, sql="_v"), t.STRING).sql

        def finish(items: str) -> str:
            present = f"list_filter({items}, lambda _v: _v IS NOT NULL)"
            made = f"array_to_string(list_transform({present}, lambda _v: {item}){between})"
            return f"CASE WHEN len({present}) > 0 THEN {made} END"

        return replace(
            resolved,
            lower=lambda _: f"list(DISTINCT {value.sql} ORDER BY {by})",
            finish=finish,
        )

    def _in_order(
        self, sql: str, texts: Sequence[str], resolved: Resolved, ties: Sequence[str], distinct: bool
    ) -> str:
        """The aggregate over its rows in the order that they came in, where they have one."""
        if not sql.endswith(")") or " FILTER " in sql or distinct or not (ties or resolved.last_wins):
            self.names.deterministic = False
            return sql
        direction = " DESC" if resolved.last_wins else ""
        by = [quote(name) for name in ties] or [texts[0]]  # without an order: any, but always the same
        return f"{sql[:-1]} ORDER BY {', '.join(one + direction for one in by)})"


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


def _unbracketed(node: Any) -> Any:
    """The node by which a key is known: without brackets around it."""
    while isinstance(node, exp.Paren):
        node = node.this
    return node


def _is_count_star(call: Call) -> bool:
    return call.name.lower() == "count" and len(call.nodes) == 1 and isinstance(call.nodes[0], exp.Star)


def _one() -> Typed:
    return Typed("1", t.INT, nullable=False, name="1", value=1)
