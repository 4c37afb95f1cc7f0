"""One SELECT of a batch query: FROM, WHERE, GROUP BY, HAVING, windows, list, DISTINCT, ORDER BY, LIMIT.

Each step is a DuckDB subquery of its own whose columns have names that are unique in the whole query
(`"_17"`), so no text needs a relation in front and correlation needs no care. Grouping keys, aggregates and
window functions are computed once in their step and then read by name.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlglot import exp

from tailrace.model import types as t
from tailrace.sql import generating, grouping_sets, operators, time_windows
from tailrace.sql import select_list as lists
from tailrace.sql.allowed import Allowed
from tailrace.sql.calls import Call, Hooks
from tailrace.sql.expression import Analyzer
from tailrace.sql.functions.table import Function
from tailrace.sql.groups import MISSING, has_aggregate
from tailrace.sql.ordering import order_key
from tailrace.sql.relation import Block, PlainHooks, all_of, conjuncts, one_zero
from tailrace.sql.scope import Scope, Visible
from tailrace.sql.typed import ABSENT, Typed, quote

_CORRELATED = re.compile(r"\b(?:(?:scalarsubquery|exists)\([^)]|listquery\()")
"""A subquery that ORDER BY does not take, as Spark prints it."""


class GroupedHooks(PlainHooks):
    """The list, HAVING and ORDER BY: aggregates and windows are put into their steps."""

    def __init__(self, block: SelectBlock) -> None:
        super().__init__(block.subquery)
        self.block = block

    def before(self, analyzer: Analyzer, node: Any) -> Typed | None:
        return self.block.grouping(node) or self.block.key_of(node)

    def aggregate(self, analyzer: Analyzer, node: Any, function: Function, call: Call) -> Typed:
        return self.block.aggregate(node, function, call)

    def window(self, analyzer: Analyzer, node: exp.Window) -> Typed:
        return self.block.window(analyzer, node)


class SelectBlock(Allowed):
    """Builds the DuckDB text of one SELECT."""

    def inner_hooks(self) -> Hooks:
        return _NoWindows(self)

    def build(self) -> Block:
        """The finished block."""
        self._refuse()
        base = self._windowed(self._filtered())
        node = self.node
        items = lists.items(node, self.scope, self.origin)
        self._group(items)
        hooks = GroupedHooks(self)
        rows = generating.rows_of(items, self, hooks)
        values = self._values(items, hooks, rows)
        shown = generating.shown(values, rows)
        named = [v for i, v in zip(items, values, strict=True) if v and i.names]
        aliases = {v.name.lower(): v.value for v in named}
        twice = frozenset(name for name, n in Counter(v.name.lower() for v in named).items() if n > 1)
        having = self._condition(node.args.get("having"), hooks, aliases, twice)
        qualify = self._condition(node.args.get("qualify"), hooks, aliases, twice)
        order = self._order_values(hooks, shown)
        self._check_order_windows()
        self._check_having(having, shown, rows is not None)
        self._check_order(having, hooks, shown, aliases)
        self._check(items, values, having, qualify, order)
        return self._listed(self._steps(base, having, qualify, rows), shown, order)

    def _refuse(self) -> None:
        for key, words in (
            ("connect", "CONNECT BY"),
            ("into", "INTO"),
            ("kind", "SELECT AS"),
        ):
            if self.node.args.get(key):
                raise self.origin.refused(f"{words} is not answered.", self.node)
        distinct = self.node.args.get("distinct")
        if distinct is not None and distinct.args.get("on") is not None:
            raise self.origin.refused("DISTINCT ON is not answered.", self.node)
        self.node = self._spread()

    def _spread(self) -> Any:
        """SORT BY, CLUSTER BY and DISTRIBUTE BY put rows in an order that Spark leaves open: one is as good
        as another, unless a LIMIT takes the first of them."""
        node, clauses = self.node, ("sort", "cluster", "distribute")
        given = [key for key in clauses if node.args.get(key) is not None]
        if not given:
            return node
        if node.args.get("order") is not None or ("cluster" in given and len(given) > 1):
            raise self.origin.wrong(
                "[UNSUPPORTED_FEATURE.COMBINATION_QUERY_RESULT_CLAUSES] ORDER BY, SORT BY and CLUSTER BY exclude "
                "each other.",
                node,
            )
        if node.args.get("limit") is not None or node.args.get("offset") is not None:
            raise self.origin.refused(
                f"LIMIT behind {given[0].upper()} BY takes rows that Spark leaves open.",
                node,
                "Take ORDER BY.",
            )
        changed = node.copy()
        by = [one for key in given for one in changed.args[key].expressions]
        for key in given:
            changed.set(key, None)
        ordered = [one if isinstance(one, exp.Ordered) else exp.Ordered(this=one) for one in by]
        kept = [one for one in ordered if not ("distribute" in given and isinstance(one.this, exp.Literal))]
        if kept:
            changed.set("order", exp.Order(expressions=kept))
        return changed

    def _filtered(self) -> str:
        where = self.node.args.get("where")
        text = f"FROM {self.source.sql}"
        if where is None:
            return text
        analyzer = self.analyzer(self.scope)
        conditions = [analyzer.condition(part, "WHERE") for part in conjuncts(where.this)]
        self._check_limited(analyzer, conjuncts(where.this))
        return f"{text} WHERE {all_of(conditions)}"

    def _windowed(self, base: str) -> str:
        """The FROM text with the column `window`, if the SELECT has windows of time."""
        made = time_windows.placed(self.node, self.analyzer(self.scope), self.names)
        if made is None:
            return base
        self.node = made.node
        self.source = replace(self.source, relations=(*self.source.relations, made.relation))
        self.scope = self.above = replace(self.scope, relations=self.source.relations)
        if made.several:
            self.names.deterministic = False  # the copies of a row have no order among themselves
        return made.around(base)

    def _values(
        self, items: Sequence[lists.Item], hooks: Hooks, rows: generating.Rows | None
    ) -> list[Visible | None]:
        """The values of the list; None stands for a generator."""
        result: list[Visible | None] = []
        aliases: dict[str, Typed] = {}
        twice: frozenset[str] = frozenset()
        for place, item in enumerate(items):
            if rows is not None and item.generator:
                result.append(None)
                if item.names:
                    aliases.update({v.name.lower(): v.value for v in rows.columns[place]})
                continue
            if item.ready is not None:
                value = item.ready.value
                if self.grouped:
                    key = next((n for n, k in self.keys if k.sql == value.sql), None)
                    value = replace(value, sql=quote(key) if key else f'{MISSING}{item.ready.name}"')
                result.append(replace(item.ready, value=value, attribute=item.ready.identity))
                continue
            scope = replace(self.above, aliases=dict(aliases), twice=twice)
            value = Analyzer(self.origin, scope, hooks).expr(item.node)
            self._check_lateral(item.node, aliases)
            self._check_subqueries(item.node, value)
            name = lists.output_name(item, value)
            if self.sets and isinstance(item.node, exp.Column) and not item.names:
                written = (key.name for own, key in self.keys if quote(own) == value.sql)
                name = next((one for one in written if one.lower() == name.lower()), name)
            result.append(lists.positional(value, name, item))
            if item.names:
                twice |= {name.lower()} & aliases.keys()
                aliases[name.lower()] = replace(value, name=f"lateralAliasReference({name})")
        return result

    def _condition(
        self, clause: Any, hooks: Hooks, aliases: dict[str, Typed], twice: frozenset[str]
    ) -> Typed | None:
        if clause is None:
            return None
        lost = {v.name.lower() for r in self.above.relations for v in r.columns if MISSING in v.value.sql}
        if clause.key == "qualify":
            self._check_qualify(clause)
        extra = {name: value for name, value in aliases.items() if name in lost}
        scope = replace(self.above, aliases=aliases, twice=twice, extra={**self.above.extra, **extra})
        analyzer = Analyzer(self.origin, scope, hooks)
        if clause.key != "having":
            return analyzer.condition(clause.this, clause.key.upper())
        value = analyzer.expr(clause.this)
        if isinstance(value.type, (t.NumericType, t.StringType, t.VoidType)):  # Spark casts what HAVING says
            value = operators.cast_to(value, t.BOOLEAN)
        return analyzer.only_boolean(value, clause.this, "HAVING")

    def _order_values(self, hooks: Hooks, shown: Sequence[Visible]) -> list[tuple[Typed, str]]:
        order = self.node.args.get("order")
        if order is None:
            return []
        result = []
        for one in by_all(order, len(shown)):
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
        minus = isinstance(node, exp.Neg)
        number = node.this if minus else node
        if isinstance(number, exp.Literal) and not number.is_string and number.name.isdigit():
            index = -int(number.name) if minus else int(number.name)
            if not 1 <= index <= len(shown):
                raise self.origin.wrong(
                    f"[ORDER_BY_POS_OUT_OF_RANGE] ORDER BY {index}: the list has {len(shown)} columns.", one
                )
            return shown[index - 1].value
        outputs = _told_apart(shown)
        if isinstance(node, exp.Column) and len(node.parts) == 1 and node.name.lower() in outputs:
            return outputs[node.name.lower()]
        self._check_set_keys(node, outputs)
        if self.node.args.get("distinct"):
            value = self._over_distinct(one, shown, outputs)
        else:
            changed = self._changed(node, outputs)
            scope = replace(self.above, aliases=outputs, extra={**self.above.extra, **changed})
            value = Analyzer(self.origin, scope, _OrderHooks(self, changed) if changed else hooks).expr(node)
        if _CORRELATED.search(value.name):
            raise self.origin.wrong(
                "[UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY.UNSUPPORTED_CORRELATED_SCALAR_SUBQUERY] ORDER BY "
                "takes no IN (SELECT ...) and no subquery that reads the row.",
                one,
                hint="Give it a name in the list.",
            )
        return value

    def _over_distinct(self, one: Any, shown: Sequence[Visible], outputs: dict[str, Typed]) -> Typed:
        """A key of ORDER BY over DISTINCT: nothing is there but the list, by the names that it gives."""
        own = {v.attribute for v in shown if v.attribute}
        twice = {v.name.lower() for v in shown} - outputs.keys()
        relations = tuple(
            replace(
                relation,
                columns=tuple(
                    replace(c, qualified=c.qualified or c.name.lower() in twice)
                    for c in relation.columns
                    if c.identity in own
                ),
            )
            for relation in self.above.relations
        )
        if has_aggregate(one):
            raise self.origin.wrong(
                "[UNSUPPORTED_EXPR_FOR_OPERATOR] ORDER BY over DISTINCT takes no aggregate.",
                one,
                hint="Give it a name in the list and order by that.",
            )
        return Analyzer(self.origin, Scope(relations, extra=outputs), PlainHooks(self.subquery)).expr(
            one.this
        )

    def _changed(self, node: Any, outputs: dict[str, Typed]) -> dict[str, Typed]:
        """The names of the list in an ORDER BY that mean something else below: the list's meaning holds."""
        changed = {}
        for column in node.find_all(exp.Column):
            named = column.parts[0].name.lower()
            if named not in outputs or len(column.parts) > 1:
                continue
            below = self.above.columns((), named)
            if len(below) == 1 and below[0].value.sql == outputs[named].sql:
                continue
            changed[named] = outputs[named]
        return changed

    def _steps(
        self, base: str, having: Typed | None, qualify: Typed | None, rows: generating.Rows | None
    ) -> str:
        """FROM text of the last step before the list."""
        text = base
        if self.grouped:
            parts = [f"{one_zero(key)} AS {quote(name)}" for name, key in self.keys]
            if self.sets:
                base = f"FROM (SELECT *, {', '.join(parts)} {base})" if parts else base
                parts = [quote(name) for name, _ in self.keys]
            parts += [f"{made.sql} AS {quote(name)}" for name, made in self.calls.values()]
            by = ", ".join(str(i + 1) for i in range(len(self.keys)))
            inner = f"SELECT {', '.join(parts) or '1 AS ' + quote(self.names.new())} {base}"
            if self.sets:
                inner += f" GROUP BY {grouping_sets.text(self.sets)}"
                inner += " HAVING count(*) > 0" if self.keys else ""
            else:
                inner += f" GROUP BY {by}" if by else ""
            if not self.sets and not self.keys and not self.calls:
                inner += " HAVING count(*) >= 0"
            text = f"FROM ({inner})"
            if having is not None:
                text += f" WHERE {having.sql}"
        elif having is not None:
            raise self.origin.wrong("[UNSUPPORTED_FEATURE] HAVING needs groups.", self.node.args["having"])
        if rows is not None:
            text = rows.around(text)
        if self.windows:
            columns = ", ".join(f"{made.sql} AS {quote(name)}" for name, made in self.windows.values())
            text = f"FROM (SELECT *, {columns} {text})"
        if qualify is not None:
            text = f"FROM (SELECT * {text}) WHERE {qualify.sql}"
        return text

    def _listed(self, text: str, shown: Sequence[Visible], order: Sequence[tuple[Typed, str]]) -> Block:
        ids = [self.names.new() for _ in shown]
        distinct = self.node.args.get("distinct") is not None
        texts = [one_zero(v.value) if distinct else v.value.sql for v in shown]
        parts = [f"{sql} AS {quote(i)}" for sql, i in zip(texts, ids, strict=True)]
        first = {v.attribute: quote(i) for v, i in reversed(list(zip(shown, ids, strict=True)))}
        columns = tuple(
            Visible(
                v.name,
                replace(v.value, sql=quote(i), is_column=True, fallible=False, value=ABSENT),
                attribute=first[v.attribute] if v.attribute else "",
            )
            for v, i in zip(shown, ids, strict=True)
        )
        by = []
        listed = {v.value.sql: i for v, i in reversed(list(zip(shown, ids, strict=True)))}
        for value, direction in order:
            known = listed.get(value.sql)
            if known is None and distinct:
                by.append(f"{order_key(self._of_outputs(value, listed), value.type)} {direction}")
                continue
            if known is None:
                known = self.names.new()
                parts.append(f"{value.sql} AS {quote(known)}")
            by.append(f"{order_key(quote(known), value.type)} {direction}")
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

    def _of_outputs(self, value: Typed, listed: dict[str, str]) -> str:
        """An expression over the columns of a SELECT DISTINCT, which ORDER BY may read nothing but."""
        sql = value.sql
        for own in sorted(listed, key=len, reverse=True):
            sql = sql.replace(own, f"\0{listed[own]}\0")
        if '"_' in sql:
            raise self.origin.wrong(
                "[UNRESOLVED_COLUMN.WITH_SUGGESTION] ORDER BY of a SELECT DISTINCT names what is not in its list.",
                self.node,
            )
        return re.sub("\0([^\0]*)\0", lambda m: quote(m[1]), sql)

    def limits(self, node: Any, ordered: bool) -> str:
        text = ""
        for key, word in (("limit", "LIMIT"), ("offset", "OFFSET")):
            clause = node.args.get(key)
            if clause is None:
                continue
            number = clause.expression
            if isinstance(number, (exp.Column, exp.Var)) and number.name.lower() == "all":
                continue
            count = self._whole(number)
            if count is None:
                raise self.origin.refused(f"{word} takes a whole number.", clause)
            self.names.deterministic = False
            text += f" {word} {count}"
        return text

    def _whole(self, node: Any) -> int | None:
        """A number of rows: a literal, or a sum or product of some."""
        if isinstance(node, exp.Paren):
            return self._whole(node.this)
        if isinstance(node, (exp.Add, exp.Mul)):
            left, right = self._whole(node.this), self._whole(node.expression)
            if left is None or right is None:
                return None
            made = left + right if isinstance(node, exp.Add) else left * right
        elif isinstance(node, exp.Literal) and not node.is_string and node.name.isdigit():
            made = int(node.name)
        else:
            return None
        return made if made < 2**31 else None


