"""The streaming split: a query over streams -> branches of row programs (`StreamQuery`).

What needs state, an order or a chance is refused by name, with Spark's reason.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from sqlglot import exp

from tailrace.model import types as t
from tailrace.sql import coerce, inputs, intervals, operators
from tailrace.sql import select_list as lists
from tailrace.sql.calls import Hooks
from tailrace.sql.catalog import Catalog, Target, TargetColumn
from tailrace.sql.compiled import METADATA_TYPE, FilesInput, Input, StreamQuery, TableInput
from tailrace.sql.errors import Mismatch, NotAnswered, Origin, UnknownTable
from tailrace.sql.expression import Analyzer
from tailrace.sql.functions.generators import generated
from tailrace.sql.pipe import Lets, Pipe
from tailrace.sql.query import Query
from tailrace.sql.relation import conjuncts
from tailrace.sql.scope import Relation, Scope, Visible, relation_of
from tailrace.sql.typed import Typed, fail, once

METADATA = t.Field("_metadata", METADATA_TYPE, nullable=False)

_STATEFUL = {
    "group": "GROUP BY over a stream keeps state",
    "having": "HAVING over a stream keeps state",
    "distinct": "SELECT DISTINCT over a stream keeps state",
    "order": "[STREAMING_UNSUPPORTED] ORDER BY over a stream has no end to sort to",
    "sort": "SORT BY over a stream is not answered",
    "cluster": "CLUSTER BY over a stream is not answered",
    "distribute": "DISTRIBUTE BY over a stream is not answered",
    "limit": "LIMIT over a stream keeps state",
    "offset": "OFFSET over a stream keeps state",
    "qualify": "QUALIFY over a stream: window functions need the whole stream",
    "windows": "WINDOW over a stream: window functions need the whole stream",
}


class _StreamHooks(Hooks):
    where = "in a stream"
    one_file = True

    def __init__(self, lets: Lets, rejects_coerced: bool) -> None:
        self.lets = lets
        self.rejects_coerced = rejects_coerced

    def keep(self, value: Typed) -> Typed:
        return self.lets.hold(value)

    def aggregate(self, analyzer: Any, node: Any, function: Any, call: Any) -> Typed:
        raise analyzer.origin.refused(
            f"{call.name} over a stream keeps state.",
            node,
            hint="Put it into a materialized view over the table.",
        )

    def window(self, analyzer: Any, node: Any) -> Typed:
        raise analyzer.origin.refused(
            "[NON_TIME_WINDOW_NOT_SUPPORTED_IN_STREAMING] OVER needs the whole stream.",
            node,
            hint="Put it into a materialized view over the table.",
        )


class StreamCompiler:
    """Compiles one query over streams."""

    def __init__(self, query: Query, catalog: Catalog, rejects_coerced: bool = False) -> None:
        self.query = query
        self.origin: Origin = query.origin
        self.catalog = catalog
        self.lets = Lets()
        self.hooks = _StreamHooks(self.lets, rejects_coerced)
        self.explodes = 0

    def compile(self, target: Target | None) -> StreamQuery:
        pipes = self._query(self.query.tree, {})
        fitted = [self._fitted(pipe, target) for pipe in pipes]
        names = [name for name, _ in fitted[0]]
        kinds = [value.type for _, value in fitted[0]]
        nullable = [any(columns[i][1].nullable for columns in fitted) for i in range(len(names))]
        for name, kind in zip(names, kinds, strict=True):
            if isinstance(kind, t.VoidType):
                raise self.origin.wrong(
                    f"The column {name} is NULL without a type.", hint="CAST(NULL AS STRING)."
                )
            if intervals.holds(kind):
                raise self.origin.refused(f"The column {name} is an interval, which no table keeps.")
        fields = tuple(t.Field(n, k, u) for n, k, u in zip(names, kinds, nullable, strict=True))
        branches = tuple(pipe.branch(columns, self.lets) for pipe, columns in zip(pipes, fitted, strict=True))
        return StreamQuery(branches, t.StructType(fields))

    def _fitted(self, pipe: Pipe, target: Target | None) -> list[tuple[str, Typed]]:
        columns = [(c.name, c.value) for c in pipe.columns]
        for _, value in columns:
            if not value.deterministic:
                raise self.origin.refused(
                    "rand(), uuid() and the like are refused in a stream: a batch must be the same when it is planned again."
                )
        return fit(columns, target, self.origin) if target is not None else columns

    # Relations

    def _query(self, node: Any, env: dict[str, Callable[[], list[Pipe]]]) -> list[Pipe]:
        env = self._with(node, env)
        if isinstance(node, exp.Subquery):
            self._refuse_modifiers(node)
            return self._query(node.this, env)
        if isinstance(node, exp.SetOperation):
            return self._union(node, env)
        if isinstance(node, exp.Select):
            return self._select(node, env)
        if isinstance(node, exp.Table) and not node.args.get("joins"):
            return self._from_item(node, env)
        raise self.origin.refused(f"{type(node).__name__.upper()} is not answered in a stream.", node)

    def _with(
        self, node: Any, env: dict[str, Callable[[], list[Pipe]]]
    ) -> dict[str, Callable[[], list[Pipe]]]:
        with_ = node.args.get("with_")
        if with_ is None:
            return env
        if with_.args.get("recursive"):
            raise self.origin.refused("WITH RECURSIVE is not answered.", with_)
        env = dict(env)
        for cte in with_.expressions:
            env[cte.alias.lower()] = self._lazily(cte, dict(env))
        return env

    def _lazily(self, cte: Any, env: dict[str, Callable[[], list[Pipe]]]) -> Callable[[], list[Pipe]]:
        made: list[list[Pipe]] = []

        def get() -> list[Pipe]:
            if not made:
                _, names = inputs.alias_of(cte)
                made.append([self._named(pipe, cte.alias, names, cte) for pipe in self._query(cte.this, env)])
            return made[0]

        return get

    def _refuse_modifiers(self, node: Any) -> None:
        for key, reason in _STATEFUL.items():
            if node.args.get(key):
                raise self.origin.refused(
                    f"{reason}.",
                    node.args[key] if not isinstance(node.args[key], list) else node,
                    hint="Put it into a materialized view over the table.",
                )

    def _union(self, node: Any, env: dict[str, Callable[[], list[Pipe]]]) -> list[Pipe]:
        self._refuse_modifiers(node) if not isinstance(node, exp.Union) else self._refuse_order(node)
        if not isinstance(node, exp.Union) or node.args.get("distinct"):
            raise self.origin.refused(
                f"{type(node).__name__.upper()} over streams keeps state; UNION ALL does not.", node
            )
        if node.args.get("by_name"):
            raise self.origin.refused("UNION BY NAME is not answered.", node)
        sides: list[Any] = []
        inner: Any = node
        while isinstance(inner, exp.Union) and not inner.args.get("distinct"):
            sides.insert(0, inner.expression)
            inner = inner.this
        sides.insert(0, inner)
        pipes = [pipe for side in sides for pipe in self._query(side, env)]
        width = len(pipes[0].columns)
        if any(len(pipe.columns) != width for pipe in pipes):
            raise self.origin.wrong(
                "[NUM_COLUMNS_MISMATCH] The sides of UNION have different numbers of columns.", node
            )
        return self._aligned(pipes, node)

    def _refuse_order(self, node: Any) -> None:
        for key in ("order", "limit", "offset"):
            if node.args.get(key):
                raise self.origin.refused(f"{_STATEFUL[key]}.", node)

    def _aligned(self, pipes: list[Pipe], node: Any) -> list[Pipe]:
        names = [c.name for c in pipes[0].columns]
        kinds = []
        for i, name in enumerate(names):
            met = pipes[0].columns[i].value.type
            for pipe in pipes[1:]:
                wider = coerce.wider(met, pipe.columns[i].value.type)
                if wider is None:
                    raise self.origin.wrong(
                        f"[INCOMPATIBLE_COLUMN_TYPE] The sides of UNION differ in the type of {name}.", node
                    )
                met = wider
            kinds.append(met)
        result = []
        for pipe in pipes:
            columns = [
                Visible(n, replace(self._cast(c.value, k, node), name=n))
                for n, k, c in zip(names, kinds, pipe.columns, strict=True)
            ]
            result.append(replace(pipe, relations=(Relation((), tuple(columns)),)))
        return result

    def _cast(self, value: Typed, kind: t.DataType, node: Any) -> Typed:
        try:
            return operators.cast_to(value, kind)
        except (Mismatch, NotAnswered) as error:
            raise self.origin.refused(f"{error}.", node) from None

    def _from_item(self, node: Any, env: dict[str, Callable[[], list[Pipe]]]) -> list[Pipe]:
        table = inputs.unwrapped(node)
        alias, columns = inputs.alias_of(node)
        if isinstance(table, exp.Subquery):
            self._refuse_modifiers(table)
            pipes = [self._held(pipe) for pipe in self._query(table.this, env)]
            return [self._named(pipe, alias, columns, node) for pipe in pipes]
        if not isinstance(table, exp.Table):
            raise self.origin.refused(f"{type(table).__name__.upper()} is not answered in a stream.", node)
        inputs.refuse_decorations(table, self.origin)
        parts = inputs.parts_of(table) if inputs.call_name(table) is None else ()
        if len(parts) == 1 and parts[0].lower() in env:
            pipes = [self._held(pipe) for pipe in env[parts[0].lower()]()]
            return [self._named(pipe, alias or parts[0], columns, node) for pipe in pipes]
        pipe, called = self._input(node, table, parts)
        return (
            [self._named(pipe, alias, columns, node)] if alias else [self._named(pipe, called, columns, node)]
        )

    def _input(self, node: Any, table: exp.Table, parts: tuple[str, ...]) -> tuple[Pipe, Any]:
        found = inputs.function_input(table, self.origin, self.catalog)
        if found is not None:
            hidden = [METADATA] if isinstance(found, FilesInput) else []
            name = inputs.call_name(table)
            relation = relation_of(
                (name,) if name else parts, inputs.schema_of(found), inputs.label_of(found), hidden
            )
            return Pipe(found, (relation,)), name
        called = inputs.call_name(table)
        if called is not None:
            raise self.origin.refused(f"The table function {called} is not answered in a stream.", table)
        info = self.catalog.table(parts, self.origin.of(table))
        if info is None:
            raise UnknownTable.of(self.origin, table, parts)
        if not inputs.is_stream(node):
            raise self.origin.refused(
                f"{info.name} is read whole here, beside or instead of a stream; joins of streams are not executed yet.",
                table,
                hint=f"STREAM({'.'.join(parts)}) reads its rows as they come.",
            )
        if info.kind == "materialized_view":
            raise self.origin.wrong(
                f"{info.name} is a materialized view: its rows are replaced, so it is no stream.",
                table,
                hint="Read the streaming table below it, or make this dataset a materialized view.",
            )
        given: Input = TableInput(info.name)
        return Pipe(given, (relation_of(tuple(info.name.split(".")), info.schema, info.name),)), None

    def _held(self, pipe: Pipe) -> Pipe:
        relations = tuple(
            Relation(r.parts, tuple(replace(c, value=self.lets.hold(c.value)) for c in r.columns))
            for r in pipe.relations
        )
        return replace(pipe, relations=relations)

    def _named(self, pipe: Pipe, alias: str | None, columns: tuple[str, ...], node: Any) -> Pipe:
        whole = Relation((), tuple(c for r in pipe.relations for c in r.columns))
        parts = (alias,) if alias else (pipe.relations[0].parts if len(pipe.relations) == 1 else ())
        return replace(
            pipe, relations=(inputs.renamed(Relation(parts, whole.columns), columns, self.origin, node),)
        )

    # SELECT

    def _select(self, node: exp.Select, env: dict[str, Callable[[], list[Pipe]]]) -> list[Pipe]:
        self._refuse_modifiers(node)
        self.origin.only(node, inputs.SELECT_PARTS)
        from_ = node.args.get("from_")
        if from_ is None:
            raise self.origin.refused("A SELECT without FROM is no stream.", node)
        joins = node.args.get("joins") or []
        if joins:
            raise self.origin.refused(
                "A join over a stream is not executed yet.",
                joins[0],
                hint="Put it into a materialized view over the table.",
            )
        pipes = self._from_item(from_.this, env)
        return [self._projected(node, self._laterals(node, pipe)) for pipe in pipes]

    def _laterals(self, node: exp.Select, pipe: Pipe) -> Pipe:
        for lateral in node.args.get("laterals") or []:
            call = lateral.this
            if not (lateral.args.get("view") and isinstance(call, exp.Anonymous)):
                raise self.origin.refused("LATERAL is only answered as LATERAL VIEW over a stream.", lateral)
            alias, names = inputs.alias_of(lateral)
            pipe, made, _ = self._explode(call, pipe, bool(lateral.args.get("outer")), ())
            shown = self._generated_names(made, names, lateral)
            relation = Relation(
                (alias,) if alias else (),
                tuple(lists.positional(v, n) for v, n in zip(made, shown, strict=True)),
            )
            pipe = replace(pipe, relations=(*pipe.relations, relation))
        return pipe

    def _generated_names(self, made: Sequence[Typed], names: Sequence[str], node: Any) -> list[str]:
        if names and len(names) != len(made):
            raise self.origin.wrong(
                f"[UDTF_ALIAS_NUMBER_MISMATCH] {len(names)} names for {len(made)} columns.", node
            )
        return list(names) or [value.name for value in made]

    def _explode(
        self, call: Any, pipe: Pipe, outer: bool, extra: Sequence[Typed]
    ) -> tuple[Pipe, list[Typed], list[Typed]]:
        name = call.name.lower()
        analyzer = self._analyzer(pipe)
        if len(call.expressions) != 1:
            raise self.origin.wrong(f"[WRONG_NUM_ARGS.WITHOUT_SUGGESTION] {name} takes 1 argument.", call)
        if not lists._is_generator(call):
            raise self.origin.refused(f"{name} is not answered in LATERAL VIEW.", call)
        value = analyzer.expr(call.expressions[0])
        try:
            made = generated(name, value)
        except Mismatch as error:
            raise self.origin.wrong(f"{error}.", call) from None
        made = replace(made, outer=made.outer or outer)
        self.explodes += 1
        pipe, after = pipe.exploded(made, value, extra, self.explodes)
        columns = [replace(c, nullable=c.nullable or made.outer, sources=value.sources) for c in made.columns]
        return pipe, columns, after

    def _analyzer(self, pipe: Pipe) -> Analyzer:
        return Analyzer(self.origin, Scope(pipe.relations), self.hooks)

    def _projected(self, node: exp.Select, pipe: Pipe) -> Pipe:
        where = node.args.get("where")
        if where is not None:
            analyzer = self._analyzer(pipe)
            conditions = [analyzer.condition(part, "WHERE") for part in conjuncts(where.this)]
            pipe = pipe.filtered(conditions, self.lets)
        items = lists.items(node, Scope(pipe.relations), self.origin)
        index = next((i for i, item in enumerate(items) if item.generator), None)
        if index is None:
            return replace(pipe, relations=(Relation((), tuple(self._values(items, pipe))),))
        return self._exploding(items, index, pipe)

    def _values(self, items: Sequence[lists.Item], pipe: Pipe) -> list[Visible]:
        result: list[Visible] = []
        aliases: dict[str, Typed] = {}
        for item in items:
            if item.ready is not None:
                result.append(item.ready)
                continue
            analyzer = Analyzer(self.origin, Scope(pipe.relations, aliases=dict(aliases)), self.hooks)
            value = analyzer.expr(item.node)
            name = lists.output_name(item, value)
            result.append(lists.positional(value, name))
            if item.names:
                aliases[name.lower()] = replace(self.lets.hold(value), name=f"lateralAliasReference({name})")
        return result

    def _exploding(self, items: Sequence[lists.Item], index: int, pipe: Pipe) -> Pipe:
        others = self._values([item for i, item in enumerate(items) if i != index], pipe)
        item = items[index]
        call = item.node
        pipe, made, after = self._explode(call, pipe, False, [c.value for c in others])
        names = self._generated_names(made, item.names, call)
        carried = [replace(c, value=v) for c, v in zip(others, after, strict=True)]
        new = [lists.positional(v, n) for v, n in zip(made, names, strict=True)]
        columns = [*carried[:index], *new, *carried[index:]]
        return replace(pipe, relations=(Relation((), tuple(columns)),))


def fit(columns: Sequence[tuple[str, Typed]], target: Target, origin: Origin) -> list[tuple[str, Typed]]:
    """The columns of the target in its order: cast as an INSERT casts, NULL refused where it says so."""
    wanted = target.columns
    if target.by_name:
        known = {name.lower(): value for name, value in columns}
        extra = set(known) - {c.name.lower() for c in wanted}
        if extra:
            raise origin.wrong(
                f"[INCOMPATIBLE_DATA_FOR_TABLE.EXTRA_COLUMNS] The table has no column {sorted(extra)[0]}."
            )
        given = [known.get(c.name.lower()) for c in wanted]
    else:
        if len(columns) != len(wanted):
            raise origin.wrong(
                f"[INSERT_COLUMN_ARITY_MISMATCH] The query gives {len(columns)} columns, the table has {len(wanted)}."
            )
        given = [value for _, value in columns]
    return [(c.name, _stored(value, c, origin)) for value, c in zip(given, wanted, strict=True)]


def _stored(value: Typed | None, column: TargetColumn, origin: Origin) -> Typed:
    if value is None:
        value = Typed("NULL", t.VOID, name=column.name, value=None)
    kind = column.type or value.type
    if not coerce.can_assign(value.type, kind):
        raise origin.wrong(
            f"[INCOMPATIBLE_DATA_FOR_TABLE.CANNOT_SAFELY_CAST] {column.name}: {value.type} cannot be stored as {kind}.",
            hint=f"Write CAST({column.name} AS {kind.simple_string.upper()}).",
        )
    try:
        stored = operators.cast_to(value, kind)
    except (Mismatch, NotAnswered) as error:
        raise origin.refused(f"{column.name}: {error}.") from None
    if column.not_null and stored.nullable:
        bad = fail("NOT_NULL_ASSERT_VIOLATION", f"NULL value appeared in non-nullable field: {column.name}")
        sql = once((stored.sql,), lambda v: f"CASE WHEN {v[0]} IS NULL THEN {bad} ELSE {v[0]} END")
        stored = replace(stored, sql=sql, nullable=False, fallible=True, is_column=False)
    return replace(stored, name=column.name)
