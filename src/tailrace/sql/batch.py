"""A query over whole tables -> one DuckDB text that reads only the aliases of its inputs.

Common table expressions and temporary views are compiled once and named at the top, however often they are
mentioned. Names of tables, subqueries, set operations and joins are here; one SELECT is in `block.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlglot import exp

from tailrace.model import types as t
from tailrace.sql import coerce, inputs, operators, predicates
from tailrace.sql.block import SelectBlock, by_all
from tailrace.sql.catalog import Catalog, Target
from tailrace.sql.compiled import METADATA_TYPE, BatchInput, BatchQuery, FilesInput, Input, TableInput
from tailrace.sql.duck_types import duck
from tailrace.sql.errors import Mismatch, NotAnswered, Origin, UnknownTable
from tailrace.sql.expression import Analyzer
from tailrace.sql.joins import Env, bare, has_modifiers, is_generator
from tailrace.sql.ordering import order_key
from tailrace.sql.pivots import Pivots
from tailrace.sql.query import Query, parse_query
from tailrace.sql.relation import Block, Names, PlainHooks, Source, one_zero
from tailrace.sql.scope import Relation, Scope, Visible, relation_of
from tailrace.sql.stream import fit
from tailrace.sql.typed import ABSENT, Typed, quote

_HIDDEN = (t.Field("_batch", t.LONG), t.Field("_row", t.LONG))
_METADATA = (t.Field("_metadata", METADATA_TYPE, nullable=False),)


@dataclass
class _Shared:
    """What all queries of one compilation share: names, inputs, named subqueries, views being opened."""

    names: Names
    inputs: dict[Input, str]
    named: list[tuple[str, str]]
    views: dict[str, Block]
    opening: tuple[str, ...] = ()


class BatchCompiler(Pivots):
    """Compiles one query over whole tables."""

    def __init__(self, query: Query, catalog: Catalog, shared: _Shared | None = None) -> None:
        self.query = query
        self.origin: Origin = query.origin
        self.catalog = catalog
        self.shared = shared or _Shared(Names(), {}, [], {})
        self.names = self.shared.names

    def compile(self, target: Target | None) -> BatchQuery:
        block = self._query(self.query.tree, {}, None)
        columns = [(c.name, c.value) for c in block.columns]
        if target is not None:
            columns = fit(columns, target, self.origin)
        if any(name == "" for name, _ in columns):
            raise self.origin.refused(
                "A column whose name is empty is not answered.", None, hint="Name it: AS x."
            )
        listed = ", ".join(f"{value.sql} AS {quote(name)}" for name, value in columns)
        head = ", ".join(f"{quote(name)} AS ({sql})" for name, sql in self.shared.named)
        sql = f"{f'WITH {head} ' if head else ''}SELECT {listed} FROM ({block.sql}){block.tail}"
        fields = tuple(t.Field(name, value.type, value.nullable) for name, value in columns)
        if any(not value.deterministic for _, value in columns):
            self.names.deterministic = False
        given = tuple(BatchInput(alias, source) for source, alias in self.shared.inputs.items())
        return BatchQuery(sql, given, t.StructType(fields), self.names.deterministic)

    # Queries

    def _query(self, node: Any, env: Env, outer: Scope | None) -> Block:
        env = self._with(node, env)
        if isinstance(node, exp.Subquery):
            block = self._query(node.this, env, outer)
            return self._modified(node, block) if has_modifiers(node) else block
        if isinstance(node, exp.SetOperation):
            return self._modified(node, self._set_operation(node, env, outer))
        if isinstance(node, exp.Select):
            return self._select(node, env, outer)
        if isinstance(node, exp.Values):
            return self._modified(node, self._values(node, outer))
        if isinstance(node, exp.Table):
            source = self._joined([node, *(node.args.get("joins") or [])], env, outer)
            return self._all_of_source(source)
        raise self.origin.refused(f"{type(node).__name__.upper()} is not answered.", node)

    def _all_of_source(self, source: Source) -> Block:
        columns = tuple(c for r in source.relations for c in r.columns if not c.hidden)
        return Block(f"SELECT * FROM {source.sql}", columns)

    def _with(self, node: Any, env: Env) -> Env:
        with_ = node.args.get("with_")
        if with_ is None:
            return env
        if with_.args.get("recursive"):
            raise self.origin.refused("WITH RECURSIVE is not answered.", with_)
        env = dict(env)
        named: dict[str, Callable[[], Block]] = {}
        for cte in with_.expressions:
            name = cte.alias.lower()
            if name in named:
                raise self.origin.wrong(f"[DUPLICATED_CTE_NAMES] WITH names {cte.alias} twice.", cte)
            env[name] = named[name] = self._lazily(cte, dict(env))
        for get in named.values():  # what is not read is analysed all the same
            get()
        return env

    def _lazily(self, cte: Any, env: Env) -> Callable[[], Block]:
        made: list[Block] = []

        def get() -> Block:
            if not made:
                block = self._query(cte.this, env, None)
                _, columns = inputs.alias_of(cte)
                relation = inputs.renamed(Relation((), block.columns), columns, self.origin, cte)
                made.append(self._shared_block(replace(block, columns=relation.columns), cte.alias))
            return made[0]

        return get

    def _shared_block(self, block: Block, label: str) -> Block:
        """A block under a name at the top of the text."""
        name = self.names.new(f"_with_{label}_")
        listed = ", ".join(dict.fromkeys(c.value.sql for c in block.columns))
        self.shared.named.append((name, f"SELECT {listed} FROM ({block.whole})"))
        return Block(f"SELECT * FROM {quote(name)}", block.columns)

    def _renewed(self, block: Block) -> Block:
        """The same rows with new column names, so that one name can be read twice."""
        ids = [self.names.new() for _ in block.columns]
        listed = ", ".join(f"{c.value.sql} AS {quote(i)}" for c, i in zip(block.columns, ids, strict=True))
        columns = tuple(
            replace(c, value=replace(c.value, sql=quote(i), is_column=True, fallible=False))
            for c, i in zip(block.columns, ids, strict=True)
        )
        return Block(f"SELECT {listed} FROM ({block.whole})", columns)

    def _modified(self, node: Any, block: Block) -> Block:
        """ORDER BY, LIMIT, OFFSET of a set operation or of a bracketed query: over its output columns."""
        if any(node.args.get(key) is not None for key in ("sort", "cluster", "distribute")):
            raise self.origin.refused("SORT BY, CLUSTER BY and DISTRIBUTE BY of this are not answered.", node)
        if not has_modifiers(node):
            return block
        block = Block(f"SELECT * FROM ({block.whole})", block.columns)
        helper = SelectBlock(
            exp.Select(),
            Source("", (Relation((), block.columns),)),
            None,
            self.origin,
            self.names,
            self._subquery_in({}),
        )
        by = []
        order = node.args.get("order")
        for one in by_all(order, len(block.columns)) if order is not None else []:
            value = helper._order_value(one, PlainHooks(self._subquery_in({})), block.columns)
            direction = "DESC" if one.args.get("desc") else "ASC"
            by.append(
                f"{order_key(value.sql, value.type)} {direction} NULLS {'FIRST' if one.args.get('nulls_first') else 'LAST'}"
            )
        tail = f" ORDER BY {', '.join(by)}" if by else ""
        return replace(block, tail=tail + helper.limits(node, bool(by)))

    def _set_operation(self, node: Any, env: Env, outer: Scope | None) -> Block:
        if node.args.get("by_name"):
            raise self.origin.refused("UNION BY NAME is not answered.", node)
        left, right = self._query(node.this, env, outer), self._query(node.expression, env, outer)
        if len(left.columns) != len(right.columns):
            raise self.origin.wrong(
                f"[NUM_COLUMNS_MISMATCH] The sides have {len(left.columns)} and {len(right.columns)} columns.",
                node,
            )
        sides: list[list[str]] = [[], []]
        columns = []
        together = type(node).__name__ == "Union" and not node.args.get("distinct")  # UNION ALL
        for a, b in zip(left.columns, right.columns, strict=True):
            met = coerce.wider(a.value.type, b.value.type)
            if met is None:
                raise self.origin.wrong(
                    f"[INCOMPATIBLE_COLUMN_TYPE] The sides differ in the type of {a.name}: {a.value.type} and {b.value.type}.",
                    node,
                )
            name = self.names.new()
            both = [self._cast(one.value, met, node) for one in (a, b)]
            for side, one in zip(sides, both, strict=True):
                side.append(f"{one.sql if together else one_zero(one)} AS {quote(name)}")
            nullable = {"Union": both[0].nullable or both[1].nullable, "Except": both[0].nullable}.get(
                type(node).__name__, both[0].nullable and both[1].nullable
            )
            value = replace(
                both[0],
                sql=quote(name),
                nullable=nullable,
                is_column=True,
                fallible=False,
                value=ABSENT,
                name=a.name,
                sources=both[0].sources | both[1].sources,
            )
            columns.append(Visible(a.name, value))
        word = {"Union": "UNION", "Intersect": "INTERSECT", "Except": "EXCEPT"}[type(node).__name__]
        word += "" if node.args.get("distinct") else " ALL"
        if word != "UNION ALL" and any(not operators.is_orderable(c.value.type) for c in columns):
            raise self.origin.wrong(
                "[UNSUPPORTED_FEATURE.SET_OPERATION_ON_MAP_TYPE] The sides have columns that do not compare.",
                node,
            )
        texts = [
            f"SELECT {', '.join(side)} FROM ({block.whole})"
            for side, block in zip(sides, (left, right), strict=True)
        ]
        return Block(f"(({texts[0]}) {word} ({texts[1]}))", tuple(columns))

    def _cast(self, value: Typed, kind: t.DataType, node: Any) -> Typed:
        try:
            return operators.cast_to(value, kind)
        except (Mismatch, NotAnswered) as error:
            raise self.origin.refused(f"{error}.", node) from None

    def _values(self, node: exp.Values, outer: Scope | None) -> Block:
        analyzer = Analyzer(self.origin, Scope((), outer))
        rows = [
            [analyzer.expr(v) for v in (row.expressions if isinstance(row, exp.Tuple) else [row])]
            for row in node.expressions
        ]
        width = len(rows[0])
        if any(len(row) != width for row in rows):
            raise self.origin.wrong(
                "[INVALID_INLINE_TABLE.NUM_COLUMNS_MISMATCH] The rows of VALUES differ in length.", node
            )
        columns, cast = [], [list(row) for row in rows]
        for i in range(width):
            met = coerce.inline([row[i].type for row in rows])
            if met is None:
                raise self.origin.wrong(
                    f"[INVALID_INLINE_TABLE.INCOMPATIBLE_TYPES_IN_INLINE_TABLE] Column {i + 1} of VALUES has no common type.",
                    node,
                )
            for row in cast:
                row[i] = self._cast(row[i], met, node)
            name = self.names.new()
            nullable = any(row[i].nullable for row in cast)
            columns.append(
                Visible(f"col{i + 1}", Typed(quote(name), met, nullable, name=f"col{i + 1}", is_column=True))
            )
        texts = ", ".join(f"({', '.join(_stored(v) for v in row)})" for row in cast)
        ids = ", ".join(c.value.sql for c in columns)
        return Block(
            f"SELECT * FROM (VALUES {texts}) AS {quote(self.names.new('_values_'))}({ids})", tuple(columns)
        )

    # FROM

    def _select(self, node: exp.Select, env: Env, outer: Scope | None) -> Block:
        self.origin.only(node, inputs.SELECT_PARTS)
        from_ = node.args.get("from_")
        if from_ is None:
            source = Source(f"(SELECT 1 AS {quote(self.names.new())})", ())
        else:
            source = self._joined([from_.this, *(node.args.get("joins") or [])], env, outer)
        for lateral in node.args.get("laterals") or []:
            source = self._lateral_view(lateral, source, env, outer)
        return SelectBlock(node, source, outer, self.origin, self.names, self._subquery_in(env)).build()

    def _item(self, node: Any, env: Env, outer: Scope | None) -> Source:
        table = inputs.unwrapped(node)
        if isinstance(node, exp.Stream):
            raise self.origin.refused(
                "STREAM is for streaming tables; here a table is read whole.", node, hint="Leave STREAM out."
            )
        if isinstance(table, (exp.Table, exp.Subquery)) and table.args.get("pivots"):
            plain = table.copy()
            plain.set("pivots", None)
            source = self._item(plain, env, outer)
            for pivot in table.args["pivots"]:
                source = self.pivoted(pivot, source, env, outer)
            return source
        alias, columns = inputs.alias_of(node)
        inner_joins = [] if table is None else table.args.get("joins") or []
        if isinstance(table, exp.Subquery) and isinstance(table.this, exp.Table):
            source = self._joined(
                [table.this, *(table.this.args.get("joins") or []), *inner_joins], env, outer
            )
            return self._aliased(source, alias, columns, node) if alias else source
        if isinstance(table, (exp.Subquery, exp.Values)):
            block = (
                self._values(table, outer)
                if isinstance(table, exp.Values)
                else self._query(bare(table), env, outer)
            )
            return self._aliased(self._as_source(block), alias, columns, node)
        if isinstance(table, exp.Lateral):
            raise self.origin.refused("LATERAL is not answered as the first of FROM.", node)
        if not isinstance(table, exp.Table):
            raise self.origin.refused(f"{type(table).__name__.upper()} is not answered in FROM.", node)
        inputs.refuse_decorations(table, self.origin)
        if is_generator(table.this):
            one = Source(f"(SELECT 1 AS {quote(self.names.new())})", ())
            return self._lateral_rows(
                exp.Lateral(this=table.this, alias=table.args.get("alias")), one, env, outer
            )
        source, called = self._table(table, env)
        return self._aliased(source, alias or called, columns, node)

    def _table(self, table: exp.Table, env: Env) -> tuple[Source, str | None]:
        name = inputs.call_name(table)
        parts = inputs.parts_of(table) if name is None else ()
        if len(parts) == 1 and parts[0].lower() in env:
            return self._as_source(self._renewed(env[parts[0].lower()]())), parts[0]
        if name == "range":
            return self._range(table), "range"
        found = inputs.function_input(table, self.origin, self.catalog)
        if found is not None:
            hidden = _METADATA if isinstance(found, FilesInput) else ()
            if not isinstance(found, FilesInput):
                raise self.origin.refused("read_kafka is answered in streaming tables only.", table)
            return self._read(
                found, inputs.schema_of(found), inputs.label_of(found), hidden, (name,) if name else parts
            ), None
        if name is not None:
            raise self.origin.refused(f"The table function {name} is not answered.", table)
        info = self.catalog.table(parts, self.origin.of(table))
        if info is None:
            raise UnknownTable.of(self.origin, table, parts)
        if info.view is not None:
            source = self._as_source(self._renewed(self._view(info.name, info.view, table)))
            return replace(
                source, relations=(Relation(tuple(info.name.split(".")), source.relations[0].columns),)
            ), None
        if info.kind == "temporary_view":
            raise self.origin.refused(
                f"{info.name} is a temporary view over a stream: it has no rows to read whole.",
                table,
                hint="Read a streaming table.",
            )
        extra = _HIDDEN if info.kind == "streaming_table" else ()
        return self._read(
            TableInput(info.name), info.schema, info.name, extra, tuple(info.name.split("."))
        ), None

    def _read(
        self, given: Input, schema: t.Schema, label: str, hidden: Sequence[t.Field], parts: tuple[str, ...]
    ) -> Source:
        alias = self.shared.inputs.setdefault(given, f"_input_{len(self.shared.inputs)}")
        columns, listed = [], []
        for visible in relation_of(parts, schema, label, hidden).columns:
            name = self.names.new()
            listed.append(f"{visible.value.sql} AS {quote(name)}")
            columns.append(replace(visible, value=visible.value.with_sql(quote(name))))
        ties = tuple(c.value.sql.strip('"') for c in columns if c.hidden and c.name in ("_batch", "_row"))
        sql = f"(SELECT {', '.join(listed)} FROM {quote(alias)}) AS {quote(self.names.new('_r'))}"
        return Source(sql, (Relation(parts, tuple(columns)),), ties)

    def _view(self, name: str, view: Any, node: Any) -> Block:
        """A temporary view, put in once."""
        if name not in self.shared.views:
            if name in self.shared.opening:
                raise self.origin.wrong(f"[RECURSIVE_VIEW] {name} reads itself.", node)
            query = parse_query(view.text, view.place)
            inner = BatchCompiler(
                query, self.catalog, replace(self.shared, opening=(*self.shared.opening, name))
            )
            self.shared.views[name] = self._shared_block(inner._query(query.tree, {}, None), name)
        return self.shared.views[name]

    def _range(self, table: exp.Table) -> Source:
        values = []
        for one in table.this.expressions:
            made = Analyzer(self.origin, Scope()).expr(one)
            if not isinstance(made.value, int):
                raise self.origin.refused("range takes whole literals.", table)
            values.append(made.value)
        if not 1 <= len(values) <= 3 or (len(values) == 3 and values[2] == 0):
            raise self.origin.refused("range takes an end, or a start, an end and a step.", table)
        name = self.names.new()
        bounds = ", ".join(f"CAST({v} AS BIGINT)" for v in values)
        column = Visible("id", Typed(quote(name), t.LONG, False, name="id", is_column=True))
        sql = f"range({bounds}) AS {quote(self.names.new('_r'))}({quote(name)})"
        return Source(sql, (Relation(("range",), (column,)),))

    # Subqueries in expressions

    def _subquery_in(self, env: Env) -> Callable[[Analyzer, Any], Typed]:
        def subquery(analyzer: Analyzer, node: Any) -> Typed:
            if isinstance(node, exp.In):
                return self._in_query(analyzer, node, env)
            scope = replace(analyzer.scope, met={})
            if isinstance(node, exp.Exists):
                block = self._query(node.this, env, scope)
                return Typed(f"EXISTS ({block.whole})", t.BOOLEAN, False, name=f"exists({_met(scope, node)})")
            block = self._query(node.this if isinstance(node, exp.Subquery) else node, env, scope)
            if len(block.columns) != 1:
                raise self.origin.wrong(
                    f"[INVALID_SUBQUERY_EXPRESSION.SCALAR_SUBQUERY_RETURN_MORE_THAN_ONE_OUTPUT_COLUMN] The subquery gives {len(block.columns)} columns.",
                    node,
                )
            column = block.columns[0]
            sql = f"(SELECT {column.value.sql} FROM ({block.sql}){block.tail})"
            name = f"scalarsubquery({_met(scope, node)})"
            return replace(column.value, sql=sql, nullable=True, fallible=False, name=name, is_column=False)

        return subquery

    def _in_query(self, analyzer: Analyzer, node: exp.In, env: Env) -> Typed:
        row = node.this.expressions if isinstance(node.this, exp.Tuple) else [node.this]
        values = [analyzer.expr(one) for one in row]
        query = node.args["query"]
        scope = replace(analyzer.scope, met={})
        block = self._query(query.this if isinstance(query, exp.Subquery) else query, env, scope)
        if len(block.columns) != len(values):
            raise self.origin.wrong(
                f"[DATATYPE_MISMATCH.IN_SUBQUERY_LENGTH_MISMATCH] The subquery gives {len(block.columns)} columns.",
                node,
            )
        query = f"listquery({_met(scope, node)})"
        pairs = [operators.meet("IN", v, c.value) for v, c in zip(values, block.columns, strict=True)]
        if len(values) == 1:
            a, b = pairs[0]
            sql = f"({a.sql} IN (SELECT {b.sql} FROM ({block.sql}){block.tail}))"
            return operators.joined((a, b), sql, t.BOOLEAN, f"({values[0].name} IN ({query}))")
        equal = " AND ".join(f"({a.sql} = {b.sql})" for a, b in pairs)
        among = f"EXISTS (SELECT 1 FROM ({block.whole}) WHERE ({equal})"
        sql = f"(CASE WHEN {among}) THEN true WHEN {among} IS NULL) THEN NULL ELSE false END)"
        name = f"({predicates.row_of(values, row, True)} IN ({query}))"
        return operators.joined([v for pair in pairs for v in pair], sql, t.BOOLEAN, name)


def _met(scope: Scope, node: Any) -> str:
    """The outer columns that a subquery reads, in the order of its text."""
    met = scope.met or {}
    return ", ".join(met[id(one)] for one in node.walk(bfs=False) if id(one) in met)


def _stored(value: Typed) -> str:
    return f"CAST({value.sql} AS {duck(value.type)})" if not isinstance(value.type, t.VoidType) else "NULL"
