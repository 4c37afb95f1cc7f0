"""Functions of arrays by Spark's answers: order kept, NULL an element like any other.

Sets hold 0.0 in place of -0.0, also inside of their elements; what meets in one type does so by the rules that
Spark had before ANSI.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from tailrace.model import types as t
from tailrace.sql import coerce
from tailrace.sql.duck_types import duck
from tailrace.sql.errors import Mismatch, NotAnswered
from tailrace.sql.functions import sequences
from tailrace.sql.functions.table import (
    ARRAY,
    MAP,
    Arg,
    Function,
    Resolved,
    T,
    coerce_args,
    overloads,
    scalar,
)
from tailrace.sql.operators import is_orderable
from tailrace.sql.ordering import extreme, is_nested, unsigned
from tailrace.sql.typed import fail, once

Body = Callable[[Sequence[str]], str]
Resolve = Callable[[Sequence[Arg]], Resolved]


def counted(args: Sequence[Arg], least: int, most: int | None = None) -> None:
    """Refuses another number of arguments, and lambdas among them."""
    most = most or least
    if not least <= len(args) <= most:
        wanted = str(least) if least == most else f"{least} to {most}"
        raise Mismatch(f"[WRONG_NUM_ARGS.WITHOUT_SUGGESTION] it takes {wanted} arguments, not {len(args)}")
    if any(arg.lambda_ is not None for arg in args):
        raise NotAnswered("a lambda function is not answered here")


def array_of(arg: Arg) -> t.ArrayType:
    """The type of an argument that must be an array."""
    if not isinstance(arg.type, t.ArrayType):
        raise Mismatch(
            "[DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE] argument 1 must be ARRAY, "
            f"not {arg.type.simple_string.upper()}"
        )
    return arg.type


def with_null(resolve: Resolve, kind: t.DataType, count: int = 1) -> Resolve:
    """The same where a bare NULL among the first arguments is a NULL of that type, as Spark casts it."""

    def resolve_cast(args: Sequence[Arg]) -> Resolved:
        bare = [place for place, arg in enumerate(args[:count]) if isinstance(arg.type, t.VoidType)]
        if not bare:
            return resolve(args)
        made = resolve([replace(arg, type=kind) if i in bare else arg for i, arg in enumerate(args)])
        types = tuple(kind if i in bare and one is None else one for i, one in enumerate(made.types))
        return replace(made, types=types)

    return resolve_cast


def ordered(kind: t.DataType) -> None:
    """Refuses element types that have no order."""
    if not is_orderable(kind):
        raise Mismatch(f"[DATATYPE_MISMATCH.INVALID_ORDERING_TYPE] {kind} has no order")


def unless_null(values: Sequence[str], indices: Sequence[int], body: Body) -> str:
    """`body`, NULL where one of those values is NULL."""

    def guarded(v: Sequence[str]) -> str:
        missing = " OR ".join(f"{v[i]} IS NULL" for i in indices)
        return f"CASE WHEN {missing} THEN NULL ELSE {body(v)} END"

    return once(values, guarded)


Meet = Callable[[t.DataType, t.DataType], t.DataType | None]


def meet(element: t.DataType, kind: t.DataType, how: Meet = coerce.before_ansi) -> t.DataType:
    """The type an array's elements and a value meet in."""
    met = how(element, kind)
    if met is None:
        raise Mismatch(f"[DATATYPE_MISMATCH.ARRAY_FUNCTION_DIFF_TYPES] {kind} for elements of {element}")
    return met


# sets


def _distinct(items: str) -> str:
    return f"list_filter({items}, lambda _d, _i: list_position({items}, _d) = _i)"


def _within(item: str, items: str) -> str:
    return f"(list_position({items}, {item}) IS NOT NULL)"


def _union(v: Sequence[str]) -> str:
    return once([f"list_concat({v[0]}, {v[1]})"], lambda w: _distinct(w[0]))


def _intersect(v: Sequence[str]) -> str:
    return f"list_filter({_distinct(v[0])}, lambda _s: {_within('_s', v[1])})"


