"""A loaded project to a `CompiledProject`: every query bound, typed and lowered.

Datasets are compiled when something reads them (so references forward and between files work), each once;
the order in which they are finished is topological. Errors of all datasets are collected; what only fails
because its upstream failed is not told twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from tailrace.model.errors import Place, ProjectError, ProjectErrors, Refused
from tailrace.model.types import VOID, ArrayType, DataType, Field, MapType, Schema, StructType
from tailrace.project.compiled import CompiledProject, Component, Dataset, DatasetKind, Flow
from tailrace.project.declare import Declared, DeclaredFlow, declare, query_of
from tailrace.project.front import FilesResolver, ProjectCatalog
from tailrace.project.names import RESERVED_COLUMNS, fill, reads_stream
from tailrace.project.project import Project
from tailrace.sql.catalog import Target, TargetColumn
from tailrace.sql.compile import compile_batch, compile_condition, compile_stream, parse_query
from tailrace.sql.compiled import Expectation, Input, StreamQuery, TableInput
from tailrace.sql.errors import UnknownTable
from tailrace.sql.intervals import holds
from tailrace.sql.parse import statement as s
from tailrace.sql.parse.printing import print_statement
from tailrace.sql.query import Query


def compile_project(project: Project, files: FilesResolver) -> CompiledProject:
    """Compile all datasets. Raises ProjectErrors with everything that is wrong, in order of places."""
    compiled, errors = compile_usable(project, files)
    if errors:
        raise ProjectErrors(errors)
    return compiled


def compile_usable(project: Project, files: FilesResolver) -> tuple[CompiledProject, list[ProjectError]]:
    """The datasets that can be compiled, and everything that is wrong, in order of places."""
    declared, errors = declare(project)
    compiler = _Compiler(declared, files)
    for name in declared:
        try:
            compiler.dataset(name)
        except ProjectError as error:
            if isinstance(error, UnknownTable):
                error.among(declared)
            errors.append(error)
        except UpstreamFailed:
            pass
    flat = [one for error in errors for one in (getattr(error, "errors", None) or [error])]
    stored = {name: one for name, one in compiler.finished.items() if not _inlined(one)}
    inlined = {name: one for name, one in compiler.finished.items() if _inlined(one)}
    compiled = CompiledProject(stored, tuple(_components(stored)), inlined)
    return compiled, sorted(dict.fromkeys(flat), key=_order)


DELTA_REFUSED = frozenset(" ,;{}()=") | frozenset(map(chr, range(32)))
"""Signs that Delta refuses in column names without a table feature that not all readers have."""


class UpstreamFailed(Exception):
    """A dataset cannot be compiled because one that it reads could not; that one was told already."""


def _inlined(dataset: Dataset) -> bool:
    """A temporary view outside of streams is no node: its query is put in where it is read."""
    return dataset.kind == "temporary_view" and dataset.view is not None


def _inner_names(kind: DataType) -> Iterator[str]:
    """The names of all fields inside of a type."""
    if isinstance(kind, ArrayType):
        yield from _inner_names(kind.element)
    elif isinstance(kind, MapType):
        yield from _inner_names(kind.key)
        yield from _inner_names(kind.value)
    elif isinstance(kind, StructType):
        for field in kind.fields:
            yield field.name
            yield from _inner_names(field.type)


def _order(error: ProjectError) -> tuple[str, int, int]:
    place = error.place or Place("", 0)
    return place.file, place.line, place.column


class _Compiler:
    """Compiles datasets on demand; `finished` holds them in topological order."""

    def __init__(self, declared: Mapping[str, Declared], files: FilesResolver) -> None:
        self.declared = declared
        self.catalog = ProjectCatalog(self.dataset, files, declared)
        self.finished: dict[str, Dataset] = {}
        self._failed: set[str] = set()
        self._open: list[str] = []

    def dataset(self, name: str, place: Place | None = None) -> Dataset | None:
        """The compiled dataset of that name; None if the project defines none."""
        if name in self.finished:
            return self.finished[name]
        if name not in self.declared:
            return None
        if name in self._failed:
            raise UpstreamFailed(name)
        if name in self._open:
            raise self._cycle(name, place)
        self._open.append(name)
        try:
            self.finished[name] = self._compile(self.declared[name])
        except (ProjectError, UpstreamFailed):
            self._failed.add(name)
            raise
        finally:
            self._open.pop()
        return self.finished[name]

    def _cycle(self, name: str, place: Place | None) -> ProjectError:
        ring = self._open[self._open.index(name) :]
        shown = " -> ".join([*ring, name])
        places = ", ".join(f"{one} at {self.declared[one].place}" for one in ring)
        return ProjectError(
            f"Datasets read each other in a ring: {shown}.",
            place=place or self.declared[name].place,
            hint=f"Take one of these reads away: {places}.",
        )

    # One dataset

    def _compile(self, declared: Declared) -> Dataset:
        if declared.refused:
            raise UpstreamFailed(declared.name)
        statement = declared.statement
        if isinstance(statement, s.StreamingTable):
            dataset = self._streaming_table(declared)
        elif isinstance(statement, s.MaterializedView):
            dataset = self._view(declared, "materialized_view")
        elif self._reads_a_stream(declared):
            dataset = self._stream_view(declared)
        else:
            dataset = self._view(declared, "temporary_view")
        self._check_schema(declared, dataset.schema)
        return replace(
            dataset,
            expectations=tuple(self._expectations(declared, dataset.schema)),
            partition_by=tuple(_partitions(declared, dataset.schema)),
            comment=_comment(declared),
            properties=_properties(declared),
            definition=print_statement(statement),
        )

    def _streaming_table(self, declared: Declared) -> Dataset:
        columns = declared.statement.columns
        flows: list[Flow] = []
        schema: Schema | None = _declared_schema(columns)
        for flow in declared.flows:
            query = self._stream(declared, flow, schema)
            schema = schema or query.schema
            flows.append(Flow(flow.name, query, flow.place, flow.once))
        if schema is None:
            raise ProjectError(
                f"{declared.name} has no query, no flow and no columns.",
                place=declared.place,
                hint=f"Add AS SELECT ..., or CREATE FLOW ... AS INSERT INTO {declared.name}.",
            )
        return Dataset(
            declared.name, "streaming_table", _commented(schema, columns), declared.place, tuple(flows)
        )

    def _stream_view(self, declared: Declared) -> Dataset:
        columns = declared.statement.columns
        (query_text,) = declared.queries
        flow = DeclaredFlow(declared.name, query_text, declared.place)
        query = self._stream(declared, flow, _declared_schema(columns))
        return Dataset(
            declared.name,
            "temporary_view",
            _commented(query.schema, columns),
            declared.place,
            (Flow(declared.name, query, declared.place),),
        )

    def _stream(self, declared: Declared, flow: DeclaredFlow, schema: Schema | None) -> StreamQuery:
        """A flow's query, its columns brought to the table's: those listed, else the first flow's."""
        parsed = parse_query(flow.query.text, flow.query.place)
        target = _target(declared.statement.columns)
        if target is not None and flow.name == declared.name:
            if schema is not None:
                _check_names(declared, compile_stream(parsed, self.catalog).schema, schema)
            target = replace(target, by_name=schema is not None)
        elif target is not None:
            target = replace(target, by_name=flow.by_name)
        elif schema is not None:
            columns = tuple(TargetColumn(field.name, field.type) for field in schema.fields)
            target = Target(columns, by_name=flow.by_name)
        rejects = _properties(declared).get("tailrace.coerced") == "reject"
        compiled = compile_stream(parsed, self.catalog, target, rejects_coerced=rejects)
        _refuse_watermark(parsed)
        for branch in compiled.branches:
            source = self._read(branch.input)
            if source is not None and _inlined(source):
                raise ProjectError(
                    f"{source.name} is a view over whole tables, so it is no stream.",
                    place=flow.query.place,
                    hint=f"Read a stream in {source.name}: FROM STREAM(...).",
                )
        return compiled

    def _view(self, declared: Declared, kind: DatasetKind) -> Dataset:
        (query,) = declared.queries
        columns = declared.statement.columns
        if _properties(declared).get("tailrace.coerced") == "reject":
            raise Refused(
                "'tailrace.coerced' = 'reject' on a view, which has no rejected rows but those of EXPECT.",
                place=declared.place,
                hint="Read the JSON in a streaming table below it.",
            )
        parsed = parse_query(query.text, query.place)
        target, listed = _target(columns), _declared_schema(columns)
        if target is not None and listed is not None:
            _check_names(declared, compile_batch(parsed, self.catalog).schema, listed)
            target = replace(target, by_name=True)
        compiled = compile_batch(parsed, self.catalog, target)
        _refuse_watermark(parsed)
        schema = _commented(compiled.schema, columns)
        return Dataset(declared.name, kind, schema, declared.place, view=compiled)

    def _read(self, source: Input) -> Dataset | None:
        """The dataset behind an input of a compiled query."""
        return self.finished.get(source.name) if isinstance(source, TableInput) else None

    def _reads_a_stream(self, declared: Declared) -> bool:
        statement = declared.statement
        assert statement.query is not None, "the parser asks for it"
        old_word = isinstance(statement, s.TemporaryView) and statement.streaming
        return old_word or reads_stream(statement.query.text)

    def _check_schema(self, declared: Declared, schema: Schema) -> None:
        seen: set[str] = set()
        stored = not isinstance(declared.statement, s.TemporaryView)
        for field in schema.fields:
            name = field.name
            if stored and field.type == VOID:
                raise ProjectError(
                    f"Column '{name}' of {declared.name} is NULL without a type.",
                    place=declared.place,
                    hint="Give it one: CAST(NULL AS STRING).",
                )
            if stored and holds(field.type):
                raise Refused(
                    f"Column '{name}' of {declared.name} is an interval, which no table keeps.",
                    place=declared.place,
                    hint="CAST(... AS STRING) or a count of its units can be kept.",
                )
            if stored and (not name or set(name) & DELTA_REFUSED):
                raise ProjectError(
                    f"{declared.name} has a column {name!r}: a Delta table takes no blank, no control character and none of ,;{{}}()= in names.",
                    place=declared.place,
                    hint="Give it another name by AS.",
                )
            if stored and any(min(inner, default=" ") < " " for inner in _inner_names(field.type)):
                raise ProjectError(
                    f"{declared.name} has a column {name!r} with a field whose name holds a control character.",
                    place=declared.place,
                    hint="Give the column's type, and the field another name, by schemaHints or CAST.",
                )
            if name.lower() in RESERVED_COLUMNS:
                raise ProjectError(
                    f"{declared.name} has a column '{name}', which is reserved.",
                    place=declared.place,
                    hint="Every table has _batch and _row of its own; give it another name by AS.",
                )
            if name.lower() in seen:
                raise ProjectError(
                    f"{declared.name} has two columns '{name}'.",
                    place=declared.place,
                    hint="Give one of them another name by AS.",
                )
            seen.add(name.lower())

    def _expectations(self, declared: Declared, schema: Schema) -> Iterator[Expectation]:
        for expect in declared.statement.expectations:
            condition = query_of(expect.condition, declared.defined)
            sql = compile_condition(condition.text, schema, condition.place)
            yield Expectation(expect.name, sql, expect.action, condition.text)


