"""What a FROM item names: a table, a topic, files, a subquery; with STREAM or without."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

from sqlglot import exp

from tailrace.model.topic import NAME_HINT, is_topic_name
from tailrace.model.types import Schema
from tailrace.sql.catalog import Catalog, FilesCall, TableInfo
from tailrace.sql.compiled import TOPIC_SCHEMA, FilesInput, TopicInput
from tailrace.sql.errors import Origin
from tailrace.sql.expression import Analyzer
from tailrace.sql.scope import Relation, Scope


@dataclass(frozen=True)
class Named:
    """A table by name."""

    parts: tuple[str, ...]
    table: TableInfo


Source = Named | TopicInput | FilesInput


SELECT_PARTS = frozenset(
    [
        "expressions",
        "from_",
        "joins",
        "laterals",
        "where",
        "group",
        "having",
        "windows",
        "qualify",
        "order",
        "limit",
        "offset",
        "distinct",
        "with_",
        "hint",
        "sort",
        "cluster",
        "distribute",
        "kind",
        "into",
    ]
)
"""Parts of a SELECT that its readers read or refuse by a better name."""
JOIN_PARTS = frozenset({"this", "side", "kind", "method", "on", "using"})


def is_stream(node: Any) -> bool:
    return isinstance(node, exp.Stream)


def unwrapped(node: Any) -> Any:
    """The table inside `STREAM t` or `STREAM(t)`."""
    inner = node.this if isinstance(node, exp.Stream) else node
    while (
        isinstance(inner, exp.Subquery) and isinstance(inner.this, exp.Table) and isinstance(node, exp.Stream)
    ):
        inner = inner.this
    return inner


def alias_of(node: Any) -> tuple[str | None, tuple[str, ...]]:
    """`AS name (columns)` of a FROM item, wherever the parser hung it."""
    candidates = [node]
    while isinstance(candidates[-1], (exp.Stream, exp.Subquery)) and isinstance(
        candidates[-1].this, (exp.Table, exp.Subquery)
    ):
        candidates.append(candidates[-1].this)
    for one in candidates:
        alias = one.args.get("alias")
        if alias is not None:
            name = alias.this.name if isinstance(alias, exp.TableAlias) and alias.this is not None else None
            columns = (
                tuple(c.name for c in alias.args.get("columns") or ())
                if isinstance(alias, exp.TableAlias)
                else ()
            )
            return name or (alias if isinstance(alias, str) else None), columns
        if isinstance(one, exp.Subquery) and not isinstance(node, exp.Stream):
            break
    return None, ()


def call_name(table: Any) -> str | None:
    """The name of a table function, lower case, or None for a table."""
    if isinstance(table, exp.Table) and isinstance(table.this, exp.Anonymous):
        return str(table.this.name).lower()
    return None


def parts_of(table: exp.Table) -> tuple[str, ...]:
    return tuple(part.name for part in table.parts)


def refuse_decorations(table: Any, origin: Origin) -> None:
    """Time travel, samples, pivots."""
    for key, words in (
        ("version", "Time travel"),
        ("when", "Time travel"),
        ("sample", "TABLESAMPLE"),
        ("pivots", "PIVOT"),
        ("changes", "Changes"),
    ):
        if table.args.get(key):
            raise origin.refused(f"{words} is not answered.", table)
    origin.only(table, frozenset({"this", "db", "catalog", "alias", "joins"}))


def function_input(table: exp.Table, origin: Origin, catalog: Catalog) -> TopicInput | FilesInput | None:
    """`read_kafka`, `read_files`, `cloud_files` and paths as tables; None for anything else."""
    name = call_name(table)
    if name == "read_kafka":
        return _topic(table.this, origin)
    if name in ("read_files", "cloud_files"):
        return _files(table.this, name, origin, catalog)
    parts = parts_of(table) if name is None else ()
    if len(parts) == 2 and parts[0].lower() in ("json", "csv", "parquet", "text", "avro") and "/" in parts[1]:
        place = origin.of(table)
        call = FilesCall(parts[1], parts[0].lower(), (), "read_files", place)
        format_, schema = catalog.files(call)
        return FilesInput(parts[1], format_, (), "read_files", schema)
    return None


def _constant(node: Any, origin: Origin) -> str:
    made = Analyzer(origin, Scope()).expr(node)
    if isinstance(made.value, bool):
        return "true" if made.value else "false"
    if isinstance(made.value, (str, int, float)):
        return str(made.value)
    raise origin.wrong("The arguments of a table function must be literals.", node)


def _named_arguments(call: Any, origin: Origin) -> tuple[list[Any], dict[str, str]]:
    positional: list[Any] = []
    named: dict[str, str] = {}
    for argument in call.expressions:
        if isinstance(argument, exp.Kwarg):
            key = argument.this.name
            if key.lower() in named:
                raise origin.wrong(f"The argument {key} stands twice.", argument)
            named[key.lower()] = _constant(argument.expression, origin)
        elif named:
            raise origin.wrong(
                "[UNEXPECTED_POSITIONAL_ARGUMENT] An argument without a name comes after one with a name.",
                argument,
            )
        else:
            positional.append(argument)
    return positional, named


def _topic(call: Any, origin: Origin) -> TopicInput:
    positional, named = _named_arguments(call, origin)
    if positional:
        raise origin.wrong(
            "read_kafka takes named arguments.", call, hint="read_kafka(subscribe => 'topic')."
        )
    topic = named.pop("subscribe", None)
    if topic is None:
        raise origin.wrong("read_kafka needs subscribe.", call, hint="read_kafka(subscribe => 'topic').")
    if "," in topic:
        raise origin.refused(
            "read_kafka of several topics is not answered.",
            call,
            hint="Write one query for each and UNION ALL them.",
        )
    if not is_topic_name(topic):
        raise origin.wrong(f"{topic!r} is no name for a topic.", call, hint=f"{NAME_HINT}.")
    starting = named.pop("startingoffsets", "earliest")
    if starting not in ("earliest", "latest"):
        raise origin.refused(
            f"startingOffsets {starting!r} is not answered.", call, hint="'earliest' or 'latest'."
        )
    if named:
        raise origin.refused(
            f"The option {sorted(named)[0]} of read_kafka is not answered.",
            call,
            hint="subscribe and startingOffsets are.",
        )
    return TopicInput(topic, "latest" if starting == "latest" else "earliest")


def _files(
    call: Any, name: Literal["read_files", "cloud_files"] | str, origin: Origin, catalog: Catalog
) -> FilesInput:
    positional, named = _named_arguments(call, origin)
    if name == "cloud_files":
        if not 2 <= len(positional) <= 3:
            raise origin.wrong("cloud_files takes a path, a format and map(...).", call)
        path, format_ = _constant(positional[0], origin), _constant(positional[1], origin)
        options = _map(positional[2], origin) if len(positional) == 3 else {}
        options |= named
    else:
        if len(positional) != 1:
            raise origin.wrong("read_files takes a path and named options.", call)
        path, options = _constant(positional[0], origin), dict(named)
        format_ = options.pop("format", "")
    given = tuple(sorted(options.items()))
    function: Literal["read_files", "cloud_files"] = "cloud_files" if name == "cloud_files" else "read_files"
    found, schema = catalog.files(FilesCall(path, format_.lower(), given, function, origin.of(call)))
    return FilesInput(path, found, given, function, schema)


def _map(node: Any, origin: Origin) -> dict[str, str]:
    if not (isinstance(node, exp.Anonymous) and node.name.lower() == "map") or len(node.expressions) % 2:
        raise origin.wrong("The options of cloud_files are map('key', 'value', ...).", node)
    values = [_constant(part, origin) for part in node.expressions]
    options = {}
    for key, value in zip(values[::2], values[1::2], strict=True):
        lowered = key.lower()
        options[lowered.removeprefix("cloudfiles.")] = value
    return options


def schema_of(source: Source) -> Schema:
    if isinstance(source, TopicInput):
        return TOPIC_SCHEMA
    return source.table.schema if isinstance(source, Named) else source.schema


def label_of(source: Source) -> str:
    """How lineage calls an input."""
    if isinstance(source, TopicInput):
        return f"topic:{source.topic}"
    return source.table.name if isinstance(source, Named) else f"files:{source.path}"


def renamed(relation: Relation, columns: tuple[str, ...], origin: Origin, node: Any) -> Relation:
    """`AS t (a, b)`."""
    if not columns:
        return relation
    shown = [c for c in relation.columns if not c.hidden]
    if len(shown) != len(columns):
        raise origin.wrong(f"The alias names {len(columns)} columns, the relation has {len(shown)}.", node)
    named = [
        replace(c, name=n, value=replace(c.value, name=n), attribute="")
        for c, n in zip(shown, columns, strict=True)
    ]
    return Relation(relation.parts, tuple(named))