def _except(v: Sequence[str]) -> str:
    return f"list_filter({_distinct(v[0])}, lambda _s: NOT {_within('_s', v[1])})"


def _resolve_pair(body: Body, args: Sequence[Arg]) -> Resolved:
    counted(args, 2)
    left, right = array_of(args[0]), array_of(args[1])
    met = meet(left.element, right.element)
    ordered(met)
    kind = t.ArrayType(met, left.contains_null or right.contains_null)

    def lower(x: Sequence[str]) -> str:
        return unless_null([unsigned(one, kind) for one in x], (0, 1), body)

    return Resolved((kind, kind), kind, lower)


def _overlap(v: Sequence[str]) -> str:
    a, b = v
    unknown = f"len({a}) > 0 AND len({b}) > 0 AND (list_count({a}) < len({a}) OR list_count({b}) < len({b}))"
    return f"CASE WHEN list_has_any({a}, {b}) THEN true WHEN {unknown} THEN NULL ELSE false END"


def _resolve_overlap(args: Sequence[Arg]) -> Resolved:
    resolved = _resolve_pair(_overlap, args)
    return Resolved(resolved.types, t.BOOLEAN, resolved.lower)


# of one array


def _resolve_end(name: str, args: Sequence[Arg]) -> Resolved:
    """The greatest or least element: of equal ones, such as two zeros, the first."""
    counted(args, 1)
    element = array_of(args[0]).element
    ordered(element)
    if is_nested(element):
        return Resolved((None,), element, lambda x: extreme(x[0], element, name == "list_max"))
    if element in (t.FLOAT, t.DOUBLE):
        body = f"({{0}})[list_position({{0}}, {name}({{0}}))]"
        return Resolved((None,), element, lambda x: once(x, lambda v: body.replace("{0}", v[0])))
    return Resolved((None,), element, lambda x: f"{name}({x[0]})")


def _resolve_distinct(args: Sequence[Arg]) -> Resolved:
    counted(args, 1)
    kind = array_of(args[0])
    ordered(kind.element)

    def lower(x: Sequence[str]) -> str:
        return once([unsigned(x[0], kind)], lambda v: _distinct(v[0]))

    return Resolved((None,), kind, lower, args[0].nullable)


def _resolve_compact(args: Sequence[Arg]) -> Resolved:
    counted(args, 1)
    kind = t.ArrayType(array_of(args[0]).element, False)
    return Resolved(
        (None,), kind, lambda x: f"list_filter({x[0]}, lambda _c: _c IS NOT NULL)", args[0].nullable
    )


def _resolve_flatten(args: Sequence[Arg]) -> Resolved:
    counted(args, 1)
    inner = array_of(args[0]).element
    if not isinstance(inner, t.ArrayType):
        raise Mismatch("[DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE] it takes an array of arrays")

    def lower(x: Sequence[str]) -> str:
        return once(
            x, lambda v: f"CASE WHEN list_count({v[0]}) < len({v[0]}) THEN NULL ELSE flatten({v[0]}) END"
        )

    return Resolved((None,), inner, lower)


# an array and a value


def _resolve_value(
    result: t.DataType | None, guard: Sequence[int], body: Body, args: Sequence[Arg]
) -> Resolved:
    """`result` None: the array itself, with elements of the type that both meet in."""
    counted(args, 2)
    array, given = array_of(args[0]), args[1].type
    searched = 1 in guard
    blank = given == t.VOID and (result == t.BOOLEAN or (result == t.LONG and array.element == t.VOID))
    if blank:
        raise Mismatch("[DATATYPE_MISMATCH.NULL_TYPE] a bare NULL is in no array")
    if result == t.BOOLEAN:
        met = meet(array.element, given, coerce.before_ansi_wider)
    else:
        met = meet(array.element, given)
    if searched:
        ordered(met)
    kind = t.ArrayType(met, array.contains_null or (args[1].nullable and not searched))
    return Resolved((kind, met), result or kind, lambda x: unless_null(x, guard, body))


