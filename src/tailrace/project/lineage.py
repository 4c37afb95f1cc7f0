"""Where columns come from: every output column of a dataset with the input columns it is computed from.

Read off the compiled plans, so it says what runs: stream programs expression by expression, batch
queries by sqlglot's scopes. A field that is taken out of a struct is named with it: `_metadata.file_name`.
`how` is `column` where a value is passed on unchanged, `expression` otherwise.
Where sqlglot cannot follow a query, every column comes from `*` of every input.
A column without inputs (a literal) has one row with input None.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from tailrace.model.types import Schema
from tailrace.project.compiled import CompiledProject, Dataset
from tailrace.project.names import RESERVED_COLUMNS
from tailrace.sql.compiled import (
    METADATA_TYPE,
    TOPIC_SCHEMA,
    BatchQuery,
    Branch,
    FilesInput,
    Input,
    RowProgram,
    TableInput,
    TopicInput,
)

Columns = frozenset[str]
How = Literal["column", "expression"]

_COLUMN: How = "column"
_EXPRESSION: How = "expression"

_QUOTED = re.compile(r"""'(?:[^']|'')*'|(?<=\.)"(?:[^"]|"")*"|"(?P<name>(?:[^"]|"")*)\"""")
_BARE = re.compile(r'"(?:[^"]|"")*"')
_FIELD = re.compile(r"""struct_extract\("(?P<name>(?:[^"]|"")*)", '(?P<field>(?:[^']|'')*)'\)""")
_DOT = "\0"
"""Between a struct's name and a field's: no name has it."""


@dataclass(frozen=True)
class Edge:
    """One output column and one of the columns it comes from."""

    dataset: str
    column: str
    flow: str
    input: str | None
    """`schema.table`, `topic:<name>` or `files:<path>`."""
    input_column: str | None
    how: How


def lineage(project: CompiledProject, dataset: str | None = None) -> list[Edge]:
    """The lineage of one dataset, or of all, in topological order and the order of their columns."""
    names = [dataset] if dataset is not None else list(project.datasets)
    return [edge for name in names for edge in _dataset(project, project.datasets[name])]


def input_name(source: Input) -> str:
    """How lineage calls an input."""
    if isinstance(source, TopicInput):
        return f"topic:{source.topic}"
    if isinstance(source, FilesInput):
        return f"files:{source.path}"
    return source.name


def _dataset(project: CompiledProject, dataset: Dataset) -> Iterator[Edge]:
    if dataset.view is not None:
        yield from _batch(project, dataset, dataset.view)
    for flow in dataset.flows:
        for branch in flow.query.branches:
            named = input_name(branch.input)
            given = _columns(project, branch.input)
            for i, (columns, unchanged) in enumerate(_branch(branch, given)):
                column = dataset.schema.names[i] if i < len(dataset.schema.names) else str(i)
                how = _COLUMN if unchanged else _EXPRESSION
                for source in sorted(columns):
                    yield Edge(dataset.name, column, flow.name, named, source, how)
                if not columns:
                    yield Edge(dataset.name, column, flow.name, None, None, "expression")


# Streams


def _branch(branch: Branch, given: Mapping[str, str]) -> list[tuple[Columns, bool]]:
    """For each column of the last program the input columns it reads, and whether it is one of them."""
    found = _program(branch.program, {name: (frozenset((name,)), True) for name in given})
    names = [column.name for column in branch.program.columns]
    for explode in branch.explodes:
        known = dict(zip(names, found, strict=True))
        items = known.pop("__items", (frozenset(), False))
        known["__item"] = known["__pos"] = (items[0], False)
        found = _program(explode.program, known)
        names = [column.name for column in explode.program.columns]
    return found


def _program(program: RowProgram, known: Mapping[str, tuple[Columns, bool]]) -> list[tuple[Columns, bool]]:
    """`known` says what the columns that the program reads are made of."""
    lets: dict[str, Columns] = {}

    def origin(name: str) -> tuple[Columns, bool]:
        name, *fields = name.split(_DOT)
        if name in lets:
            return lets[name], False
        columns, unchanged = known.get(name, (frozenset(), False))
        if fields and unchanged:
            columns = frozenset(".".join((column, *fields)) for column in columns)
        return columns, unchanged

    def read(sql: str) -> tuple[Columns, bool]:
        names, bare = _names_in(sql)
        origins = [origin(name) for name in names]
        columns = frozenset(column for columns, _ in origins for column in columns)
        return columns, bare and len(origins) == 1 and origins[0][1]

    for let in program.lets:
        lets[let.name] = read(let.sql)[0]
    return [read(column.sql) for column in program.columns]


