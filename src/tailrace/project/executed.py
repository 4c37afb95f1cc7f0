"""Which statements and clauses are executed now. The one table of it; `docs/language.md` shows it.

Whatever is parsed and not listed as executed is refused by name, never ignored. Table properties that
only tune another engine are harmless: they are kept and change nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from tailrace.model.errors import Place, ProjectError, Refused
from tailrace.sql.parse import statement as s
from tailrace.sql.parse.scan import Position


@dataclass(frozen=True)
class Refusal:
    """What an error calls a clause, and why it is not executed or what to do instead."""

    title: str
    reason: str


EXECUTED = (
    "streaming tables, with a query or filled by flows",
    "flows: INSERT INTO ... [BY NAME]",
    "temporary views",
    "materialized views",
    "column lists with types, NOT NULL and comments, or names only",
    "CONSTRAINT ... EXPECT with DROP ROW, FAIL UPDATE, QUARANTINE ROW or without an action",
    "PARTITIONED BY columns",
    "COMMENT",
    "TBLPROPERTIES",
    "USING DELTA",
    "USE SCHEMA, USE CATALOG",
    "SET name = value for ${name}",
)
"""Statements and clauses that run, as people read them."""

CLAUSES: dict[str, Refusal] = {
    "cluster_by": Refusal("CLUSTER BY", "Tables are not clustered yet; PARTITIONED BY is executed."),
    "location": Refusal("LOCATION", "Tables live in the project's lake; set `paths.lake` in tailrace.yaml."),
    "options": Refusal("OPTIONS", "Tables are Delta with fixed settings; take it away."),
    "schedule": Refusal("SCHEDULE", "Views follow their inputs; take it away, or run it from cron."),
    "trigger": Refusal("TRIGGER ON UPDATE", "Views follow their inputs already; take it away."),
    "row_filter": Refusal(
        "ROW FILTER", "There are no users to filter for; put the condition into the query."
    ),
    "refresh_policy": Refusal("REFRESH POLICY", "Views are recomputed; take it away."),
    "schema_mode": Refusal("WITH SCHEMA", "A view's schema follows its query; take it away."),
    "collation": Refusal("DEFAULT COLLATION", "Strings compare by their bytes; take it away."),
}
"""Clauses of a dataset, by their field in `Clauses`."""

COLUMN_CLAUSES: dict[str, Refusal] = {
    "default": Refusal("DEFAULT", "Write coalesce(column, value) in the query."),
    "generated": Refusal("GENERATED", "Compute the column in the query."),
    "key": Refusal("PRIMARY KEY and REFERENCES", "Deduplication is not executed yet; take it away."),
    "mask": Refusal("MASK", "There are no users to mask for; leave the column out of the query."),
}
"""Properties of a column, by their field in `Column`."""

STATEMENTS: dict[str, Refusal] = {
    "auto_cdc": Refusal(
        "AUTO CDC", "Changes are not applied yet; a view with row_number() keeps the newest."
    ),
    "keys": Refusal("PRIMARY KEY and FOREIGN KEY", "Deduplication is not executed yet; take it away."),
    "replace_where": Refusal("REPLACE WHERE", "Streaming tables only grow; use a materialized view."),
    "replace_using": Refusal("REPLACE USING", "Streaming tables only grow; use a materialized view."),
    "once": Refusal("INSERT INTO ONCE", "Flows that run once are not executed yet; use a materialized view."),
    "global": Refusal("GLOBAL TEMPORARY", "There is one session only; write TEMPORARY VIEW."),
}

HARMLESS_PREFIXES = ("pipelines.", "delta.", "spark.")
"""Properties of other engines that change no row: kept, without effect."""

PROPERTIES: dict[str, tuple[str, ...]] = {
    "tailrace.onError": ("reject", "fail"),
    "tailrace.coerced": ("count", "reject"),
}
"""Our own properties and their values; the first one is the default. Keys match without case."""


def refusals(statement: s.Statement, place: Place, *, once_executed: bool = False) -> Iterator[ProjectError]:
    """Every clause of a statement that is not executed, each with its own place."""
    if isinstance(statement, s.AutoCdc):
        yield _refused(STATEMENTS["auto_cdc"], place)
    elif isinstance(statement, s.Flow):
        yield from _flow(statement, place, once_executed)
    elif isinstance(statement, s.Other):
        yield _other(statement, place)
    elif isinstance(statement, s.Dataset):
        yield from _dataset(statement, place, once_executed)


def property_problems(properties: Mapping[str, str], place: Place) -> Iterator[ProjectError]:
    """Properties of ours with an unknown name or value."""
    known = {name.lower(): name for name in PROPERTIES}
    for key, value in properties.items():
        if not key.lower().startswith("tailrace."):
            continue
        name = known.get(key.lower())
        if name is None:
            close = get_close_matches(key.lower(), known, n=1)
            hint = f"Did you mean {known[close[0]]}?" if close else f"Known are: {', '.join(PROPERTIES)}."
            yield ProjectError(f"Unknown property '{key}'.", place=place, hint=hint)
        elif value not in PROPERTIES[name]:
            hint = f"It is {' or '.join(PROPERTIES[name])}."
            yield ProjectError(f"The property '{key}' is '{value}'.", place=place, hint=hint)


def _dataset(dataset: s.Dataset, place: Place, once_executed: bool) -> Iterator[ProjectError]:
    for name, refusal in CLAUSES.items():
        clause = getattr(dataset.clauses, name)
        if clause is not None:
            yield _refused(refusal, _at(place, clause.at))
    using = dataset.clauses.using
    if using is not None and using.value.lower() != "delta":
        yield _refused(
            Refusal(f"USING {using.value}", "Tables are Delta; take it away."), _at(place, using.at)
        )
    for column in dataset.columns:
        for name, refusal in COLUMN_CLAUSES.items():
            clause = getattr(column, name)
            if clause is not None:
                yield _refused(refusal, _at(place, clause.at))
        if column.type is not None and column.type.type is None:
            yield _refused(Refusal(f"The type {column.type.text}", "Use STRING."), _at(place, column.type.at))
    for key in dataset.keys:
        yield _refused(STATEMENTS["keys"], _at(place, key.at))
    partitions = dataset.clauses.partitioned_by
    for item in partitions.value if partitions else ():
        if item.is_expression:
            yield _refused(
                Refusal(f"PARTITIONED BY {item.text}", "Compute the column in the query and name it."),
                _at(place, partitions.at) if partitions else place,
            )
    if dataset.visibility and dataset.visibility.value == "global temporary":
        yield _refused(STATEMENTS["global"], _at(place, dataset.visibility.at))
    if dataset.clauses.properties:
        where = _at(place, dataset.clauses.properties.at)
        yield from property_problems(dict(dataset.clauses.properties.value), where)
    if isinstance(dataset, s.StreamingTable):
        if dataset.cdc:
            yield _refused(STATEMENTS["auto_cdc"], _at(place, dataset.cdc.at))
        yield from _flow(dataset, place, once_executed)


def _flow(flow: s.Flow | s.StreamingTable, place: Place, once_executed: bool) -> Iterator[ProjectError]:
    if flow.replace_where:
        yield _refused(STATEMENTS["replace_where"], _at(place, flow.replace_where.at))
    if isinstance(flow, s.Flow) and flow.replace_using:
        yield _refused(STATEMENTS["replace_using"], _at(place, flow.replace_using.at))
    if flow.once and not once_executed:
        yield _refused(STATEMENTS["once"], _at(place, flow.once.at))


def _other(statement: s.Other, place: Place) -> ProjectError:
    word = statement.word or "A query"
    if word in ("SELECT", "WITH", "FROM", "VALUES", "TABLE", "A query"):
        return ProjectError(
            "A query defines no dataset.",
            place=place,
            hint="Write CREATE MATERIALIZED VIEW name AS in front of it, or use `tailrace query`.",
        )
    return Refused(
        f"{word} is no statement of a project.",
        place=place,
        hint="A project's SQL defines streaming tables, views and flows.",
    )


def _refused(refusal: Refusal, place: Place) -> Refused:
    return Refused(f"{refusal.title} is not executed yet.", place=place, hint=refusal.reason)


def _at(place: Place, position: Position) -> Place:
    return Place(place.file, position.line, position.column)