def _contains(v: Sequence[str]) -> str:
    has = f"list_contains({v[0]}, {v[1]})"
    return f"CASE WHEN {has} THEN true WHEN list_count({v[0]}) < len({v[0]}) THEN NULL ELSE false END"


def _position(v: Sequence[str]) -> str:
    return f"coalesce(list_position({v[0]}, {v[1]}), 0)::BIGINT"


def _remove(v: Sequence[str]) -> str:
    return f"list_filter({v[0]}, lambda _r: _r IS NULL OR _r <> {v[1]})"


def _resolve_join(args: Sequence[Arg]) -> Resolved:
    counted(args, 2, 3)
    kind = array_of(args[0])
    if not coerce.implicit(kind.element, t.STRING):
        raise Mismatch(f"[DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE] it takes texts, not {kind.element}")
    if any(not isinstance(arg.type, (t.StringType, t.VoidType)) for arg in args[1:]):
        raise Mismatch(
            "[DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE] the delimiter and the replacement are texts"
        )
    texts = t.ArrayType(t.STRING, kind.contains_null)

    def lower(x: Sequence[str]) -> str:
        def body(v: Sequence[str]) -> str:
            if len(v) == 3:
                items = f"list_transform({v[0]}, lambda _j: coalesce(_j, {v[2]}))"
            else:
                items = f"list_filter({v[0]}, lambda _j: _j IS NOT NULL)"
            if args[1].is_literal:
                return f"coalesce(array_to_string({items}, {x[1]}), '')"
            joined = f"list_reduce(_g, lambda _p, _q: _p || {v[1]} || _q)"
            return f"list_transform([{items}], lambda _g: CASE WHEN len(_g) = 0 THEN '' ELSE {joined} END)[1]"

        return unless_null(x, range(len(x)), body)

    return Resolved((texts,) + (t.STRING,) * (len(args) - 1), t.STRING, lower)


def _resolve_repeat(args: Sequence[Arg]) -> Resolved:
    counted(args, 2)
    if args[1].type not in (t.INT, t.VOID):
        raise Mismatch(f"[DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE] the count is an INT, not {args[1].type}")

    def lower(x: Sequence[str]) -> str:
        repeated = "list_transform(range(greatest({1}, 0)), lambda _n: {0})"
        return unless_null(x, (1,), lambda v: repeated.replace("{1}", v[1]).replace("{0}", v[0]))

    return Resolved((None, t.INT), t.ArrayType(args[0].type, args[0].nullable), lower)


# pieces


_BAD_INDEX = fail("INVALID_ARRAY_INDEX_IN_ELEMENT_AT", "The index is out of bounds.")
_ZERO = fail("INVALID_INDEX_OF_ZERO", "The index 0 is invalid; the first element has index 1.")


def with_key(args: Sequence[Arg], how: Meet, result: t.DataType, body: Body) -> Resolved:
    """A text over a map and a key, both with keys of the type that they meet in."""
    kind, key = args[0].type, args[1].type
    assert isinstance(kind, t.MapType)
    met = how(kind.key, key)
    if met is None:
        raise Mismatch(f"[DATATYPE_MISMATCH.MAP_FUNCTION_DIFF_TYPES] {key} for keys of {kind.key}")
    ordered(met)
    whole = None if met == kind.key else t.MapType(met, kind.value, kind.value_contains_null)
    return Resolved((whole, met), result, lambda x: unless_null(x, (0, 1), body))


def _resolve_element(name: str, args: Sequence[Arg]) -> Resolved:
    counted(args, 2)
    base, index = args[0].type, args[1].type
    if isinstance(base, t.MapType):
        return with_key(args, coerce.before_ansi, base.value, lambda v: f"map_extract_value({v[0]}, {v[1]})")
    array_of(args[0])
    if not isinstance(index, t.IntegralType) or index == t.LONG:
        raise NotAnswered(f"an index of {index} is not answered")
    outside = "NULL" if name.startswith("try_") else _BAD_INDEX

    def body(v: Sequence[str]) -> str:
        inside = f"abs({v[1]}::BIGINT) <= len({v[0]})"
        least = f"WHEN {v[1]} = -2147483648 THEN {_BAD_INDEX} "  # it has no absolute value in Java
        return f"CASE WHEN {v[1]} = 0 THEN {_ZERO} {least}WHEN {inside} THEN list_extract({v[0]}, {v[1]}) ELSE {outside} END"

    assert isinstance(base, t.ArrayType)
    return Resolved((None, t.INT), base.element, lambda x: unless_null(x, (0, 1), body), fallible=True)