# Columns of a dataset


def _refuse_watermark(query: Query) -> None:
    """A watermark judges event times, which nothing does yet: it is not passed over in silence."""
    for offset, _, _ in query.watermarks:
        raise Refused(
            "WATERMARK is not executed yet.",
            place=query.origin.at(offset),
            hint="Nothing here waits for late rows; take it away.",
        )


def _declared_schema(columns: tuple[s.Column, ...]) -> Schema | None:
    """The schema of a column list with types; None where there is no list or it has names only."""
    if not columns or any(column.type is None or column.type.type is None for column in columns):
        return None
    return Schema(
        tuple(
            Field(column.name, column.type.type, column.not_null is None)
            for column in columns
            if column.type is not None and column.type.type is not None
        )
    )


def _commented(schema: Schema, columns: tuple[s.Column, ...]) -> Schema:
    """The schema with the column list's comments and NOT NULL."""
    listed = {column.name.lower(): column for column in columns}
    fields = []
    for field in schema.fields:
        column = listed.get(field.name.lower())
        comment = column.comment.value if column and column.comment else field.comment
        nullable = field.nullable and not (column and column.not_null)
        fields.append(Field(column.name if column else field.name, field.type, nullable, comment))
    return Schema(tuple(fields))


def _check_names(declared: Declared, has: Schema, listed: Schema) -> None:
    """A column list with types names the query's columns, all of them, in any order."""
    for one, other, what in (
        (has, listed, "is not in its column list"),
        (listed, has, "is not in its query"),
    ):
        missing = next((name for name in one.names if other.find(name) is None), None)
        if missing is not None:
            raise ProjectError(
                f"The column '{missing}' of {declared.name} {what}.",
                place=declared.place,
                hint=f"The query gives {', '.join(has.names)}; the list has {', '.join(listed.names)}.",
            )


