"""Joins of a batch query, lateral ones and LATERAL VIEW included."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from sqlglot import exp

from tailrace.model import types as t
from tailrace.sql import coerce, inputs, operators
from tailrace.sql.errors import Mismatch, NotAnswered, Origin
from tailrace.sql.expression import Analyzer
from tailrace.sql.functions.registry import TABLE
from tailrace.sql.relation import READS_ROW, Block, Names, PlainHooks, Source, all_of, conjuncts, unnested
from tailrace.sql.scope import Relation, Scope, Visible
from tailrace.sql.typed import ABSENT, Typed, quote

_LEFT = re.compile(r"\bLEFT\s+(?:OUTER\s+)?JOIN\s+LATERAL\b", re.IGNORECASE)
_ON_TRUE = re.compile(r"\bON\s+true\b", re.IGNORECASE)
"""The parser adds an ON that is not written, so the text is asked."""
Env = dict[str, Callable[[], Block]]
"""Queries by name that a FROM may mention, compiled when they first are."""


class Joins:
    """How FROM items come together; the items themselves are the compiler's."""

    origin: Origin
    names: Names

    def _item(self, node: Any, env: Env, outer: Scope | None) -> Source:
        raise NotImplementedError

    def _query(self, node: Any, env: Env, outer: Scope | None) -> Block:
        raise NotImplementedError

    def _subquery_in(self, env: Env) -> Callable[[Analyzer, Any], Typed]:
        raise NotImplementedError

    def _as_source(self, block: Block, ties: tuple[str, ...] = ()) -> Source:
        return Source(
            f"({block.whole}) AS {quote(self.names.new('_r'))}", (Relation((), block.columns),), ties
        )

    def _aliased(self, source: Source, alias: str | None, columns: tuple[str, ...], node: Any) -> Source:
        if alias is None and not columns:
            return source
        parts = (alias,) if alias else source.relations[0].parts
        whole = Relation(parts, tuple(c for r in source.relations for c in r.columns))
        return replace(source, relations=(inputs.renamed(whole, columns, self.origin, node),))

    def _joined(self, nodes: Sequence[Any], env: Env, outer: Scope | None) -> Source:
        source = self._item(nodes[0], env, outer)
        for join in nodes[1:]:
            source = self._join(source, join, env, outer)
        return source

    def _join(self, left: Source, join: exp.Join, env: Env, outer: Scope | None) -> Source:
        self.origin.only(join, inputs.JOIN_PARTS)
        side, kind = (join.side or "").upper(), (join.kind or "").upper()
        method = (join.method or "").upper()
        if method not in ("", "NATURAL") or kind not in ("", "INNER", "OUTER", "CROSS", "SEMI", "ANTI"):
            raise self.origin.refused(f"{method or kind} JOIN is not answered.", join)
        if isinstance(join.this, exp.Lateral):
            return self._lateral_join(left, join, side, env, outer)
        right = self._item(join.this, env, outer)
        using = [c.name for c in join.args.get("using") or []]
        if method == "NATURAL":
            mine = [c.name for r in left.relations for c in r.columns if not c.hidden]
            theirs = {c.name.lower() for r in right.relations for c in r.columns if not c.hidden}
            using = [n for n in mine if n.lower() in theirs]
        condition = self._on(join, left, right, using, env, outer)
        if condition is None and (kind in ("SEMI", "ANTI") or side in ("LEFT", "RIGHT", "FULL")):
            condition = "true"
        word = _join_word(side, kind, condition)
        sql = f"{left.sql} {word} {right.sql}" + (f" ON {condition}" if condition is not None else "")
        if kind in ("SEMI", "ANTI"):
            return replace(left, sql=sql, relations=_keys_first(left.relations, using, self.origin, join))
        relations = self._join_columns(left, right, side, using)
        return Source(sql, relations)

    def _on(
        self, join: exp.Join, left: Source, right: Source, using: list[str], env: Env, outer: Scope | None
    ) -> str | None:
        if using:
            parts = []
            for name in using:
                a, b = (Scope(s.relations).resolve([name], self.origin, join) for s in (left, right))
                try:
                    parts.append(operators.comparison("=", a, b).sql)
                except (Mismatch, NotAnswered) as error:
                    raise self.origin.refused(f"USING ({name}): {error}.", join) from None
            return " AND ".join(parts)
        on = join.args.get("on")
        if on is None:
            return None
        scope = Scope((*left.relations, *right.relations), outer)
        analyzer = Analyzer(self.origin, scope, PlainHooks(self._subquery_in(env)))
        return all_of([self._on_part(analyzer, part) for part in conjuncts(on)])

    def _on_part(self, analyzer: Analyzer, node: Any) -> Typed:
        """A condition; an equality is one of keys, which are computed for the rows of each side."""
        if not isinstance(node, exp.EQ) or isinstance(node.this, exp.Paren):
            return self._uncorrelated(analyzer.condition(node, "ON"), node)
        a = self._uncorrelated(analyzer.expr(node.this), node)
        b = self._uncorrelated(analyzer.expr(node.expression), node)
        try:
            return operators.comparison("=", a, b, keys=True)
        except Mismatch as error:
            raise self.origin.wrong(f"{error}.", node) from None
        except NotAnswered as error:
            raise self.origin.refused(f"{error}.", node) from None

    def _uncorrelated(self, value: Typed, node: Any) -> Typed:
        """A part of ON, which takes no scalar subquery that reads the rows."""
        if READS_ROW.search(value.name):
            raise self.origin.wrong(
                "[UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY.UNSUPPORTED_CORRELATED_SCALAR_SUBQUERY] ON takes no "
                "subquery that reads the rows of the join.",
                node,
            )
        return value

    def _join_columns(self, left: Source, right: Source, side: str, using: list[str]) -> tuple[Relation, ...]:
        mine = _nullable(left.relations) if side in ("RIGHT", "FULL") else left.relations
        theirs = _nullable(right.relations) if side in ("LEFT", "FULL") else right.relations
        if not using:
            return (*mine, *theirs)
        wanted = {name.lower() for name in using}
        merged = []
        for name in using:
            a = Scope(mine).resolve([name], self.origin, None)
            b = Scope(theirs).resolve([name], self.origin, None)
            value = b if side == "RIGHT" else a
            if side == "FULL":
                met = coerce.wider(a.type, b.type)
                assert met is not None
                a, b = operators.cast_to(a, met), operators.cast_to(b, met)
                value = operators.joined((a, b), f"coalesce({a.sql}, {b.sql})", met, name)
            merged.append(Visible(name, replace(value, name=name)))
        return (Relation((), tuple(merged)), *_only_qualified(mine, wanted), *_only_qualified(theirs, wanted))

    def _lateral_join(self, left: Source, join: exp.Join, side: str, env: Env, outer: Scope | None) -> Source:
        lateral = join.this
        on = join.args.get("on")
        if on is not None and not (isinstance(on, exp.Boolean) and on.this):
            raise self.origin.refused("A LATERAL join with a condition is not answered.", join)
        if isinstance(lateral.this, exp.Anonymous) and side in ("", "LEFT"):
            if side == "LEFT" and len(_ON_TRUE.findall(self.origin.text)) < len(
                _LEFT.findall(self.origin.text)
            ):
                raise self.origin.refused(
                    "LEFT JOIN LATERAL of a generator without ON is not answered: Spark drops rows of the left.",
                    join,
                    hint="Write ON true, or LATERAL VIEW OUTER.",
                )
            return self._generator_join(lateral, left, side, on is not None, env, outer)
        if side not in ("", "LEFT") or not isinstance(lateral.this, exp.Subquery):
            raise self.origin.refused("This LATERAL is not answered.", join)
        alias, columns = inputs.alias_of(lateral)
        block = self._query(bare(lateral.this), env, Scope(left.relations, outer))
        right = self._aliased(self._as_source(block), alias, columns, lateral)
        word = "LEFT JOIN LATERAL" if side == "LEFT" else "CROSS JOIN LATERAL"
        sql = f"{left.sql} {word} {right.sql}" + (" ON true" if side == "LEFT" else "")
        theirs = _nullable(right.relations) if side == "LEFT" else right.relations
        return Source(sql, (*left.relations, *theirs))

    def _generator_join(
        self, lateral: Any, left: Source, side: str, conditioned: bool, env: Env, outer: Scope | None
    ) -> Source:
        """`JOIN LATERAL explode(...)`; with ON Spark takes no map of the left side."""
        scope = Scope(left.relations, outer)
        for column in lateral.this.find_all(exp.Column) if conditioned else ():
            found = scope._find([part.name for part in column.parts], self.origin, column)
            if found is not None and isinstance(found.type, t.MapType):
                raise self.origin.wrong(
                    "[UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY.UNSUPPORTED_CORRELATED_REFERENCE_DATA_TYPE] "
                    "LATERAL with ON reads no map.",
                    column,
                    hint="LATERAL VIEW does.",
                )
        rows = lateral.copy()
        rows.set("outer", side == "LEFT")
        return self._lateral_rows(rows, left, env, outer)

    def _lateral_view(self, lateral: Any, source: Source, env: Env, outer: Scope | None) -> Source:
        call = lateral.this
        if not (lateral.args.get("view") and isinstance(call, exp.Anonymous) and len(call.expressions) == 1):
            raise self.origin.refused("This LATERAL VIEW is not answered.", lateral)
        alias, names = inputs.alias_of(lateral)
        if alias is None and not names:
            raise self.origin.wrong("[PARSE_SYNTAX_ERROR] LATERAL VIEW needs a name.", lateral)
        return self._lateral_rows(lateral, source, env, outer)

    def _lateral_rows(self, lateral: Any, source: Source, env: Env, outer: Scope | None) -> Source:
        """Each row of the source beside the rows that a generator makes of it."""
        call = lateral.this
        if not is_generator(call) or len(call.expressions) != 1:
            raise self.origin.refused(f"The table function {call.name} is not answered here.", lateral)
        alias, names = inputs.alias_of(lateral)
        analyzer = Analyzer(self.origin, Scope(source.relations, outer), PlainHooks(self._subquery_in(env)))
        argument = analyzer.expr(call.expressions[0])
        sql, made = unnested(
            self.names,
            self.origin,
            call,
            argument,
            bool(lateral.args.get("outer")),
            ["*"],
            f"FROM {source.sql}",
        )
        labels = list(names) or [m.name for m in made]
        if len(labels) != len(made):
            raise self.origin.wrong(
                f"[UDTF_ALIAS_NUMBER_MISMATCH] {len(labels)} names for {len(made)} columns.", lateral
            )
        columns = tuple(Visible(n, replace(m, name=n)) for m, n in zip(made, labels, strict=True))
        relation = Relation((alias,) if alias else (), columns)
        return Source(f"({sql}) AS {quote(self.names.new('_r'))}", (*source.relations, relation))


