"""One SELECT of a batch query: FROM, WHERE, GROUP BY, HAVING, windows, list, DISTINCT, ORDER BY, LIMIT.

Each step is a DuckDB subquery of its own whose columns have names that are unique in the whole query
(`"_17"`), so no text needs a relation in front and correlation needs no care. Grouping keys, aggregates and
window functions are computed once in their step and then read by name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlglot import exp

from tailrace.sql import grouping_sets, operators, time_windows
from tailrace.sql import select_list as lists
from tailrace.sql.calls import Call, Hooks
from tailrace.sql.expression import Analyzer
from tailrace.sql.functions.table import Function
from tailrace.sql.groups import MISSING, has_aggregate
from tailrace.sql.relation import Block, PlainHooks, all_of, conjuncts, unnested
from tailrace.sql.scope import Visible
from tailrace.sql.typed import Typed, quote
from tailrace.sql.windows import Windows


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


class SelectBlock(Windows):
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
        values, generator = self._values(items, hooks)
        shown = [v for v in values if v is not None]
        aliases = {v.name.lower(): v.value for i, v in zip(items, values, strict=True) if v and i.names}
        having = self._condition(node.args.get("having"), hooks, aliases)
        qualify = self._condition(node.args.get("qualify"), hooks, aliases)
        order = self._order_values(hooks, shown if generator is None else [])
        self._check_order(having, hooks, shown, aliases)
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
        conditions = [analyzer.condition(part, "WHERE") for part in conjuncts(where.this)]
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
                aliases[name.lower()] = replace(value, name=f"lateralAliasReference({name})")
        return result, generator

    def _condition(self, clause: Any, hooks: Hooks, aliases: dict[str, Typed]) -> Typed | None:
        if clause is None:
            return None
        lost = {v.name.lower() for r in self.above.relations for v in r.columns if MISSING in v.value.sql}
        extra = {name: value for name, value in aliases.items() if name in lost}
        scope = replace(self.above, aliases=aliases, extra={**self.above.extra, **extra})
        return Analyzer(self.origin, scope, hooks).condition(clause.this, clause.key.upper())

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
            same = {v.value.sql for v in shown if v.name.lower() == node.name.lower()}
            if len(same) > 1:
                raise self.origin.refused(f"ORDER BY {node.name}: several columns have this name.", one)
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

    def _check_order(
        self, having: Typed | None, hooks: Hooks, shown: Sequence[Visible], aliases: dict[str, Typed]
    ) -> None:
        """Spark finds no aggregate in ORDER BY once HAVING has needed what the list does not give."""
        order = self.node.args.get("order")
        if (
            having is not None
            and order is not None
            and any(map(self.grouping, order.find_all(exp.Anonymous)))
        ):
            raise self.origin.refused(
                "grouping() in ORDER BY beside HAVING is not answered.",
                order,
                hint="Give it a name in the list.",
            )
        if having is None or order is None or not has_aggregate(order):
            return
        listed = {v.value.sql for v in shown}
        analyzer = Analyzer(self.origin, replace(self.above, aliases=aliases), hooks)
        stack = [self.node.args["having"].this]
        while stack:
            node = stack.pop()
            column = isinstance(node, (exp.Column, exp.Dot))
            if not (column or has_aggregate(node)) or analyzer.expr(node).sql in listed:
                continue
            if column or isinstance(node, exp.Anonymous):
                raise self.origin.wrong(
                    "[UNRESOLVED_COLUMN.WITH_SUGGESTION] ORDER BY takes no aggregate here, as HAVING names "
                    "what is not in the list.",
                    order,
                    hint="Add what HAVING names to the list, or order by a name of the list.",
                )
            stack.extend(node.iter_expressions())

    def _steps(self, base: str, having: Typed | None, qualify: Typed | None) -> str:
        """FROM text of the last step before the list."""
        text = base
        if self.grouped:
            parts = [f"{key.sql} AS {quote(name)}" for name, key in self.keys]
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


def order_parts(node: exp.Column) -> list[Any]:
    return list(node.parts)