class _OrderHooks(GroupedHooks):
    """An ORDER BY in which names of the list mean something else below: a key may not be meant by them."""

    def __init__(self, block: SelectBlock, changed: dict[str, Typed]) -> None:
        super().__init__(block)
        self.changed = changed

    def before(self, analyzer: Analyzer, node: Any) -> Typed | None:
        if any(len(c.parts) == 1 and c.name.lower() in self.changed for c in node.find_all(exp.Column)):
            return self.block.grouping(node)
        return super().before(analyzer, node)


class _NoWindows(GroupedHooks):
    """Inside OVER and its function: aggregates of the groups, but no further window."""

    def window(self, analyzer: Analyzer, node: exp.Window) -> Typed:
        raise analyzer.origin.refused(
            "A window function inside another is not answered.",
            node,
            hint="Put the inner one into a subquery.",
        )


def _told_apart(shown: Sequence[Visible]) -> dict[str, Typed]:
    """The columns of a list by name; a name of several values means what it means below the list."""
    values: dict[str, dict[str, Typed]] = {}
    for one in shown:
        values.setdefault(one.name.lower(), {})[one.value.sql] = one.value
    return {name: next(iter(found.values())) for name, found in values.items() if len(found) == 1}


def by_all(order: exp.Order, count: int) -> list[Any]:
    """What ORDER BY orders by; `ALL` is every column of the list."""
    first = order.expressions[0]
    if len(order.expressions) > 1 or not isinstance(first.this, exp.Var) or first.this.name.upper() != "ALL":
        return list(order.expressions)
    made = []
    for place in range(1, count + 1):
        one = first.copy()
        one.set("this", exp.Literal.number(place))
        made.append(one)
    return made
