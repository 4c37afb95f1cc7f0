"""A tree of sqlglot -> a typed expression: names bound, types found, casts inserted, DuckDB SQL made.

`Analyzer.expr` is one recursive pass over the tree; `_RULES` says which method reads which node. A node
without a rule is refused by name. What needs a whole query around it (aggregates, windows, subqueries)
is asked of `hooks`, which refuse where they are not allowed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sqlglot import exp

from tailrace.model import types as t
from tailrace.model.errors import Place
from tailrace.sql import bits, coerce, interval_literals, literals, logic, operators, predicates, units
from tailrace.sql.calls import Call, Calls, field_name
from tailrace.sql.data_type import data_type
from tailrace.sql.errors import Mismatch, NotAnswered
from tailrace.sql.functions.registry import TABLE
from tailrace.sql.literals_time import time_literal
from tailrace.sql.query import parse_expression
from tailrace.sql.scope import Scope, fields_of, relation_of
from tailrace.sql.typed import ABSENT, Typed


class Analyzer(Calls):
    """Analyses expressions of one text in one scope."""

    def within(self, scope: Scope) -> Analyzer:
        return Analyzer(self.origin, scope, self.hooks)

    def expr(self, node: Any) -> Typed:
        """The typed expression of a node. Raises ProjectError or Refused with the node's place."""
        ready = self.hooks.before(self, node)
        if ready is not None:
            return ready
        rule = _RULES.get(type(node))
        if rule is None:
            raise self.origin.refused(f"{_spelled(node)} is not answered.", node)
        unread = [key for key, value in node.args.items() if value and key not in _READ]
        if unread:
            raise self.origin.refused(
                f"{unread[0].upper().strip('_')} in {_spelled(node)} is not answered.", node
            )
        try:
            return rule(self, node)
        except Mismatch as error:
            raise self.origin.wrong(f"{error}.", node) from None
        except NotAnswered as error:
            message = str(error)
            raise self.origin.refused(f"{message[:1].upper()}{message[1:]}.", node) from None
        except RecursionError:
            raise self.origin.refused("The expression is nested too deeply.", node) from None

    def condition(self, node: Any, what: str) -> Typed:
        """A BOOLEAN, for WHERE, ON, FILTER, EXPECT."""
        return self.only_boolean(self.expr(node), node, what)

    def only_boolean(self, value: Typed, node: Any, what: str) -> Typed:
        """The value, if it is a BOOLEAN."""
        try:
            return logic.only_boolean(value, what)
        except Mismatch as error:
            raise self.origin.wrong(f"{error}.", node) from None
        except NotAnswered as error:
            raise self.origin.refused(f"{error}.", node) from None

    def _column(self, node: exp.Column) -> Typed:
        if isinstance(node.this, exp.Star):
            raise self.origin.wrong("[INVALID_USAGE_OF_STAR_OR_REGEX] `*` is not allowed here.", node)
        parts = [part.name for part in node.parts]
        if len(parts) == 1 and not node.this.quoted and self.scope._find(parts, self.origin, node) is None:
            bare = parts[0].lower()
            if bare in ("current_date", "current_timestamp", "current_user"):
                return self.call(node, Call(exp.Anonymous(this=bare, expressions=[])))
        return self.scope.resolve(parts, self.origin, node)

    def _dot(self, node: exp.Dot) -> Typed:
        parts: list[str] = []
        inner: Any = node
        while isinstance(inner, exp.Dot):
            if not isinstance(inner.expression, exp.Identifier):
                raise self.origin.refused(f"{_spelled(inner.expression)} after a dot is not answered.", node)
            parts.insert(0, inner.expression.name)
            inner = inner.this
        if isinstance(inner, exp.Column):
            return self.scope.resolve([*(p.name for p in inner.parts), *parts], self.origin, node)
        return fields_of(self.expr(inner), parts, self.origin, node)

    def _identifier(self, node: exp.Identifier) -> Typed:
        return self.scope.resolve([node.name], self.origin, node)

    def _literal(self, node: exp.Literal) -> Typed:
        return literals.string(node.name) if node.is_string else literals.number(node.name)

    def _raw_string(self, node: exp.RawString) -> Typed:
        return literals.string(node.name)

    def _concat(self, node: exp.Concat) -> Typed:
        parts = [self.expr(part) for part in node.expressions]
        return literals.string("".join(str(part.value) for part in parts))

    def _hex(self, node: exp.HexString) -> Typed:
        digits = node.name if len(node.name) % 2 == 0 else "0" + node.name
        data = bytes.fromhex(digits)
        sql = "".join(f"\\x{byte:02X}" for byte in data)
        return Typed(f"CAST('{sql}' AS BLOB)", t.BINARY, False, name=f"X'{digits.upper()}'", value=data)

    def _paren(self, node: exp.Paren) -> Typed:
        inner = self.expr(node.this)
        return replace(inner, sql=inner.sql if inner.is_column else f"({inner.sql})")

    def _arithmetic(self, node: exp.Binary) -> Typed:
        if node.meta.get("fields"):
            return interval_literals.interval_of_fields(node)
        return operators.arithmetic(_ARITHMETIC[type(node)], self.expr(node.this), self.expr(node.expression))

    def _comparison(self, node: exp.Binary) -> Typed:
        if any(isinstance(_unwritten(side), _PREDICATES) for side in (node.this, node.expression)):
            raise Mismatch("[PARSE_SYNTAX_ERROR] a predicate beside a comparison needs brackets")
        return operators.comparison(_COMPARISON[type(node)], self.expr(node.this), self.expr(node.expression))

    def _connector(self, node: exp.Connector) -> Typed:
        """A chain of AND or OR, without going a level deeper for each."""
        chain: list[Any] = []
        inner: Any = node
        while type(inner) is type(node):
            chain.append(inner.expression)
            inner = inner.this
        combine = logic.conjunction if isinstance(node, exp.And) else logic.disjunction
        result = self.expr(inner)
        for part in reversed(chain):
            result = combine(result, self.expr(part))
        return result

    def _neg(self, node: exp.Neg) -> Typed:
        inner: Any = node.this
        if isinstance(inner, exp.Literal) and not inner.is_string:
            return self._negative_literal(inner)
        if (
            isinstance(inner, exp.Cast)
            and isinstance(inner.this, exp.Literal)
            and not inner.meta.get("prefix")
        ):
            made = self.expr(inner)
            if not inner.meta.get("explicit") and made.value is not ABSENT:
                return literals.negated(made)
        return operators.negative(self.expr(inner))

    def _negative_literal(self, node: exp.Literal) -> Typed:
        made = literals.number(node.name)
        if isinstance(made.type, t.IntegralType):
            return literals.whole(-made.value, t.INT if made.value == 2**31 else made.type)
        if isinstance(made.type, t.DecimalType):
            if made.type.scale == 0 and made.value == 2**63:
                return literals.whole(-(2**63), t.LONG)
            return replace(literals.decimal(f"{made.value.copy_negate():f}"), type=made.type)
        return literals.double(-made.value)

    def _between(self, node: exp.Between) -> Typed:
        value = self.expr(node.this)
        low, high = self.expr(node.args["low"]), self.expr(node.args["high"])
        both = logic.conjunction(
            operators.comparison(">=", value, low), operators.comparison("<=", value, high)
        )
        return replace(both, name=f"between({value.name}, {low.name}, {high.name})")

    def _not(self, node: exp.Not) -> Typed:
        if node.meta.get("is_not") and isinstance(node.this.expression, exp.Null):
            value = self.expr(node.this.this)
            return _test(value, f"({value.sql} IS NOT NULL)", f"({value.name} IS NOT NULL)")
        inner: Any = node.this
        while isinstance(inner, exp.Paren):
            inner = inner.this
        if isinstance(inner, exp.In) and inner.args.get("query") is not None:
            return _never_null(logic.negation(self.hooks.subquery(self, inner)))
        return logic.negation(self.expr(node.this))

    def _is(self, node: exp.Is) -> Typed:
        if isinstance(_unwritten(node.this), _PREDICATES):
            raise Mismatch("[PARSE_SYNTAX_ERROR] a predicate before IS needs brackets")
        right: Any = node.expression
        negated = isinstance(right, exp.Not)
        right = right.this if negated else right
        value = self.expr(node.this)
        if isinstance(right, exp.Null):
            word = "IS NOT NULL" if negated else "IS NULL"
            return _test(value, f"({value.sql} {word})", f"({value.name} {word})")
        if isinstance(right, exp.Boolean):
            inner = logic.as_boolean(value, "IS")
            word = "true" if right.this else "false"
            label = f"({value.name} <=> {word})"
            made = _test(inner, f"({inner.sql} IS NOT DISTINCT FROM {word})", label)
            return replace(made, sql=f"(NOT {made.sql})", name=f"(NOT {label})") if negated else made
        raise NotAnswered(f"IS {_spelled(right)} is not answered")

    def _in(self, node: exp.In) -> Typed:
        if node.args.get("query") is not None:
            return _never_null(self.hooks.subquery(self, node))
        if isinstance(node.this, exp.Tuple):
            return predicates.in_rows(node, self.expr)
        value = self.expr(node.this)
        items = [self.expr(item) for item in node.expressions]
        met = coerce.common([value.type, *(item.type for item in items)])
        if met is None and all(coerce.same_structure(value.type, item.type) for item in items):
            return predicates.in_structs(value, items)
        if met is None or not operators.is_orderable(met):
            raise Mismatch("[DATATYPE_MISMATCH.DATA_DIFF_TYPES] IN: the values have no common type")
        if isinstance(met, t.DecimalType) and any(v.type != met for v in (value, *items)):
            for item in items:
                operators.meet("=", value, item)
        cast = [operators.cast_to(v, met) for v in (value, *items)]
        name = f"({value.name} IN ({', '.join(item.name for item in items)}))"
        late = cast[1:] if value.nullable else cast[2:]
        if any(item.fallible and operators.reads(item) for item in late):
            return operators.joined(cast, logic.one_by_one(cast[0], cast[1:]), t.BOOLEAN, name)
        listed = ", ".join(item.sql for item in cast[1:])
        return operators.joined(cast, f"({cast[0].sql} IN ({listed}))", t.BOOLEAN, name)

    def _like(self, node: exp.Expression) -> Typed:
        return self._matched(node, "like" if isinstance(node, exp.Like) else "ilike", None)

    def _escape(self, node: exp.Escape) -> Typed:
        inner = node.this
        if not isinstance(inner, (exp.Like, exp.ILike)):
            raise NotAnswered("ESCAPE is not answered here")
        made = self._matched(inner, "like" if isinstance(inner, exp.Like) else "ilike", node.expression)
        named = isinstance(inner, exp.Like) and node.expression.name != "\\"
        return replace(made, name=f"{made.name} ESCAPE '{node.expression.name}'") if named else made

    def _matched(self, node: Any, name: str, escape: Any) -> Typed:
        if isinstance(node.expression, (exp.Any, exp.All)):
            if escape is not None:
                raise NotAnswered("ESCAPE after LIKE ANY and LIKE ALL is not answered")
            return predicates.like_many(node, self.expr, lambda one: self._matched(one, name, None))
        nodes = [node.this, node.expression] + ([escape] if escape is not None else [])
        made = self.call(node, Call(exp.Anonymous(this=name, expressions=nodes)))
        left, right = self.expr(node.this).name, self.expr(node.expression).name
        made = replace(made, name=f"{left} LIKE {right}" if name == "like" else f"ilike({left}, {right})")
        return logic.negation(made) if node.args.get("negate") else made

    def _rlike(self, node: exp.RegexpLike) -> Typed:
        made = self.call(node, Call(exp.Anonymous(this="rlike", expressions=[node.this, node.expression])))
        made = replace(made, name=f"RLIKE({self.expr(node.this).name}, {self.expr(node.expression).name})")
        return logic.negation(made) if node.args.get("negate") else made

    def _pipes(self, node: exp.DPipe) -> Typed:
        if any(isinstance(side, bits.BITWISE) for side in (node.this, node.expression)):
            raise NotAnswered("a mixture of || and bits without brackets is not answered")
        return self.call(node, Call(exp.Anonymous(this="concat", expressions=[node.this, node.expression])))

    def _case(self, node: exp.Case) -> Typed:
        subject = self.expr(node.this) if node.this is not None else None
        whens: list[Typed] = []
        thens: list[Typed] = []
        for branch in node.args["ifs"]:
            condition = self.expr(branch.this)
            if subject is not None:
                condition = operators.comparison("=", subject, condition)
            whens.append(logic.only_boolean(condition, "WHEN"))
            thens.append(self.expr(branch.args["true"]))
        last = self.expr(node.args["default"]) if node.args.get("default") is not None else None
        results = [*thens, *([last] if last else [])]
        met = coerce.common([r.type for r in results])
        if met is None:
            raise Mismatch("[DATATYPE_MISMATCH.DATA_DIFF_TYPES] CASE: the branches have no common type")
        cast = [operators.cast_to(r, met) for r in results]
        arms = " ".join(f"WHEN {w.sql} THEN {c.sql}" for w, c in zip(whens, cast, strict=False))
        otherwise = f" ELSE {cast[-1].sql}" if last else ""
        name = " ".join(f"WHEN {w.name} THEN {r.name}" for w, r in zip(whens, thens, strict=True))
        made = operators.joined([*whens, *cast], f"CASE {arms}{otherwise} END", met, "")
        nullable = last is None or any(c.nullable for c in cast)
        return replace(made, nullable=nullable, name=f"CASE {name}{f' ELSE {last.name}' if last else ''} END")

    def _cast(self, node: exp.Cast) -> Typed:
        kind = data_type(node.args["to"], self.origin)
        inner: Any = node.this
        safe = isinstance(node, exp.TryCast)
        if node.meta.get("prefix") and isinstance(inner, exp.Literal):
            return self._prefixed(inner, kind)
        if isinstance(inner, exp.Literal) and not node.meta.get("explicit"):
            return self._suffixed(inner, kind)
        return self._cast_of(self.expr(inner), kind, safe)

    def _prefixed(self, inner: exp.Literal, kind: t.DataType) -> Typed:
        if isinstance(kind, (t.DateType, t.TimestampType, t.TimestampNTZType)):
            return time_literal(kind, inner.name)
        raise NotAnswered(f"the literal {inner.name!r} of type {kind} is not answered")

    def _suffixed(self, inner: exp.Literal, kind: t.DataType) -> Typed:
        if isinstance(kind, t.IntegralType):
            return literals.whole(int(inner.name), kind)
        if isinstance(kind, (t.DoubleType, t.FloatType)):
            return literals.double(float(inner.name), kind)
        return literals.decimal(inner.name)

    def _bracket(self, node: exp.Bracket) -> Typed:
        if len(node.expressions) != 1 or isinstance(node.expressions[0], exp.Slice):
            raise NotAnswered("a subscript of several values is not answered")
        base, index = self.expr(node.this), self.expr(node.expressions[0])
        if isinstance(base.type, t.StructType) and isinstance(index.value, str):
            named = fields_of(base, [index.value], self.origin, node)
            return replace(named, name=f"{base.name}.{index.value}", is_column=False)
        name = f"{base.name}[{index.name}]"
        function = TABLE.find("__subscript")
        assert function is not None
        made = self._resolved(node, function, Call(exp.Anonymous(this="__subscript")), [base, index])
        return replace(made, name=name)

    def _tuple(self, node: exp.Tuple) -> Typed:
        """`(x, 1)` is a struct."""
        if not node.expressions:
            raise NotAnswered("`()` is not answered here")
        names = [field_name(one) or f"col{i}" for i, one in enumerate(node.expressions, 1)]
        pairs = zip(map(exp.Literal.string, names), node.expressions, strict=True)
        return self.call(
            node, Call(exp.Anonymous(this="named_struct", expressions=[n for p in pairs for n in p]))
        )

    def _json_path(self, node: exp.JSONExtract) -> Typed:
        raise NotAnswered("the colon operator is not answered; get_json_object(column, '$.path') is")

    def _extract(self, node: exp.Extract) -> Typed:
        field = str(node.this.name or node.this)
        nodes = [exp.Literal.string(field), node.expression]
        made = self.call(node, Call(exp.Anonymous(this="date_part", expressions=nodes)))
        return replace(made, name=f"extract({node.meta['word']} FROM {self.expr(node.expression).name})")

    def _trim(self, node: exp.Trim) -> Typed:
        position = str(node.args.get("position") or "BOTH").upper()
        name = {"BOTH": "trim", "LEADING": "ltrim", "TRAILING": "rtrim"}[position]
        characters = node.args.get("expression")
        if characters is None:
            return self.call(node, Call(exp.Anonymous(this=name, expressions=[node.this])))
        made = self.call(node, Call(exp.Anonymous(this=name, expressions=[characters, node.this])))
        return replace(
            made, name=f"TRIM({position} {self.expr(characters).name} FROM {self.expr(node.this).name})"
        )

    def _anonymous(self, node: exp.Anonymous) -> Typed:
        combine = units.called(node)
        if combine is not None:
            return combine(node.expressions[0].name, *map(self.expr, node.expressions[1:]))
        return self.call(node, Call(node))

    def _filtered(self, node: exp.Filter) -> Typed:
        inner: Any = node.this
        if not isinstance(inner, exp.Anonymous):
            raise NotAnswered("FILTER is only answered on an aggregate")
        return self.call(node, Call(inner, where=node.expression.this))

    def _nulls(self, node: Any) -> Typed:
        inner = node.this
        if not isinstance(inner, exp.Anonymous):
            raise NotAnswered("IGNORE NULLS is not answered here")
        return self.call(node, Call(inner, ignore_nulls=isinstance(node, exp.IgnoreNulls), worded=True))