def _join_word(side: str, kind: str, condition: str | None) -> str:
    if kind in ("SEMI", "ANTI"):
        return f"{kind} JOIN"
    if condition is None:
        return "CROSS JOIN"
    return f"{side} JOIN" if side else "JOIN"


def is_generator(call: Any) -> bool:
    """Whether a call makes rows, such as `explode`."""
    function = TABLE.find(call.name) if isinstance(call, exp.Anonymous) else None
    return function is not None and function.kind == "generator"


def bare(table: exp.Subquery) -> Any:
    """The query in a bracketed FROM item, with the bracket's own ORDER BY and LIMIT if it has any."""
    return table if has_modifiers(table) or table.args.get("with_") else table.this


def _nullable(relations: Sequence[Relation]) -> tuple[Relation, ...]:
    return tuple(
        Relation(
            r.parts, tuple(replace(c, value=replace(c.value, nullable=True, value=ABSENT)) for c in r.columns)
        )
        for r in relations
    )


def _keys_first(
    relations: Sequence[Relation], using: Sequence[str], origin: Origin, node: Any
) -> tuple[Relation, ...]:
    """The columns of USING before the others, as `*` gives them."""
    if not using:
        return tuple(relations)
    wanted = {name.lower() for name in using}
    keys = [Scope(tuple(relations)).resolve([name], origin, node) for name in using]
    merged = tuple(Visible(n, replace(k, name=n)) for n, k in zip(using, keys, strict=True))
    return (Relation((), merged), *_only_qualified(relations, wanted))


def _only_qualified(relations: Sequence[Relation], names: set[str]) -> tuple[Relation, ...]:
    return tuple(
        Relation(
            r.parts,
            tuple(
                replace(c, hidden=True, qualified=True) if c.name.lower() in names else c for c in r.columns
            ),
        )
        for r in relations
    )


def has_modifiers(node: Any) -> bool:
    """Whether a bracketed query or a set operation has an order or a limit of its own."""
    return any(node.args.get(key) is not None for key in ("order", "limit", "offset"))
