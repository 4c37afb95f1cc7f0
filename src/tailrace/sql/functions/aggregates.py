"""Aggregate functions, by Spark's answers.

`lower` gives one DuckDB aggregate, so that FILTER and OVER can follow it; what has to be done to its result
is `finish`. Sums and means of doubles depend on the order of the rows in their last digits: they are marked
`order_sensitive`, as is everything that picks a row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from tailrace.model import types as t
from tailrace.sql import coerce, decimals_long
from tailrace.sql.duck_types import duck
from tailrace.sql.errors import Mismatch, NotAnswered
from tailrace.sql.functions import aggregates_moments, aggregates_statistics, intervals_made
from tailrace.sql.functions.table import Arg, Function, Resolved, aggregate
from tailrace.sql.operators import is_orderable
from tailrace.sql.ordering import is_nested, order_key, unsigned
from tailrace.sql.typed import fail

_DISTINCT = "DISTINCT "
IGNORING = " IGNORE NULLS"
"""What ends the first argument of a call that skips NULLs."""


def _only(args: Sequence[Arg], count: int = 1) -> None:
    if len(args) != count:
        raise Mismatch(f"[WRONG_NUM_ARGS.WITHOUT_SUGGESTION] it takes {count} arguments, not {len(args)}")


def _call(name: str) -> Callable[[Sequence[str]], str]:
    return lambda texts: f"{name}({', '.join(texts)})"


def _cast_to(kind: t.DataType) -> Callable[[str], str]:
    return lambda sql: f"CAST({sql} AS {duck(kind)})"


# count


def _count(texts: Sequence[str]) -> str:
    """Rows in which no argument is NULL."""
    if len(texts) == 1:
        return f"count({texts[0]})"
    distinct = texts[0].startswith(_DISTINCT)
    given = [texts[0].removeprefix(_DISTINCT), *texts[1:]]
    present = " AND ".join(f"{one} IS NOT NULL" for one in given)
    value = f"row({', '.join(given)})" if distinct else "1"
    return f"count({_DISTINCT if distinct else ''}CASE WHEN {present} THEN {value} END)"


def _resolve_count(args: Sequence[Arg]) -> Resolved:
    if not args:
        raise Mismatch("[WRONG_NUM_ARGS.WITH_SUGGESTION] it takes at least 1 argument, not 0")
    return Resolved(tuple(None for _ in args), t.LONG, _count, nullable=False, mergeable=True)


# sum and avg


def _number(arg: Arg) -> t.DataType:
    if isinstance(arg.type, (t.StringType, t.VoidType, t.TimestampType)):
        return t.DOUBLE
    if not isinstance(arg.type, t.NumericType):
        raise Mismatch(
            "[DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE] argument 1 must be NUMERIC, "
            f"not {arg.type.simple_string.upper()}"
        )
    return arg.type


def _resolve_sum(args: Sequence[Arg]) -> Resolved:
    _only(args)
    kind = args[0].type
    if isinstance(kind, (t.DayTimeIntervalType, t.YearMonthIntervalType)):
        return intervals_made.total(kind)
    kind = _number(args[0])
    if isinstance(kind, t.LongType):
        return Resolved(
            (kind,),
            t.LONG,
            _call("sum"),
            fallible=True,
            mergeable=True,
            beside=(_positive_sum, _in_any_order),
        )
    if isinstance(kind, t.IntegralType):
        return Resolved((kind,), t.LONG, _call("sum"), finish=_cast_to(t.LONG), fallible=True, mergeable=True)
    if isinstance(kind, t.DecimalType):
        result = coerce.bounded(kind.precision + 10, kind.scale)
        made = Resolved(
            (kind,), result, _call("sum"), finish=_cast_to(result), fallible=True, mergeable=True, eager=True
        )
        if kind.precision + 10 <= 38:
            return made
        # over frames DuckDB sums rows of several ones at once, which may leave HUGEINT
        over = replace(made, lower=_all_values, finish=lambda sql: f"CAST(list_sum({sql}) AS {duck(result)})")
        return replace(made, lower=_plain_sum, over=over)
    return Resolved((t.DOUBLE,), t.DOUBLE, _call("sum"), order_sensitive=True, mergeable=True)


def _positive_sum(texts: Sequence[str]) -> str:
    distinct = _DISTINCT if texts[0].startswith(_DISTINCT) else ""
    return f"sum({distinct}greatest({texts[0].removeprefix(_DISTINCT)}, 0))"


def _in_any_order(total: str, positive: str) -> str:
    """The sum, if it stays in BIGINT whatever the order of the rows; Spark fails for some orders only."""
    raised = fail("ARITHMETIC_OVERFLOW", "The sum leaves BIGINT, at least for some orders of its rows.")
    inside = f"{positive} <= 9223372036854775807 AND {total} - {positive} >= -9223372036854775808"
    return f"CASE WHEN {total} IS NULL THEN NULL WHEN {inside} THEN CAST({total} AS BIGINT) ELSE {raised} END"


def _or_null(total: str, positive: str) -> str:
    """NULL where the sum of all rows leaves BIGINT."""
    outside = f"{total} NOT BETWEEN -9223372036854775808 AND 9223372036854775807"
    return f"CASE WHEN {outside} THEN NULL ELSE {_in_any_order(total, positive)} END"


def _plain_sum(texts: Sequence[str]) -> str:
    """Where digits may run out, Spark raises for all values but answers NULL for distinct ones."""
    if texts[0].startswith(_DISTINCT):
        raise NotAnswered("DISTINCT over so many digits is not answered")
    return f"sum({texts[0]})"


def _all_values(texts: Sequence[str]) -> str:
    if texts[0].startswith(_DISTINCT):
        raise NotAnswered("DISTINCT over so many digits is not answered")
    return f"list({texts[0]})"


def _resolve_try_avg(args: Sequence[Arg]) -> Resolved:
    """The mean; NULL where the sum of all rows is beyond what its type holds."""
    _only(args)
    if coerce.is_interval(args[0].type):
        return intervals_made.mean(args[0].type, tried=True)
    return _resolve_avg(args, tried=True)


def _resolve_try_sum(args: Sequence[Arg]) -> Resolved:
    """Sums of BIGINT that run over and come back are NULL in Spark by the order of the rows: those fail."""
    _only(args)
    kind, made = args[0].type, _resolve_sum(args)
    made = replace(made, eager=isinstance(made.result, (t.LongType, t.DecimalType)))
    if isinstance(kind, t.LongType):
        return replace(made, mergeable=False, beside=(_positive_sum, _or_null))
    if coerce.is_interval(kind):
        return intervals_made.total(kind, tried=True)
    if not isinstance(kind, t.DecimalType) or kind.precision + 10 <= 38:
        return made
    total = f"TRY(CAST(list_sum(_m) AS {duck(made.result)}))"

    def finish(items: str) -> str:
        return f"list_transform([{items}], lambda _m: {total})[1]"

    return replace(made, lower=_all_values, finish=finish, mergeable=False, over=None)


def _resolve_avg(args: Sequence[Arg], tried: bool = False) -> Resolved:
    _only(args)
    kind = args[0].type
    if isinstance(kind, (t.DayTimeIntervalType, t.YearMonthIntervalType)):
        return intervals_made.mean(kind)
    kind = _number(args[0])
    if not isinstance(kind, t.DecimalType):
        return Resolved(
            (t.DOUBLE,),
            t.DOUBLE,
            _call("avg"),
            order_sensitive=isinstance(kind, t.FractionalType),
            eager=True,
        )
    result = coerce.bounded(kind.precision + 4, kind.scale + 4)
    lower = _call("list") if kind.precision + 15 <= 38 else _all_values
    return Resolved(
        (kind,), result, lower, finish=partial(_mean, kind, result, tried), fallible=True, eager=True
    )


def _mean(kind: t.DecimalType, result: t.DecimalType, tried: bool, items: str) -> str:
    """HALF_UP quotient of the sum and the count of a list of decimals, in whole numbers if they fit."""
    if kind.precision + 15 > 38:
        count = "CAST(len(_m) AS DECIMAL(20,0))"
        body = decimals_long.quotient("_m.s", "_m.n", result.scale - kind.scale, result)
        total = f"list_transform([struct_pack(s := list_sum(_m), n := {count})], lambda _m: {body})[1]"
        made = f"CASE WHEN len(_m) > 0 THEN {total} END"
    else:
        total = "replace(CAST(list_sum(_m) AS VARCHAR), '.', '')::HUGEINT"
        whole = f"((2 * abs({total}) * 10000::HUGEINT + len(_m)) // (2 * len(_m)))"
        digits = f"lpad(CAST({whole} AS VARCHAR), CAST(greatest(length(CAST({whole} AS VARCHAR)), {result.scale + 1}) AS INTEGER), '0')"
        number = f"CASE WHEN {total} < 0 THEN '-' ELSE '' END || {digits}[:-{result.scale + 1}] || '.' || {digits}[-{result.scale}:]"
        made = f"CASE WHEN len(_m) > 0 THEN CAST({number} AS {duck(result)}) END"
    made = f"TRY({made})" if tried else made
    return f"list_transform([list_filter({items}, lambda _v: _v IS NOT NULL)], lambda _m: {made})[1]"


def _resolve_avg_of_pairs(place: int, args: Sequence[Arg]) -> Resolved:
    """`regr_avgy(y, x)` and `regr_avgx`: the mean of one over the rows that have both."""
    aggregates_moments.numbers(args, 2)
    made = _resolve_avg([args[place]])
    kinds = [aggregates_moments.number_of(arg) for arg in args]

    def lower(texts: Sequence[str]) -> str:
        if texts[0].startswith(_DISTINCT):
            raise NotAnswered("DISTINCT is not answered")
        return made.lower([f"CASE WHEN {texts[1 - place]} IS NOT NULL THEN {texts[place]} END"])

    return replace(made, types=tuple(kinds), lower=lower)


# greatest, least, and what picks a row


def _extreme_by(kind: t.DataType, name: str, texts: Sequence[str]) -> str:
    """The value whose key is greatest or least; NULL has none."""
    value = texts[0].removeprefix(_DISTINCT)
    return f"{name}({value}, {order_key(value, kind)})"


def _resolve_extreme(name: str, args: Sequence[Arg]) -> Resolved:
    _only(args)
    kind = args[0].type
    if is_nested(kind) and is_orderable(kind):
        return Resolved((kind,), kind, partial(_extreme_by, kind, f"arg_{name}"))
    if is_nested(kind) or isinstance(kind, t.MapType):
        raise Mismatch(f"[DATATYPE_MISMATCH.INVALID_ORDERING_TYPE] {kind} has no order")
    return Resolved((kind,), kind, _call(name), mergeable=True)


def _resolve_pick(name: str, args: Sequence[Arg]) -> Resolved:
    """first, last: a second argument TRUE means that NULLs are skipped."""
    if len(args) == 2 and args[1].value is not False:
        raise NotAnswered("write IGNORE NULLS after the call instead of the second argument")
    if not 1 <= len(args) <= 2:
        raise Mismatch(f"[WRONG_NUM_ARGS.WITHOUT_SUGGESTION] it takes 1 or 2 arguments, not {len(args)}")
    kinds = tuple(arg.type for arg in args)

    def rows(x: Sequence[str]) -> str:
        value = x[0].removesuffix(IGNORING)
        row = f"struct_pack(v := {value})"
        return f"list({row if value == x[0] else f'CASE WHEN {value} IS NOT NULL THEN {row} END'})"

    def end(items: str) -> str:
        return f"list_filter({items}, lambda _v: _v IS NOT NULL)[{1 if name == 'first' else -1}].v"

    filtered = Resolved(kinds, kinds[0], rows, order_sensitive=True, finish=end)
    return Resolved(kinds, kinds[0], lambda x: f"{name}({x[0]})", order_sensitive=True, filtered=filtered)


def _resolve_by(name: str, args: Sequence[Arg]) -> Resolved:
    """max_by, min_by: of equal rows the last."""
    if len(args) == 3:
        raise NotAnswered("several values are not answered: of equal rows Spark takes any")
    _only(args, 2)
    value, order = args[0].type, args[1].type
    if not is_orderable(order):
        raise Mismatch(f"[DATATYPE_MISMATCH.INVALID_ORDERING_TYPE] {order} has no order")

    def lower(x: Sequence[str]) -> str:
        return f"{name}({x[0]}, {order_key(x[1], order)})"

    def pairs(x: Sequence[str]) -> str:
        key = order_key(x[1], order)
        return f"list(CASE WHEN {x[1]} IS NOT NULL THEN struct_pack(k := {key}, v := {x[0]}) END)"

    def best(items: str) -> str:
        sign = ">=" if name == "arg_max_null" else "<="
        last = f"list_reduce(_q, lambda _a, _b: CASE WHEN _b.k {sign} _a.k THEN _b ELSE _a END).v"
        present = f"list_filter({items}, lambda _o: _o IS NOT NULL)"
        return f"list_transform([{present}], lambda _q: CASE WHEN len(_q) > 0 THEN {last} END)[1]"

    over = Resolved((value, order), value, pairs, order_sensitive=True, finish=best)
    return Resolved((value, order), value, lower, order_sensitive=True, last_wins=True, over=over)


def _resolve_list(args: Sequence[Arg]) -> Resolved:
    _only(args)
    result = t.ArrayType(args[0].type, contains_null=False)
    return Resolved((None,), result, _call("list"), nullable=False, order_sensitive=True, finish=_present)


def _present(items: str) -> str:
    return f"coalesce(list_filter({items}, lambda _v: _v IS NOT NULL), [])"


def _resolve_set(args: Sequence[Arg]) -> Resolved:
    """Spark's order is left open; ours is sorted, so that a view is the same every time."""
    _only(args)
    kind = args[0].type
    if isinstance(kind, t.MapType):
        raise Mismatch("[DATATYPE_MISMATCH.UNSUPPORTED_INPUT_TYPE] it takes no MAP")

    def finish(items: str) -> str:
        return f"list_sort(list_distinct({unsigned(_present(items), result)}))"

    result = t.ArrayType(kind, contains_null=False)
    return Resolved((kind,), result, _call("list"), nullable=False, finish=finish)