def _resolve_get(args: Sequence[Arg]) -> Resolved:
    counted(args, 2)
    base = array_of(args[0])
    coerce_args([ARRAY, t.INT], args)

    def body(v: Sequence[str]) -> str:
        return f"CASE WHEN {v[1]} >= 0 THEN list_extract({v[0]}, {v[1]}::BIGINT + 1) END"

    return Resolved((None, t.INT), base.element, lambda x: once(x, body))


def _resolve_slice(args: Sequence[Arg]) -> Resolved:
    counted(args, 3)
    base = array_of(args[0])
    coerce_args([ARRAY, t.INT, t.INT], args)
    start = fail("INVALID_PARAMETER_VALUE.START", "Indices of slice begin with 1.")
    length = fail("INVALID_PARAMETER_VALUE.LENGTH", "The length of slice must not be negative.")

    def body(v: Sequence[str]) -> str:
        first = f"(CASE WHEN {v[1]} > 0 THEN {v[1]}::BIGINT ELSE len({v[0]}) + {v[1]} + 1 END)"
        return (
            f"CASE WHEN {v[1]} = 0 THEN {start} WHEN {v[2]} < 0 THEN {length} "
            f"WHEN {first} < 1 OR {first} > len({v[0]}) OR {v[2]} = 0 THEN [] "
            f"ELSE list_slice({v[0]}, {first}, {first} + {v[2]} - 1) END"
        )

    return Resolved((None, t.INT, t.INT), base, lambda x: unless_null(x, (0, 1, 2), body), fallible=True)


# sequence


_LENGTH_MAX = 100_000_000
"""Spark's limit is 2^31 - 16 elements; far fewer fill the memory here."""
_TOO_LONG = fail("COLLECTION_SIZE_LIMIT_EXCEEDED.FUNCTION", "The sequence is too long.")


_ASTRAY = fail("ILLEGAL_SEQUENCE_BOUNDARIES", "The step does not lead from start to stop.")
_DAY_US = 24 * 3600 * 1_000_000


def _resolve_day_steps(args: Sequence[Arg]) -> Resolved:
    """Dates by a literal number of days."""
    step = args[2].value
    if not all(isinstance(arg.type, t.DateType) for arg in args[:2]):
        raise NotAnswered("an interval is answered between two dates")
    if not isinstance(step, int) or step == 0 or step % _DAY_US:
        raise NotAnswered("the step must be a literal number of days")
    days = step // _DAY_US

    def body(v: Sequence[str]) -> str:
        count = f"abs({v[1]} - {v[0]}) // {abs(days)} + 1"
        made = f"list_transform(range({count}), lambda _q: {v[0]} + CAST(_q * ({days}) AS INTEGER))"
        return f"CASE WHEN {v[0]} {'<=' if days > 0 else '>='} {v[1]} THEN {made} ELSE {_ASTRAY} END"

    result = t.ArrayType(t.DATE, False)
    return Resolved((None, None, None), result, lambda x: unless_null(x[:2], (0, 1), body), fallible=True)


