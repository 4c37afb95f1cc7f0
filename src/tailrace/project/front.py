"""What a query of the project sees: the catalog that the SQL front end asks, made from compiled datasets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from tailrace.model.errors import Place, ProjectError
from tailrace.model.types import Schema
from tailrace.project.compiled import Dataset
from tailrace.project.declare import Declared
from tailrace.project.names import catalog_of
from tailrace.sql.catalog import FilesCall, TableInfo, ViewText

Lookup = Callable[[str, Place], Dataset | None]
"""Gives a dataset of the project by `schema.name`, compiling it first if need be."""


class FilesResolver(Protocol):
    """Called for every call of `read_files` or `cloud_files`; looks at the files."""

    def __call__(
        self, path: str, format: str, options: tuple[tuple[str, str], ...], function: str, place: Place
    ) -> Schema:
        """What `*` gives: the columns, `_rescued_data` last where it is there, without `_metadata`.

        Raises ProjectError with `place`, also where `format` is empty because the call names none.
        """
        ...


class ProjectCatalog:
    """The names in reach of the project's queries.

    A bare name belongs to the schema of the statement in which it stands, told by its place: the query of
    a temporary view keeps its own schema where it is put into another query.
    """

    def __init__(self, lookup: Lookup, files: FilesResolver, declared: Mapping[str, Declared]) -> None:
        self._lookup = lookup
        self._files = files
        self._declared = declared
        self._starts = sorted(start for one in declared.values() for start in one.starts())

        self._catalog: tuple[str, Place] | None = None
        for one in declared.values():
            found = catalog_of(one.statement.name, one.defined.parameters, one.place)
            if found is not None and self._catalog is None:
                self._catalog = (found, one.place)

    def _check_catalog(self, catalog: str, place: Place) -> None:
        """A dataset is read under the catalog of the project, or under the first one that a query names."""
        if self._catalog is None:
            self._catalog = (catalog, place)
        known, first = self._catalog
        if catalog != known:
            raise ProjectError(
                f"The catalog '{catalog}' is the second one; '{known}' is at {first}.",
                place=place,
                hint="A project has one catalog; leave the catalogs out of the names.",
            )

    def _schema_at(self, place: Place) -> str:
        before = [schema for start, schema in self._starts if start.file == place.file and start <= place]
        return before[-1] if before else "default"

    def table(self, parts: tuple[str, ...], place: Place) -> TableInfo | None:
        """A dataset by a name of one to three parts; a catalog and `LIVE` in front are taken off."""
        names = [part.lower() for part in parts]
        if len(names) > 1 and names[0] == "live":
            names = names[1:]
        name = ".".join(names[-2:]) if len(names) > 1 else f"{self._schema_at(place)}.{names[0]}"
        dataset = self._lookup(name, place)
        if dataset is None:
            return None
        if len(names) == 3:
            self._check_catalog(names[0], place)
        view = None
        if dataset.kind == "temporary_view" and dataset.view is not None:
            declared = self._declared[name]
            (query,) = declared.queries
            view = ViewText(query.text, query.place, query.schema)
        return TableInfo(name, dataset.kind, dataset.schema, view)

    def files(self, call: FilesCall) -> tuple[str, Schema]:
        """The format as written and what `*` gives."""
        schema = self._files(call.path, call.format, call.options, call.function, call.place)
        return call.format, schema