def _count_if(texts: Sequence[str]) -> str:
    if texts[0].startswith(_DISTINCT):
        return f"count(DISTINCT CASE WHEN {texts[0].removeprefix(_DISTINCT)} THEN true END)"
    return f"count(CASE WHEN {texts[0]} THEN 1 END)"


def _single(name: str, resolve: Callable[[Sequence[Arg]], Resolved], *others: str) -> Function:
    return Function((name, *others), "aggregate", resolve)


FUNCTIONS: tuple[Function, ...] = (
    *aggregates_moments.FUNCTIONS,
    *aggregates_statistics.FUNCTIONS,
    _single("count", _resolve_count),
    _single("sum", _resolve_sum),
    _single("avg", _resolve_avg, "mean"),
    _single("regr_avgx", partial(_resolve_avg_of_pairs, 1)),
    _single("regr_avgy", partial(_resolve_avg_of_pairs, 0)),
    _single("try_sum", _resolve_try_sum),
    _single("try_avg", _resolve_try_avg),
    _single("max", partial(_resolve_extreme, "max")),
    _single("min", partial(_resolve_extreme, "min")),
    _single("first", partial(_resolve_pick, "first"), "first_value", "any_value"),
    _single("last", partial(_resolve_pick, "last"), "last_value"),
    _single("max_by", partial(_resolve_by, "arg_max_null")),
    _single("min_by", partial(_resolve_by, "arg_min_null")),
    _single("collect_list", _resolve_list, "array_agg"),
    _single("collect_set", _resolve_set),
    aggregate("count_if", [t.BOOLEAN], t.LONG, _count_if, null="never", mergeable=True),
    aggregate("bool_and every", [t.BOOLEAN], t.BOOLEAN, "bool_and({0})", mergeable=True),
    aggregate("bool_or some any", [t.BOOLEAN], t.BOOLEAN, "bool_or({0})", mergeable=True),
)
