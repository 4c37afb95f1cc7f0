"""Generators of a SELECT list: each makes rows of those before it, several the product of all.

Their arguments are computed once in a step above groups and windows; the rest of the list, ORDER BY and
DISTINCT stand above the rows that come of it, as in Spark.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tailrace.sql import select_list as lists
from tailrace.sql.calls import Hooks
from tailrace.sql.expression import Analyzer
from tailrace.sql.groups import MISSING
from tailrace.sql.relation import unnested
from tailrace.sql.scope import Visible
from tailrace.sql.typed import Typed, quote

if TYPE_CHECKING:
    from tailrace.sql.block import SelectBlock

_BELOW = "\0"


@dataclass(frozen=True)
class Rows:
    """The columns of each generator by its place in the list, and the steps around a FROM text."""

    columns: dict[int, list[Visible]]
    text: str

    def around(self, below: str) -> str:
        """The FROM text with the generated rows."""
        return self.text.replace(_BELOW, below)


def rows_of(items: Sequence[lists.Item], block: SelectBlock, hooks: Hooks) -> Rows | None:
    """None where the list has no generator."""
    places = [place for place, item in enumerate(items) if item.generator]
    if not places:
        return None
    arguments = [_argument(items[place], block, hooks) for place in places]
    ids = [block.names.new() for _ in places]
    kept = ", ".join(f"{a.sql} AS {quote(i)}" for a, i in zip(arguments, ids, strict=True))
    text = f"FROM (SELECT *, {kept} {_BELOW})"
    columns = {}
    for place, argument, name in zip(places, arguments, ids, strict=True):
        call, labels = items[place].node, items[place].names
        ready = replace(argument, sql=quote(name), is_column=True, fallible=False)
        sql, made = unnested(block.names, block.origin, call, ready, False, ["*"], text)
        text = f"FROM ({sql})"
        if labels and len(labels) != len(made):
            raise block.origin.wrong(
                f"[UDTF_ALIAS_NUMBER_MISMATCH] {len(labels)} names for {len(made)} columns.", call
            )
        names = labels or [m.name for m in made]
        columns[place] = [lists.positional(m, n) for m, n in zip(made, names, strict=True)]
    return Rows(columns, text)


def shown(values: Sequence[Visible | None], rows: Rows | None) -> list[Visible]:
    """The columns of the list, those of generators included."""
    result: list[Visible] = []
    for place, value in enumerate(values):
        if value is not None:
            result.append(value)
        elif rows is not None:
            result.extend(rows.columns[place])
    return result


def _argument(item: lists.Item, block: SelectBlock, hooks: Hooks) -> Typed:
    call = item.node
    if len(call.expressions) != 1:
        raise block.origin.wrong(f"[WRONG_NUM_ARGS.WITHOUT_SUGGESTION] {call.name} takes 1 argument.", call)
    made = Analyzer(block.origin, block.above, hooks).expr(call.expressions[0])
    if MISSING in made.sql:
        raise block.origin.wrong(
            "[MISSING_AGGREGATION] A generator takes keys of GROUP BY and aggregates only.", call
        )
    return made
