"""The words of a question: sets of rows, and expressions over them.

A set has typed columns `c0`, `c1`, ... Its values are written as the fixtures write them: numbers
exact, decimals, dates and timestamps as strings, binary as hex, `"NaN"` and `"Infinity"` for floats,
arrays and structs as lists, maps as lists of pairs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

How = Literal["row", "group", "window"]


@dataclass(frozen=True)
class RowSet:
    """Typed columns and rows of values; a single column may be given without inner lists."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


@dataclass(frozen=True)
class Case:
    """One expression over a set: per row, over all rows (`group`), or with OVER (`window`)."""

    sql: str
    on: str
    how: How = "row"


@dataclass(frozen=True)
class Category:
    """One fixture file."""

    name: str
    sets: tuple[RowSet, ...]
    cases: tuple[Case, ...] = field(default=())


def column(name: str, type_: str, values: list[Any]) -> RowSet:
    """A set of one column."""
    return RowSet(name, (type_,), tuple((v,) for v in values))


def rows(name: str, types: list[str], values: list[tuple[Any, ...]]) -> RowSet:
    """A set of several columns."""
    return RowSet(name, tuple(types), tuple(tuple(v) for v in values))


def on(name: str, *texts: str, how: How = "row") -> tuple[Case, ...]:
    """Cases over the set `name`."""
    return tuple(Case(text, name, how) for text in texts)
