"""How the front end complains: an error condition of Spark, a place in the project file, a remedy.

`Origin` turns offsets of the query's text into places of the file that it stands in.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from tailrace.model.errors import Place, ProjectError, Refused


@dataclass(frozen=True)
class Origin:
    """A text and where it begins in a file."""

    text: str
    place: Place
    _starts: tuple[int, ...] = field(default=(), compare=False, repr=False)

    def __post_init__(self) -> None:
        starts = (0, *(i + 1 for i, c in enumerate(self.text) if c == "\n"))
        object.__setattr__(self, "_starts", starts)

    def at(self, offset: int) -> Place:
        """The place of a character of the text."""
        line = bisect_right(self._starts, offset) - 1
        column = offset - self._starts[line] + 1
        if line == 0:
            column += self.place.column - 1
        return Place(self.place.file, self.place.line + line, column)

    def of(self, node: Any) -> Place:
        """The place of a parsed node, or of the first of its parts that has one."""
        for part in node.walk():
            start = part.meta.get("start")
            if start is not None:
                return self.at(int(start))
        return self.place

    def wrong(self, message: str, node: Any = None, hint: str | None = None) -> ProjectError:
        return ProjectError(message, place=self.of(node) if node is not None else self.place, hint=hint)

    def only(self, node: Any, parts: frozenset[str]) -> None:
        """Refuse a node that has parts beside those that its reader reads."""
        for key, value in node.args.items():
            if value and key not in parts:
                raise self.refused(f"{key.strip('_').upper().replace('_', ' ')} is not answered here.", node)

    def refused(self, message: str, node: Any = None, hint: str | None = None) -> Refused:
        return Refused(message, place=self.of(node) if node is not None else self.place, hint=hint)


class UnknownTable(ProjectError):
    """A query reads a table that there is not. Who knows the tables in reach gives the hint by `among`."""

    def __init__(self, name: str, place: Place) -> None:
        super().__init__(f"[TABLE_OR_VIEW_NOT_FOUND] There is no table {name}.", place=place)
        self.name = name

    def among(self, names: Iterable[str]) -> None:
        """Hint at the tables that are most like it, or at all of them if they are few."""
        known = sorted(names)
        wanted = self.name.lower()
        same = [name for name in known if name.rpartition(".")[2] == wanted.rpartition(".")[2]]
        near = same or get_close_matches(wanted, known, n=3, cutoff=0.75)
        if near:
            self.hint = f"Did you mean {' or '.join(near[:3])}?"
        elif len(known) <= SHOWN_MAX:
            self.hint = f"Tables here: {', '.join(known) or 'none'}."

    @staticmethod
    def of(origin: Origin, table: Any, parts: Sequence[str]) -> UnknownTable:
        """Of a parsed table; its place is where its name begins."""
        first = table.args.get("catalog") or table.args.get("db") or table
        return UnknownTable(".".join(parts), origin.of(first))


SHOWN_MAX = 20


class Mismatch(Exception):
    """Arguments that Spark refuses by type; the caller adds the place. The text begins with a condition."""


class NotAnswered(Exception):
    """Arguments that Spark accepts and Tailrace does not answer; the caller adds the place."""