def _target(columns: tuple[s.Column, ...]) -> Target | None:
    """The column list as what a query has to fill, by position; None without a list."""
    if not columns:
        return None
    return Target(
        tuple(
            TargetColumn(column.name, column.type.type if column.type else None, column.not_null is not None)
            for column in columns
        )
    )


def _partitions(declared: Declared, schema: Schema) -> Iterator[str]:
    clause = declared.statement.clauses.partitioned_by
    if clause is None:
        return
    place = Place(declared.place.file, clause.at.line, clause.at.column)
    for item in clause.value:
        name = item.text
        field = schema.find(name)
        if field is None:
            raise ProjectError(
                f"PARTITIONED BY names '{name}', which {declared.name} does not have.",
                place=place,
                hint=f"Its columns: {', '.join(schema.names)}.",
            )
        yield field.name
    if len(clause.value) == len(schema.fields):
        raise ProjectError(
            f"PARTITIONED BY names every column of {declared.name}.",
            place=place,
            hint="At least one column must stay outside.",
        )


def _comment(declared: Declared) -> str | None:
    comment = declared.statement.clauses.comment
    return fill(comment.value, declared.defined.parameters, declared.place) if comment else None


def _properties(declared: Declared) -> dict[str, str]:
    """Properties as written, ours in lower case, parameters filled in."""
    clause = declared.statement.clauses.properties
    parameters, place = declared.defined.parameters, declared.place
    return {
        key.lower() if key.lower().startswith("tailrace.") else key: fill(value, parameters, place)
        for key, value in (clause.value if clause else ())
    }


# Components


def _components(datasets: Mapping[str, Dataset]) -> Iterator[Component]:
    """Datasets connected by streaming edges, then each view alone; both in topological order.

    A component is called by the least name among those of its datasets that read no other: a dataset
    added downstream does not rename it.
    """
    leader = {name: name for name, dataset in datasets.items() if dataset.view is None}

    def find(name: str) -> str:
        while leader[name] != name:
            name = leader[name]
        return name

    roots: set[str] = set()
    for name in leader:
        upstream = _upstream(datasets[name]) & leader.keys()
        if not upstream:
            roots.add(name)
        for other in upstream:
            leader[find(other)] = find(name)
    groups: dict[str, list[str]] = {}
    for name in leader:
        groups.setdefault(find(name), []).append(name)
    for names in groups.values():
        yield Component(min(name for name in names if name in roots), tuple(names))
    for name, dataset in datasets.items():
        if dataset.view is not None:
            yield Component(f"view:{name}", (name,))


def _upstream(dataset: Dataset) -> set[str]:
    return {
        branch.input.name
        for flow in dataset.flows
        for branch in flow.query.branches
        if isinstance(branch.input, TableInput)
    }