def _never_null(value: Typed) -> Typed:
    """IN (subquery) is a join in Spark, which knows no NULL: what is unknown is false, negated or not."""
    return replace(value, sql=f"coalesce({value.sql}, false)")


def _test(value: Typed, sql: str, name: str) -> Typed:
    return replace(value, sql=sql, type=t.BOOLEAN, nullable=False, name=name, value=ABSENT, is_column=False)


def _unwritten(node: Any) -> Any:
    """The node without a bracket that only the parser put around it."""
    return node.this if isinstance(node, exp.Paren) and not node.meta.get("explicit") else node


def _spelled(node: Any) -> str:
    return type(node).__name__.upper() if not isinstance(node, exp.Func) else f"{node.sql_name()}(...)"


_PARTS = """
this expression expressions negate low high safe to default ifs true query is_string unit quoted
within table db catalog position partition_by order spec over alias variant_extract coalesce
requires_json big_int fraction_in_string
"""
_READ = frozenset(_PARTS.split())
"""Parts of nodes that the rules read; a node with any other part is refused, never half read."""
_PREDICATES = (exp.Is, exp.In, exp.Between, exp.Like, exp.ILike, exp.RegexpLike, exp.Not)
_ARITHMETIC: dict[Any, str] = {
    exp.Add: "add",
    exp.Sub: "sub",
    exp.Mul: "mul",
    exp.Div: "div",
    exp.Mod: "mod",
    exp.IntDiv: "intdiv",
}
_COMPARISON: dict[Any, str] = {
    exp.EQ: "=",
    exp.NEQ: "!=",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
    exp.NullSafeEQ: "<=>",
}
_RULES: dict[Any, Callable[[Analyzer, Any], Typed]] = {
    **dict.fromkeys(_ARITHMETIC, Analyzer._arithmetic),
    **dict.fromkeys(_COMPARISON, Analyzer._comparison),
    exp.NullSafeNEQ: lambda self, node: logic.negation(
        operators.comparison("<=>", self.expr(node.this), self.expr(node.expression))
    ),
    exp.And: Analyzer._connector,
    exp.Or: Analyzer._connector,
    exp.Not: Analyzer._not,
    exp.Neg: Analyzer._neg,
    exp.Paren: Analyzer._paren,
    exp.Column: Analyzer._column,
    exp.Dot: Analyzer._dot,
    exp.Identifier: Analyzer._identifier,
    exp.Literal: Analyzer._literal,
    exp.RawString: Analyzer._raw_string,
    exp.Concat: Analyzer._concat,
    exp.HexString: Analyzer._hex,
    exp.Null: lambda _self, _node: literals.null(),
    exp.Boolean: lambda _self, node: literals.boolean(bool(node.this)),
    exp.Interval: lambda _self, node: interval_literals.interval(node),
    exp.Between: Analyzer._between,
    exp.Is: Analyzer._is,
    exp.In: Analyzer._in,
    exp.Like: Analyzer._like,
    exp.ILike: Analyzer._like,
    exp.Escape: Analyzer._escape,
    exp.RegexpLike: Analyzer._rlike,
    exp.DPipe: Analyzer._pipes,
    **bits.RULES,
    exp.Case: Analyzer._case,
    exp.Cast: Analyzer._cast,
    exp.TryCast: Analyzer._cast,
    exp.Bracket: Analyzer._bracket,
    exp.Tuple: Analyzer._tuple,
    exp.JSONExtract: Analyzer._json_path,
    exp.Extract: Analyzer._extract,
    exp.Trim: Analyzer._trim,
    exp.CurrentDate: lambda self, node: self.call(node, Call(exp.Anonymous(this="current_date"))),
    exp.CurrentTimestamp: lambda self, node: self.call(node, Call(exp.Anonymous(this="current_timestamp"))),
    exp.Anonymous: Analyzer._anonymous,
    exp.Filter: Analyzer._filtered,
    **dict.fromkeys((exp.IgnoreNulls, exp.RespectNulls), Analyzer._nulls),
    exp.Window: lambda self, node: self.hooks.window(self, node),
    exp.Subquery: lambda self, node: self.hooks.subquery(self, node),
    exp.Exists: lambda self, node: self.hooks.subquery(self, node),
}


def analyze_expression(text: str, schema: t.Schema) -> tuple[t.DataType, str]:
    """Type and DuckDB SQL of one expression over the columns of `schema` (`SELECT <sql> FROM t`).

    Raises ProjectError for what Spark refuses and Refused for what is not answered.
    """
    made = type_expression(text, schema)
    return made.type, made.sql


def type_expression(text: str, schema: t.Schema) -> Typed:
    """Everything that is known about one expression over the columns of `schema`."""
    query = parse_expression(text, Place("expression", 1))
    scope = Scope((relation_of(("t",), schema),))
    return Analyzer(query.origin, scope).expr(query.tree)