def _names_in(sql: str) -> tuple[list[str], bool]:
    """The quoted names in a text that are no fields of something, with the fields that are taken out of them;
    whether the text is just one of them."""
    names: list[str] = []
    while (shorter := _FIELD.sub(_joined, sql)) != sql:
        sql = shorter
    for match in _QUOTED.finditer(sql):
        if match["name"] is not None:
            name = match["name"].replace('""', '"')
            if name not in names:
                names.append(name)
    return names, bool(_BARE.fullmatch(sql))


def _joined(match: re.Match[str]) -> str:
    """A struct's name and a field of it as one name."""
    field = match["field"].replace("''", "'").replace('"', '""')
    return f'"{match["name"]}{_DOT}{field}"'


# Batches


def _batch(project: CompiledProject, dataset: Dataset, query: BatchQuery) -> Iterator[Edge]:
    inputs = {item.alias.lower(): item.input for item in query.inputs}
    schema = {item.alias: _columns(project, item.input) for item in query.inputs}
    nodes = _nodes(query.sql, schema)
    everything = [(input_name(source), "*") for source in dict.fromkeys(inputs.values())]
    for i, column in enumerate(dataset.schema.names):
        origins, how = everything, _EXPRESSION
        if nodes is not None and i < len(nodes):
            origins = _without_ties(sorted(set(_leaves(nodes[i], inputs))))
            how = _COLUMN if _is_passed_on(nodes[i]) else _EXPRESSION
        for named, source in origins:
            yield Edge(dataset.name, column, dataset.name, named, source, how)
        if not origins:
            yield Edge(dataset.name, column, dataset.name, None, None, _EXPRESSION)


def _without_ties(origins: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Without the place of a row, which settles the order of equal ones beside the columns that were named."""
    named = [origin for origin in origins if origin[1] not in RESERVED_COLUMNS]
    return named or origins


def _nodes(sql: str, schema: Mapping[str, Mapping[str, str]]) -> list[Any] | None:
    """sqlglot's lineage of each output column; None where it cannot follow the query."""
    from sqlglot import lineage as sqlglot_lineage
    from sqlglot.errors import SqlglotError

    try:
        found = sqlglot_lineage.lineage(None, sql, schema=dict(schema), dialect="duckdb", trim_selects=False)
    except (SqlglotError, ValueError, KeyError, AttributeError, RecursionError):
        return None
    return list(found.values()) if isinstance(found, dict) else None


def _leaves(
    node: Any, inputs: Mapping[str, Input], fields: tuple[str, ...] = ()
) -> Iterator[tuple[str, str]]:
    """The columns of inputs below a node; `fields` are taken out of its value."""
    from sqlglot import exp

    if isinstance(node.source, exp.Table):
        if node.source.name.lower() in inputs:
            named = input_name(inputs[node.source.name.lower()])
            yield named, ".".join((_last(node.name), *fields))
        return
    carried = fields if _is_bare(node.expression.unalias()) else ()
    for child in node.downstream:
        columns = [c for c in node.expression.find_all(exp.Column) if c.name == _last(child.name)]
        for taken in {_fields_of(column) for column in columns} or {()}:
            yield from _leaves(child, inputs, (*taken, *carried))


def _last(name: str) -> str:
    return name.rpartition(".")[2].strip('"')


def _fields_of(column: Any) -> tuple[str, ...]:
    """The fields that are taken out of a column where it stands."""
    from sqlglot import exp

    fields: list[str] = []
    while isinstance(column.parent, exp.StructExtract) and column.parent.this is column:
        column = column.parent
        fields.append(column.expression.name)
    return tuple(fields)


def _is_bare(expression: Any) -> bool:
    """Whether it is a column, or a field of one."""
    from sqlglot import exp

    while isinstance(expression, exp.StructExtract):
        expression = expression.this
    return isinstance(expression, exp.Column)


def _is_passed_on(node: Any) -> bool:
    """Whether a column is one column of an input, or a field of one, renamed at most, on the whole way."""
    from sqlglot import exp

    if not node.downstream:
        return isinstance(node.source, exp.Table)
    bare = _is_bare(node.expression.unalias())
    return bare and len(node.downstream) == 1 and _is_passed_on(node.downstream[0])


def _columns(project: CompiledProject, source: Input) -> dict[str, str]:
    if isinstance(source, TopicInput):
        schema: Schema = TOPIC_SCHEMA
    elif isinstance(source, FilesInput):
        names = (*source.schema.names, "_metadata")
        return {name: METADATA_TYPE.simple_string if name == "_metadata" else "VARCHAR" for name in names}
    else:
        schema = project.datasets[source.name].schema if source.name in project.datasets else Schema()
    system = ("_batch", "_row") if isinstance(source, TableInput) else ()
    return dict.fromkeys((*schema.names, *system), "VARCHAR")
