"""Window functions of a SELECT: the OVER clause, frames, and the step that computes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlglot import exp

from tailrace.model import types as t
from tailrace.sql import coerce, intervals, operators
from tailrace.sql.calls import Call, Hooks
from tailrace.sql.distances import distance
from tailrace.sql.expression import Analyzer
from tailrace.sql.functions.registry import TABLE
from tailrace.sql.functions.table import Function
from tailrace.sql.groups import Groups
from tailrace.sql.typed import Typed, quote

_WHOLE = "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING"


class Windows(Groups):
    """Window functions, over the groups where there are any."""

    def inner_hooks(self) -> Hooks:
        """What is allowed inside OVER."""
        raise NotImplementedError

    def window(self, analyzer: Analyzer, node: exp.Window) -> Typed:
        """A window function, computed in the step after the groups."""
        inner: Any = node.this
        ignore = False
        worded = isinstance(inner, (exp.IgnoreNulls, exp.RespectNulls))
        if isinstance(inner, (exp.IgnoreNulls, exp.RespectNulls)):
            ignore, inner = isinstance(inner, exp.IgnoreNulls), inner.this
        where = None
        if isinstance(inner, exp.Filter):
            where, inner = inner.expression.this, inner.this
        if not isinstance(inner, exp.Anonymous):
            raise self.origin.refused("OVER is only answered after a function.", node)
        function = TABLE.find(inner.name)
        if function is None:
            raise self.origin.refused(f"The function {inner.name} is not in the function table.", inner)
        if function.kind not in ("aggregate", "window"):
            raise self.origin.wrong(f"[UNSUPPORTED_EXPR_FOR_WINDOW] {inner.name} takes no OVER.", node)
        call = Call(inner, where=where, ignore_nulls=ignore, worded=worded)
        if call.distinct:
            raise self.origin.wrong(
                "[DISTINCT_WINDOW_FUNCTION_UNSUPPORTED] DISTINCT is not allowed with OVER.", node
            )
        own = Analyzer(self.origin, analyzer.scope, self.inner_hooks())
        spec, label = self._spec(node, own, function)
        probe, resolved = self._aggregate_text(own, inner, function, call, (), "\0")
        label = label.replace("{offset}", _offset_of(call))
        ordered = self._order_of(node, own)
        if inner.name.lower() in ("median", "percentile_cont", "percentile_disc") and (
            ordered or not label.endswith(_WHOLE)
        ):
            raise self.origin.wrong(
                f"[INVALID_WINDOW_SPEC_FOR_AGGREGATION_FUNC] {inner.name} takes no ORDER BY and no frame in OVER.",
                node,
            )
        if function.names[0] == "listagg" and not ordered:
            raise self.origin.refused(f"{inner.name} without ORDER BY in OVER has no order.", node)
        if function.kind == "window" and not ordered:
            raise self.origin.wrong(
                f"[WINDOW_FUNCTION_FRAME_NOT_ORDERED] {inner.name} needs ORDER BY in OVER.", node
            )
        if resolved.order_sensitive or " ROWS " in spec:
            spec = self._with_ties(spec, bool(ordered))
        made = replace(
            probe, sql=probe.sql.replace("\0", f" OVER ({spec})"), name=f"{probe.name} OVER ({label})"
        )
        return self._registered(self.windows, made)

    def _with_ties(self, spec: str, ordered: bool) -> str:
        ties = self.source.ties
        if not ties or self.grouped or " RANGE " in spec:
            self.names.deterministic = False
            return spec
        extra = ", ".join(quote(name) for name in ties)
        head, frame, rest = spec.partition(" ROWS ")
        head = f"{head}, {extra}" if ordered else f"{head} ORDER BY {extra}"
        if not ordered and not frame:
            return f"{head} ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING"
        return f"{head}{frame}{rest}"

    def _definition(self, node: exp.Window) -> list[exp.Window]:
        """The window's own clauses and those of the named window that it refers to."""
        alias = node.args.get("alias")
        chain = [node]
        if alias is not None and any(node.args.get(key) for key in ("partition_by", "order", "spec")):
            raise self.origin.wrong(
                f"[PARSE_SYNTAX_ERROR] The window {alias.name} is used as it is: OVER {alias.name}.", node
            )
        if alias is not None:
            named = self.definitions.get(alias.name.lower())
            if named is None:
                raise self.origin.wrong(
                    f"[MISSING_WINDOW_SPECIFICATION] There is no window {alias.name}.", node
                )
            chain.append(named)
        return chain

    def _part(self, node: exp.Window, key: str) -> Any:
        return next((w.args[key] for w in self._definition(node) if w.args.get(key)), None)

    def _order_of(self, node: exp.Window, analyzer: Analyzer) -> list[str]:
        order = self._part(node, "order")
        return [self._ordered(one, analyzer)[0] for one in order.expressions] if order is not None else []

    def _spec(self, node: exp.Window, analyzer: Analyzer, function: Function) -> tuple[str, str]:
        partition = self._part(node, "partition_by") or []
        keys = [analyzer.expr(one) for one in partition]
        for key, one in zip(keys, partition, strict=True):
            if not operators.is_orderable(key.type):
                raise self.origin.wrong(f"[EXPRESSION_TYPE_IS_NOT_ORDERABLE] {key.type} has no order.", one)
        order = self._part(node, "order")
        pairs = [self._ordered(one, analyzer) for one in order.expressions] if order is not None else []
        spec = self._part(node, "spec")
        ordered = [analyzer.expr(one.this) for one in order.expressions] if order is not None else []
        if spec is not None and len(ordered) == 1 and coerce.is_interval(ordered[0].type):
            count = intervals.count(ordered[0].sql, ordered[0].type)  # what a distance is added to
            pairs = [(f"{count}{pairs[0][0].removeprefix(ordered[0].sql)}", pairs[0][1])]
        parts, labels = [], []
        if keys:
            parts.append(f"PARTITION BY {', '.join(k.sql for k in keys)}")
            labels.append(f"PARTITION BY {', '.join(k.name for k in keys)}")
        if pairs:
            parts.append(f"ORDER BY {', '.join(p[0] for p in pairs)}")
            labels.append(f"ORDER BY {', '.join(p[1] for p in pairs)}")
        frame, label = self._frame(spec, function, ordered, analyzer)
        if function.needs_frame or (spec is not None and function.kind == "aggregate"):
            parts.append(frame)
        labels.append(label)
        return " ".join(parts), " ".join(labels)

    def _frame(
        self, spec: Any, function: Function, keys: Sequence[Typed], analyzer: Analyzer
    ) -> tuple[str, str]:
        """The frame in DuckDB SQL, and as Spark prints it."""
        if spec is None:
            made = _default_frame(function, bool(keys))
            return made, made
        if function.kind == "window" and not function.needs_frame:
            raise self.origin.refused(f"A frame for {function.names[0]} is not answered.", spec)
        kind = str(spec.args["kind"]).upper()
        start = self._bound(spec, "start", kind, keys, analyzer)
        end = Bound("CURRENT ROW", "CURRENT ROW", 0)
        if spec.args.get("end"):
            end = self._bound(spec, "end", kind, keys, analyzer)
        if start.kind and end.kind and start.kind != end.kind:
            raise self.origin.wrong(
                "[DATATYPE_MISMATCH.SPECIFIED_WINDOW_FRAME_DIFF_TYPES] The bounds of the frame differ in type.",
                spec,
            )
        if start.at > end.at:
            raise self.origin.wrong(
                "[DATATYPE_MISMATCH.SPECIFIED_WINDOW_FRAME_WRONG_COMPARISON] The frame ends before it starts.",
                spec,
            )
        return (
            f"{kind} BETWEEN {start.sql} AND {end.sql}",
            f"{kind} BETWEEN {start.label} AND {end.label}",
        )

    def _bound(self, spec: Any, side: str, kind: str, keys: Sequence[Typed], analyzer: Analyzer) -> Bound:
        bound, direction = spec.args.get(side), str(spec.args.get(f"{side}_side") or "").upper()
        sign = -1 if direction == "PRECEDING" else 1
        if isinstance(bound, str):
            if bound.upper() == "CURRENT ROW":
                return Bound("CURRENT ROW", "CURRENT ROW", 0)
            return Bound(f"UNBOUNDED {direction}", f"UNBOUNDED {direction}", sign * _FAR)
        if kind == "ROWS" and isinstance(bound, exp.Literal) and bound.name.isdigit():
            return Bound(f"{bound.name} {direction}", f"{bound.name} {direction}", sign * int(bound.name))
        made = analyzer.expr(bound) if kind == "RANGE" and len(keys) == 1 else None
        found = distance(made, keys[0].type) if made is not None else None
        if made is None or found is None:
            raise self.origin.refused(
                "This frame is not answered; UNBOUNDED, CURRENT ROW and whole literals are, in RANGE over one "
                "number or time also intervals.",
                spec,
            )
        text, at = found
        label = f"{made.name} {direction}"
        cast = isinstance(keys[0].type, t.NumericType) or coerce.is_interval(keys[0].type)
        negated = t.DOUBLE if isinstance(made.type, t.StringType) else made.type
        if direction == "PRECEDING" and cast and negated != keys[0].type:
            label = f"(- {made.name}) FOLLOWING"  # as Spark prints a bound that it casts
        measured = None if cast else made.type
        return Bound(f"{text} {direction}", label, sign * at, measured)


_FAR = 2**70


@dataclass(frozen=True)
class Bound:
    """One side of a frame: DuckDB SQL, Spark's words, and how far from the current row."""

    sql: str
    label: str
    at: Any
    kind: t.DataType | None = None


def _default_frame(function: Function, ordered: bool) -> str:
    if function.kind == "window" and not function.needs_frame:
        if function.names[0] in ("lag", "lead"):
            return "ROWS BETWEEN {offset} FOLLOWING AND {offset} FOLLOWING"
        kind = "RANGE" if function.names[0] == "cume_dist" else "ROWS"
        return f"{kind} BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"
    if ordered:
        return "RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"
    return "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING"


def _offset_of(call: Call) -> str:
    """The frame of lag and lead, as Spark prints it."""
    node: Any = call.nodes[1] if len(call.nodes) > 1 else exp.Literal.number(1)
    negative = isinstance(node, exp.Neg)
    written = node.this.name if negative else node.name
    return f"-{written}" if negative is not (call.name.lower() == "lag") and written != "0" else str(written)