def _resolve_sequence(args: Sequence[Arg]) -> Resolved:
    counted(args, 2, 3)
    kinds = [arg.type for arg in args]
    moments = sequences.by_interval(args)
    if moments is not None:
        return moments
    if len(args) == 2 and t.DATE in kinds and coerce.common(kinds) == t.DATE:
        return Resolved((t.DATE, t.DATE), t.ArrayType(t.DATE, False), lambda x: unless_null(x, (0, 1), _days))
    if len(args) == 3 and isinstance(kinds[2], t.DayTimeIntervalType):
        return _resolve_day_steps(args)
    met = coerce.common(kinds)
    if met is None or not isinstance(met, t.IntegralType):
        raise NotAnswered("it is answered for whole numbers, and for dates by days")
    types = coerce_args([T] * len(args), args)
    name = duck(types[0])

    def body(v: Sequence[str]) -> str:
        long = f"abs({v[1]}::HUGEINT - {v[0]}) >= {_LENGTH_MAX}"
        return f"CASE WHEN {long} THEN {_TOO_LONG} ELSE {made(v)} END"

    def made(v: Sequence[str]) -> str:
        if len(v) == 2:
            step = f"CASE WHEN {v[0]} <= {v[1]} THEN 1 ELSE -1 END"
            return f"CAST(generate_series({v[0]}::BIGINT, {v[1]}::BIGINT, {step}) AS {name}[])"
        fits = (
            f"({v[2]} > 0 AND {v[0]} <= {v[1]}) OR ({v[2]} < 0 AND {v[0]} >= {v[1]}) "
            f"OR ({v[2]} = 0 AND {v[0]} = {v[1]})"
        )
        step = f"CASE WHEN {v[2]} = 0 THEN 1 ELSE {v[2]}::BIGINT END"
        series = f"CAST(generate_series({v[0]}::BIGINT, {v[1]}::BIGINT, {step}) AS {name}[])"
        return f"CASE WHEN {fits} THEN {series} ELSE {_ASTRAY} END"

    def lower(x: Sequence[str]) -> str:
        return unless_null(x, range(len(x)), body)

    return Resolved(tuple(types), t.ArrayType(types[0], False), lower, fallible=True)


def _days(v: Sequence[str]) -> str:
    step = f"CASE WHEN {v[0]} <= {v[1]} THEN _q ELSE -_q END"
    return f"list_transform(range(abs({v[1]} - {v[0]}) + 1), lambda _q: {v[0]} + CAST({step} AS INTEGER))"


def _named(names: str, resolve: Callable[[Sequence[Arg]], Resolved]) -> Function:
    return Function(tuple(names.split()), "scalar", resolve)


_VOIDS = t.ArrayType(t.VOID)

FUNCTIONS: tuple[Function, ...] = (
    overloads(
        scalar("size cardinality", [ARRAY], t.INT, "len({0})::INTEGER"),
        scalar("size cardinality", [MAP], t.INT, "cardinality({0})::INTEGER"),
    ),
    scalar("array_size", [ARRAY], t.INT, "len({0})::INTEGER"),
    _named("array_distinct", with_null(_resolve_distinct, _VOIDS)),
    _named("array_union", partial(_resolve_pair, _union)),
    _named("array_intersect", partial(_resolve_pair, _intersect)),
    _named("array_except", partial(_resolve_pair, _except)),
    _named("arrays_overlap", _resolve_overlap),
    _named("array_contains", partial(_resolve_value, t.BOOLEAN, (0, 1), _contains)),
    _named("array_position", partial(_resolve_value, t.LONG, (0, 1), _position)),
    _named("array_remove", partial(_resolve_value, None, (0, 1), _remove)),
    _named("array_append", partial(_resolve_value, None, (0,), lambda v: f"list_concat({v[0]}, [{v[1]}])")),
    _named("array_prepend", partial(_resolve_value, None, (0,), lambda v: f"list_concat([{v[1]}], {v[0]})")),
    _named("array_max", with_null(partial(_resolve_end, "list_max"), _VOIDS)),
    _named("array_min", with_null(partial(_resolve_end, "list_min"), _VOIDS)),
    _named("array_compact", with_null(_resolve_compact, _VOIDS)),
    _named("flatten", _resolve_flatten),
    _named("array_join", with_null(_resolve_join, _VOIDS)),
    _named("array_repeat", _resolve_repeat),
    _named("element_at", partial(_resolve_element, "element_at")),
    _named("try_element_at", partial(_resolve_element, "try_element_at")),
    _named("get", _resolve_get),
    _named("slice", with_null(_resolve_slice, _VOIDS)),
    _named("sequence", _resolve_sequence),
)
