"""The statements of a project by the names they define: the step between loading and compiling.

Names are resolved, doubled ones refused with both places, flows are put to their tables, and what is not
executed is refused. Nothing is bound yet.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tailrace.model.errors import Place, ProjectError
from tailrace.project.executed import refusals
from tailrace.project.names import RESERVED_COLUMNS, catalog_of, fill, resolve
from tailrace.project.project import Defined, Project
from tailrace.sql.parse import statement as s


@dataclass(frozen=True)
class Query:
    """One query with its parameters filled in, its place, and the schema of bare names in it."""

    text: str
    place: Place
    schema: str


@dataclass(frozen=True)
class DeclaredFlow:
    """A query that writes into a table; `by_name` False: columns are matched by position."""

    name: str
    query: Query
    place: Place
    by_name: bool = True
    once: bool = False


@dataclass
class Declared:
    """One dataset before it is compiled."""

    name: str
    statement: s.StreamingTable | s.MaterializedView | s.TemporaryView
    defined: Defined
    flows: list[DeclaredFlow] = field(default_factory=list)
    refused: bool = False
    """What fills it is not executed, which was told already: it cannot be compiled."""

    @property
    def place(self) -> Place:
        return self.defined.place

    @property
    def queries(self) -> list[Query]:
        """The queries that fill it: those of its flows, or its own."""
        if self.statement.query is None or isinstance(self.statement, s.StreamingTable):
            return [flow.query for flow in self.flows]
        return [query_of(self.statement.query, self.defined)]

    def starts(self) -> Iterator[tuple[Place, str]]:
        """Where its queries begin, with the schema of bare names in them."""
        for flow in self.flows:
            yield flow.query.place, flow.query.schema
        if self.statement.query is not None:
            yield _place_of(self.statement.query, self.defined), self.defined.schema


def declare(project: Project) -> tuple[dict[str, Declared], list[ProjectError]]:
    """All datasets of a project by name, and everything that is wrong with their heads."""
    errors: list[ProjectError] = []
    datasets: dict[str, Declared] = {}
    errors += _catalogs(project.statements)
    for defined in project.statements:
        errors += refusals(defined.statement, defined.place)
        if isinstance(defined.statement, s.Dataset):
            try:
                _declare_dataset(defined, datasets)
            except ProjectError as error:
                errors.append(error)
    for defined in project.statements:
        _mark_refused(defined, datasets)
    flow_names: dict[str, Place] = {}
    for defined in project.statements:
        if isinstance(defined.statement, s.Flow):
            try:
                _declare_flow(defined, datasets, flow_names)
            except ProjectError as error:
                errors.append(error)
    return datasets, errors


def _mark_refused(defined: Defined, datasets: dict[str, Declared]) -> None:
    statement = defined.statement
    if isinstance(statement, s.AutoCdc):
        name = statement.target
    elif isinstance(statement, s.StreamingTable) and statement.cdc:
        name = statement.name
    else:
        return
    try:
        found = datasets.get(resolve(name, defined.schema, defined.parameters, defined.place))
    except ProjectError:
        return
    if found is not None:
        found.refused = True


def query_of(span: s.Span, defined: Defined) -> Query:
    """A span of a statement with its parameters filled in."""
    place = _place_of(span, defined)
    return Query(fill(span.text, defined.parameters, place), place, defined.schema)


def _place_of(span: s.Span, defined: Defined) -> Place:
    return Place(defined.place.file, span.at.line, span.at.column)


def _declare_dataset(defined: Defined, datasets: dict[str, Declared]) -> None:
    statement = defined.statement
    assert isinstance(statement, s.StreamingTable | s.MaterializedView | s.TemporaryView)
    name = resolve(statement.name, defined.schema, defined.parameters, defined.place)
    if name in datasets:
        raise ProjectError(
            f"{name} is defined twice; the first is at {datasets[name].place}.",
            place=defined.place,
            hint="Rename one of them, or let flows fill one table.",
        )
    _check_columns(statement, defined.place)
    declared = Declared(name, statement, defined)
    datasets[name] = declared
    if isinstance(statement, s.StreamingTable) and statement.query is not None:
        declared.refused = True
        query = query_of(statement.query, defined)
        declared.flows.append(DeclaredFlow(name, query, defined.place, once=bool(statement.once)))
        declared.refused = False


def _check_columns(statement: s.Dataset, place: Place) -> None:
    for column in statement.columns:
        if column.name.lower() in RESERVED_COLUMNS:
            raise ProjectError(
                f"The column name '{column.name}' is reserved.",
                place=Place(place.file, column.at.line, column.at.column),
                hint="Every table has _batch and _row of its own; choose another name.",
            )


def _declare_flow(defined: Defined, datasets: dict[str, Declared], seen: dict[str, Place]) -> None:
    flow = defined.statement
    assert isinstance(flow, s.Flow)
    target = resolve(flow.target, defined.schema, defined.parameters, defined.place)
    name = resolve(flow.name, defined.schema, defined.parameters, defined.place)
    name = name.partition(".")[2] if len(flow.name.parts) == 1 else name
    if name in seen or name in datasets:
        first = seen[name] if name in seen else datasets[name].place
        raise ProjectError(
            f"The flow {name} is defined twice; the first is at {first}.",
            place=defined.place,
            hint="Rename one of them.",
        )
    seen[name] = defined.place
    found = datasets.get(target)
    if found is None:
        raise ProjectError(
            f"The flow {name} writes into {target}, which is not defined.",
            place=Place(defined.place.file, flow.target.at.line, flow.target.at.column),
            hint=f"Add CREATE STREAMING TABLE {target}.",
        )
    if not isinstance(found.statement, s.StreamingTable):
        raise ProjectError(
            f"The flow {name} writes into {target}, which is no streaming table.",
            place=Place(defined.place.file, flow.target.at.line, flow.target.at.column),
            hint=f"Make {target} a STREAMING TABLE.",
        )
    query = query_of(flow.query, defined)
    found.flows.append(
        DeclaredFlow(name, query, defined.place, by_name=bool(flow.by_name), once=bool(flow.once))
    )


def _catalogs(statements: Sequence[Defined]) -> list[ProjectError]:
    """Two catalogs in the names of one project would be one folder of the lake."""
    first: tuple[str, Place] | None = None
    errors: list[ProjectError] = []
    for defined in statements:
        statement = defined.statement
        names = [
            name
            for name in (getattr(statement, "name", None), getattr(statement, "target", None))
            if isinstance(name, s.Name)
        ]
        for name in names:
            try:
                catalog = catalog_of(name, defined.parameters, defined.place)
            except ProjectError:
                continue
            if catalog is None:
                continue
            place = Place(defined.place.file, name.at.line, name.at.column)
            if first is None:
                first = (catalog, place)
            elif first[0] != catalog:
                errors.append(
                    ProjectError(
                        f"The catalog '{catalog}' is the second one; '{first[0]}' is at {first[1]}.",
                        place=place,
                        hint="A project has one catalog; leave the catalogs out of the names.",
                    )
                )
    return errors
