"""What the parts of a SELECT may name: columns that are no keys, aggregates, windows, subqueries.

Spark resolves HAVING, ORDER BY and QUALIFY against the list and then against what is below it; what it does
not find that way is an error here as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from sqlglot import exp

from tailrace.sql import select_list as lists
from tailrace.sql.calls import Hooks
from tailrace.sql.expression import Analyzer
from tailrace.sql.functions.registry import TABLE
from tailrace.sql.groups import MISSING, has_aggregate
from tailrace.sql.relation import READS_ROW
from tailrace.sql.scope import Visible
from tailrace.sql.typed import Typed, quote
from tailrace.sql.windows import Windows


class Allowed(Windows):
    """The checks of one SELECT."""

    def _check_subqueries(self, node: Any, value: Typed) -> None:
        """Above groups the list takes no scalar subquery that reads the row, but in an aggregate."""
        if not self.grouped or not READS_ROW.search(value.name):
            return
        group = self.node.args.get("group")
        if group is not None and group.find(exp.Subquery) is not None:
            raise self.origin.refused("A key of GROUP BY that is a subquery is not answered.", group)
        for one in node.find_all(exp.Subquery):
            if not any(_is_aggregate(above) for above in _ancestors(one, node)):
                raise self.origin.wrong(
                    "[SCALAR_SUBQUERY_IS_IN_GROUP_BY_OR_AGGREGATE_FUNCTION] A subquery that reads the row is "
                    "neither a key of GROUP BY nor in an aggregate.",
                    one,
                )

    def _check_lateral(self, node: Any, aliases: dict[str, Typed]) -> None:
        """No alias of the same list inside OVER or its function."""
        for window in node.find_all(exp.Window) if aliases else ():
            for column in window.find_all(exp.Column):
                named = column.parts[0].name.lower()
                if named in aliases and self.above._find([named], self.origin, column) is None:
                    raise self.origin.wrong(
                        f"[UNSUPPORTED_FEATURE.LATERAL_COLUMN_ALIAS_IN_WINDOW] `{named}` is an alias of the "
                        "same list, which a window function does not see.",
                        column,
                        hint="Put the list into a subquery.",
                    )

    def _check_limited(self, analyzer: Analyzer, conditions: Sequence[Any]) -> None:
        """LIMIT in a subquery counts for each row of the outer query only where columns of one type are equal:
        beside a cast or another expression Spark takes the first rows of all."""
        if self.scope.outer is None or not (self.node.args.get("limit") or self.node.args.get("offset")):
            return
        own = replace(self.scope, outer=None)
        for condition in conditions:
            columns = list(condition.find_all(exp.Column))
            if all(own._find([part.name for part in c.parts], self.origin, c) is not None for c in columns):
                continue
            sides = [condition.args.get("this"), condition.args.get("expression")]
            kinds = {analyzer.expr(side).type for side in sides if isinstance(side, exp.Column)}
            if len(kinds) != 1 or not all(isinstance(side, exp.Column) for side in sides):
                raise self.origin.refused(
                    "LIMIT in a subquery that reads the row is answered where columns of one type are equal.",
                    condition,
                    hint="Cast one of the columns in a subquery of its own, or number the rows with row_number().",
                )

    def _check_qualify(self, clause: exp.Expression) -> None:
        """QUALIFY judges a window function; above groups it sees keys and the list, but no further aggregate."""
        windows = (w for part in (clause, *self.node.expressions) for w in part.find_all(exp.Window))
        if not any(window.find_ancestor(exp.Query) is self.node for window in windows):
            raise self.origin.wrong(
                "[QUALIFY_REQUIRES_WINDOW_FUNCTION] QUALIFY needs a window function, in the list or its own.",
                clause,
                hint="WHERE and HAVING judge what is no window function.",
            )
        if not self.grouped:
            return
        for column in clause.find_all(exp.Column):
            found = self.above._find([part.name for part in column.parts], self.origin, column)
            if found is None or MISSING not in found.sql or column.find_ancestor(exp.Query) is not self.node:
                continue
            if not any(self.key_of(above) for above in _ancestors(column, clause)):
                raise self.origin.wrong(
                    f"[UNRESOLVED_COLUMN.WITH_SUGGESTION] QUALIFY above groups does not see `{column.name}`, "
                    "which is no key.",
                    column,
                    hint="Put the groups into a subquery.",
                )
        if has_aggregate(clause.this):
            raise self.origin.wrong(
                "[UNSUPPORTED_EXPR_FOR_OPERATOR] QUALIFY above groups takes no aggregate.",
                clause,
                hint="Give it a name in the list, or put the groups into a subquery.",
            )

    def _check_order_windows(self) -> None:
        """ORDER BY takes no window function, and beside window functions no aggregate."""
        order = self.node.args.get("order")
        if order is None:
            return
        window = order.find(exp.Window)
        if window is not None or (self.windows and self.grouped and has_aggregate(order)):
            raise self.origin.wrong(
                f"[UNSUPPORTED_EXPR_FOR_OPERATOR] ORDER BY takes no {'window function' if window else 'aggregate'} "
                "here.",
                order,
                hint="Give it a name in the list and order by that.",
            )

    def _check_having(self, made: Typed | None, shown: Sequence[Visible], several: bool) -> None:
        """`several` is whether the list has generators."""
        having = self.node.args.get("having")
        if having is None or made is None:
            return
        if several:
            raise self.origin.refused("HAVING beside a generator is not answered.", having)
        qualify = self.node.args.get("qualify")
        if qualify is not None and has_aggregate(qualify):
            raise self.origin.refused(
                "An aggregate in QUALIFY beside HAVING is not answered.", qualify, hint="Name it in the list."
            )
        if any(quote(name) in made.sql for name, _ in self.windows.values()):
            kind = self.origin.refused if self.sets else self.origin.wrong
            raise kind(
                "[UNRESOLVED_COLUMN.WITH_SUGGESTION] HAVING reads a window function of the list.",
                having,
                hint="QUALIFY does.",
            )
        if self.sets:
            self._check_having_of_sets(having, made, shown)

    def _check_having_of_sets(self, having: Any, made: Typed, shown: Sequence[Visible]) -> None:
        """Above grouping sets, HAVING with an aggregate finds only the keys that the list gives."""
        grouping = any(map(self.grouping, having.find_all(exp.Anonymous)))
        keyed = any(quote(name) in made.sql for name, _ in self.keys)
        if self.windows and (grouping or (keyed and not has_aggregate(having))):
            raise self.origin.refused(
                "HAVING of keys beside grouping sets and window functions is not answered.",
                having,
                hint="Put the groups into a subquery.",
            )
        counted = has_aggregate(having) or grouping
        listed = {v.value.sql for v in shown}
        outputs = {v.name.lower() for v in shown}
        for column in _outside_aggregates(having.this):
            named = [part.name for part in column.parts]
            if len(named) == 1 and named[0].lower() in outputs:
                continue
            found = self.above._find(named, self.origin, column)
            if found is None or found.sql in listed:
                continue
            if counted or (MISSING in found.sql and column.find_ancestor(exp.Anonymous) is not None):
                raise self.origin.wrong(
                    f"[UNRESOLVED_COLUMN.WITH_SUGGESTION] Above grouping sets HAVING names "
                    f"`{'`.`'.join(named)}`, which the list does not give.",
                    column,
                    hint="Add it to the list.",
                )

    def _check_set_keys(self, node: Any, outputs: dict[str, Typed]) -> None:
        """Above grouping sets ORDER BY finds keys that are columns, but no columns inside of keys."""
        for column in _outside_aggregates(node) if self.sets else ():
            named = [part.name for part in column.parts]
            if len(named) == 1 and named[0].lower() in outputs:
                continue
            found = self.above._find(named, self.origin, column)
            if found is not None and MISSING in found.sql:
                raise self.origin.wrong(
                    f"[UNRESOLVED_COLUMN.WITH_SUGGESTION] Above grouping sets ORDER BY names "
                    f"`{'`.`'.join(named)}`, which is inside of a key only.",
                    column,
                    hint="Order by a name or a number of the list.",
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

    def _check(self, items: Sequence[lists.Item], values: Sequence[Visible | None], *others: Any) -> None:
        """No column outside of an aggregate that is no grouping key."""
        if not self.grouped:
            return
        texts = [(v.value.sql, i.node) for i, v in zip(items, values, strict=True) if v is not None]
        clauses = (self.node.args.get("having"), self.node.args.get("qualify"))
        texts += [(o.sql, c) for o, c in zip(others[:2], clauses, strict=True) if isinstance(o, Typed)]
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


def _outside_aggregates(node: Any) -> list[exp.Column]:
    """The columns of a condition that stand in no aggregate and in no subquery."""
    found, stack = [], [node]
    while stack:
        one = stack.pop()
        if isinstance(one, exp.Column):
            found.append(one)
        elif isinstance(one, (exp.Query, exp.Subquery, exp.Exists)) or (
            isinstance(one, exp.Anonymous) and getattr(TABLE.find(one.name), "kind", "") == "aggregate"
        ):
            continue
        else:
            stack.extend(one.iter_expressions())
    return found


def _is_aggregate(node: Any) -> bool:
    function = TABLE.find(node.name) if isinstance(node, exp.Anonymous) else None
    return function is not None and function.kind == "aggregate"


def _ancestors(node: Any, top: Any) -> Iterator[Any]:
    while node is not top:
        node = node.parent
        yield node
