"""What the front end asks of its caller: tables by name, schemas of files, the columns of a target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from tailrace.model.errors import Place
from tailrace.model.types import DataType, Schema

TableKind = Literal["streaming_table", "materialized_view", "temporary_view", "external"]


@dataclass(frozen=True)
class ViewText:
    """The query of a temporary view outside of streams: it is put in where the view is read."""

    text: str
    place: Place
    schema: str = "default"
    """The schema that bare names in it belong to."""


@dataclass(frozen=True)
class TableInfo:
    """A table that a query may name. `name` is `schema.name` in lower case."""

    name: str
    kind: TableKind
    schema: Schema
    view: ViewText | None = None


@dataclass(frozen=True)
class FilesCall:
    """A call of `read_files` or `cloud_files`. `format` is empty where the call leaves it out."""

    path: str
    format: str
    options: tuple[tuple[str, str], ...]
    function: Literal["read_files", "cloud_files"]
    place: Place


class Catalog(Protocol):
    """Names and files in reach of a query."""

    def table(self, parts: tuple[str, ...], place: Place) -> TableInfo | None:
        """The table of a name of one to three parts, as written; None if there is none."""
        ...

    def files(self, call: FilesCall) -> tuple[str, Schema]:
        """The format and what `*` gives. Raises ProjectError with the call's place."""
        ...


@dataclass(frozen=True)
class TargetColumn:
    """A declared column: `type` None where only the name was written."""

    name: str
    type: DataType | None = None
    not_null: bool = False


@dataclass(frozen=True)
class Target:
    """The table that a query fills. Columns are matched by position, or by name with `by_name`."""

    columns: tuple[TargetColumn, ...]
    by_name: bool = False
