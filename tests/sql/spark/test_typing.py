"""Every scalar function, operator and cast over all types of its arguments: the type that Spark gives, or a refusal."""

from __future__ import annotations

import pytest

from tailrace.model import types as t
from tailrace.model.errors import Place, ProjectError, Refused
from tailrace.sql import literals
from tailrace.sql.expression import Analyzer, type_expression
from tailrace.sql.query import parse_expression
from tailrace.sql.scope import Scope
from tailrace.sql.typed import Typed
from tests.sql.spark import grid

LINES = grid.FILE.read_text(encoding="utf-8").splitlines()
GRID = [grid.read(line) for line in LINES]
REFUSED_SHARE_MAX = 0.02
_STRUCT = t.StructType((t.Field("a", t.INT), t.Field("b", t.STRING)))
_DAY_TIME, _YEAR_MONTH = t.DayTimeIntervalType("day", "second"), t.YearMonthIntervalType()


def kinds() -> list[t.DataType]:
    given = t.Schema(())
    simple = [type_expression(f"CAST(NULL AS {text})", given).type for text in grid.KINDS[:14]]
    nested = [t.ArrayType(t.INT), t.ArrayType(t.STRING), t.MapType(t.STRING, t.INT), _STRUCT]
    return [*simple, _DAY_TIME, _YEAR_MONTH, *nested]


KINDS = kinds()


def ours(template: str, count: int) -> list[str | None]:
    """The type of each combination, None where Spark is said to refuse, `?` where we refuse."""
    try:
        query = parse_expression(template, Place("e", 1))
    except Refused:
        return ["?"] * len(grid.combinations(count))
    except ProjectError:
        return [None] * len(grid.combinations(count))
    found: list[str | None] = []
    for places in grid.combinations(count):
        given = {
            x: literals.null() if i == grid.NULL else Typed(f'"{x}"', KINDS[i], name=x, is_column=True)
            for x, i in zip("ab", places, strict=False)
        }
        try:
            found.append(Analyzer(query.origin, Scope(extra=given)).expr(query.tree).type.simple_string)
        except Refused:
            found.append("?")
        except ProjectError:
            found.append(None)
    return found


@pytest.mark.parametrize(("template", "count", "theirs"), GRID, ids=[one[0] for one in GRID])
def test_types(template: str, count: int, theirs: list[str | None]) -> None:
    assert grid.differing(template, count, theirs, ours(template, count)) == []


def test_most_is_answered() -> None:
    answers = ((theirs, ours(template, count)) for template, count, theirs in GRID)
    assert grid.refused_share(answers) < REFUSED_SHARE_MAX
