"""The door of the front end: text of a query -> a value that an executor runs.

`parse_query` then one of `compile_stream`, `compile_batch`; `compile_condition` for EXPECT. Everything that
is wrong or not answered is a ProjectError or Refused with its place.
"""

from __future__ import annotations

from tailrace.model.errors import Place
from tailrace.model.types import Schema
from tailrace.sql.batch import BatchCompiler
from tailrace.sql.catalog import Catalog, FilesCall, TableInfo, Target, TargetColumn, ViewText
from tailrace.sql.compiled import BatchQuery, StreamQuery
from tailrace.sql.expression import Analyzer, analyze_expression
from tailrace.sql.query import Query, parse_expression, parse_query
from tailrace.sql.scope import Scope, relation_of
from tailrace.sql.stream import StreamCompiler

__all__ = [
    "Catalog",
    "FilesCall",
    "Query",
    "TableInfo",
    "Target",
    "TargetColumn",
    "ViewText",
    "analyze_expression",
    "compile_batch",
    "compile_condition",
    "compile_stream",
    "parse_query",
]


def compile_stream(
    query: Query, catalog: Catalog, target: Target | None = None, *, rejects_coerced: bool = False
) -> StreamQuery:
    """A query over streams as branches of row programs.

    `rejects_coerced`: a value that `from_json` would turn into NULL for its type fails its row.
    """
    try:
        return StreamCompiler(query, catalog, rejects_coerced).compile(target)
    except RecursionError:
        raise query.origin.refused("The query is nested too deeply.") from None


def compile_batch(query: Query, catalog: Catalog, target: Target | None = None) -> BatchQuery:
    """A query over whole tables as one DuckDB text."""
    try:
        return BatchCompiler(query, catalog).compile(target)
    except RecursionError:
        raise query.origin.refused("The query is nested too deeply.") from None


def compile_condition(text: str, schema: Schema, place: Place) -> str:
    """DuckDB SQL of type BOOLEAN over the columns of `schema`, and of nothing else."""
    query = parse_expression(text, place)
    analyzer = Analyzer(query.origin, Scope((relation_of((), schema),)))
    return analyzer.condition(query.tree, "EXPECT").sql
