"""Functions that take a lambda, by Spark's answers.

Indices are 0-based INT for Spark, 1-based BIGINT for DuckDB. What stops at the first hit in Spark (`exists`,
`forall`) goes one by one where its body can fail, for DuckDB would go on to the element that does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from tailrace.model import types as t
from tailrace.sql import coerce
from tailrace.sql.duck_types import duck
from tailrace.sql.errors import Mismatch, NotAnswered
from tailrace.sql.functions.collections_arrays import array_of, unless_null
from tailrace.sql.functions.collections_maps import from_entries, keyed, map_of
from tailrace.sql.functions.table import Arg, Function, Resolved, lambda_body
from tailrace.sql.typed import Typed, once, quote


def _lambda_at(args: Sequence[Arg], index: int, counts: tuple[int, ...], most: int | None = None) -> Arg:
    if not index < len(args) <= (most or index + 1):
        raise Mismatch(f"[WRONG_NUM_ARGS.WITHOUT_SUGGESTION] it does not take {len(args)} arguments")
    arg = args[index]
    if arg.lambda_ is None:
        raise NotAnswered(f"argument {index + 1} must be a lambda function")
    if len(arg.lambda_.parameters) not in counts:
        raise Mismatch(
            "[INVALID_LAMBDA_FUNCTION_CALL.NUM_ARGS_MISMATCH] "
            f"a lambda of {len(arg.lambda_.parameters)} arguments"
        )
    if len({name.lower() for name in arg.lambda_.parameters}) < len(arg.lambda_.parameters):
        raise Mismatch("[INVALID_LAMBDA_FUNCTION_CALL.DUPLICATE_ARG_NAMES] two arguments of one name")
    if any(other.lambda_ is not None for other in args[:index]):
        raise Mismatch("[UNEXPECTED_LAMBDA] a lambda function in the wrong place")
    return arg


def _indexed(arg: Arg, element: t.ArrayType) -> tuple[str, Typed]:
    """The body over an element and, if it has two parameters, its place from 0."""
    assert arg.lambda_ is not None
    own = [quote(name) for name in arg.lambda_.parameters]
    texts = [own[0], *(f"CAST({name} - 1 AS INTEGER)" for name in own[1:])]
    _, body = lambda_body(arg, [(element.element, element.contains_null), (t.INT, False)], texts)
    return ", ".join(own), body


def _resolve_transform(args: Sequence[Arg]) -> Resolved:
    arg = _lambda_at(args, 1, (1, 2))
    names, body = _indexed(arg, array_of(args[0]))
    result = t.ArrayType(body.type, body.nullable)
    return Resolved(
        (None, None),
        result,
        lambda x: f"list_transform({x[0]}, lambda {names}: {body.sql})",
        args[0].nullable,
        body.fallible,
        body.deterministic,
    )


def _boolean(body: Typed) -> None:
    if not isinstance(body.type, t.BooleanType):
        raise Mismatch(
            f"[DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE] the lambda must be BOOLEAN, not {body.type}"
        )


def _resolve_filter(args: Sequence[Arg]) -> Resolved:
    arg = _lambda_at(args, 1, (1, 2))
    kind = array_of(args[0])
    names, body = _indexed(arg, kind)
    _boolean(body)
    return Resolved(
        (None, None),
        kind,
        lambda x: f"list_filter({x[0]}, lambda {names}: {body.sql})",
        args[0].nullable,
        body.fallible,
        body.deterministic,
    )


def _resolve_any(hit: str, args: Sequence[Arg]) -> Resolved:
    """exists (hit: true), forall (hit: false): the hit, else NULL if one is NULL, else the other."""
    arg = _lambda_at(args, 1, (1,))
    kind = array_of(args[0])
    names, body = _indexed(arg, kind)
    _boolean(body)
    other = "false" if hit == "true" else "true"
    if body.fallible:
        return _until(hit, other, kind, arg, body)

    def lower(x: Sequence[str]) -> str:
        found = f"list_transform({x[0]}, lambda {names}: ({body.sql})::BOOLEAN)"
        judged = (
            f"CASE WHEN _a IS NULL THEN NULL WHEN list_contains(_a, {hit}) THEN {hit} "
            f"WHEN list_count(_a) < len(_a) THEN NULL ELSE {other} END"
        )
        return f"list_transform([{found}], lambda _a: {judged})[1]"

    return Resolved((None, None), t.BOOLEAN, lower, True, False, body.deterministic)


def _until(hit: str, other: str, kind: t.ArrayType, arg: Arg, body: Typed) -> Resolved:
    """One element after the other, none behind the first hit, for the condition may fail on it."""
    assert arg.lambda_ is not None
    tag = arg.lambda_.parameters[0]
    left, right = quote(f"a|{tag}"), quote(f"x|{tag}")
    _, body = lambda_body(arg, [(kind.element, kind.contains_null)], [f"{right}.x"])
    empty = f"CAST(NULL AS {duck(kind.element)})"
    judged = f"CASE ({body.sql})::BOOLEAN WHEN {hit} THEN {hit} WHEN {other} THEN {left}.a ELSE NULL END"
    step = f"struct_pack(a := CASE WHEN {left}.a = {hit} THEN {hit} ELSE {judged} END, x := {empty})"
    first = f"struct_pack(a := {other}, x := {empty})"

    def lower(x: Sequence[str]) -> str:
        items = f"list_transform({x[0]}, lambda _x: struct_pack(a := CAST(NULL AS BOOLEAN), x := _x))"
        return f"struct_extract(list_reduce({items}, lambda {left}, {right}: {step}, {first}), 'a')"

    return Resolved((None, None), t.BOOLEAN, lower, True, True, body.deterministic)


def _resolve_aggregate(args: Sequence[Arg]) -> Resolved:
    arg = _lambda_at(args, 2, (2,), most=4)
    kind, start = array_of(args[0]), args[1].type
    assert arg.lambda_ is not None
    tag = "|".join(arg.lambda_.parameters)
    left, right = quote(f"a|{tag}"), quote(f"x|{tag}")
    _, body = lambda_body(
        arg, [(start, True), (kind.element, kind.contains_null)], [f"{left}.a", f"{right}.x"]
    )
    if not coerce.same_structure(body.type, start) or duck(body.type) != duck(start):
        raise NotAnswered(f"a start of {start} and a step of {body.type}; cast the start")
    finish: Typed | None = None
    names = ""
    if len(args) == 4:
        last = args[3]
        if last.lambda_ is None or len(last.lambda_.parameters) != 1:
            raise NotAnswered("the last argument must be a lambda function of one argument")
        names, finish = lambda_body(last, [(start, True)])
    whole, item = duck(start), duck(kind.element)

    def lower(x: Sequence[str]) -> str:
        items = f"list_transform({x[0]}, lambda _x: struct_pack(a := CAST(NULL AS {whole}), x := _x))"
        first = f"struct_pack(a := CAST({x[1]} AS {whole}), x := CAST(NULL AS {item}))"
        step = f"struct_pack(a := CAST({body.sql} AS {whole}), x := CAST(NULL AS {item}))"
        sql = f"struct_extract(list_reduce({items}, lambda {left}, {right}: {step}, {first}), 'a')"
        sql = f"CASE WHEN {x[0]} IS NULL THEN NULL ELSE {sql} END"
        if finish is None:
            return sql
        done = f"list_transform([{sql}], lambda {names}: {finish.sql})[1]"
        return f"CASE WHEN {x[0]} IS NULL THEN NULL ELSE {done} END"

    return Resolved(
        tuple(None for _ in args),
        start if finish is None else finish.type,
        lower,
        True,
        body.fallible or (finish is not None and finish.fallible),
        body.deterministic and (finish is None or finish.deterministic),
    )


def _pair_name(arg: Arg) -> str:
    """A DuckDB lambda parameter that only this lambda's own parameters are read from."""
    assert arg.lambda_ is not None
    return quote("p|" + "|".join(arg.lambda_.parameters))


def _resolve_zip_with(args: Sequence[Arg]) -> Resolved:
    arg = _lambda_at(args, 2, (2,))
    left, right = array_of(args[0]), array_of(args[1])
    pair = _pair_name(arg)
    _, body = lambda_body(arg, [(left.element, True), (right.element, True)], [f"{pair}.x", f"{pair}.y"])

    def zipped(v: Sequence[str]) -> str:
        packed = f"struct_pack(x := list_extract({v[0]}, _z), y := list_extract({v[1]}, _z))"
        pairs = f"list_transform(range(1, greatest(len({v[0]}), len({v[1]})) + 1), lambda _z: {packed})"
        return f"list_transform({pairs}, lambda {pair}: {body.sql})"

    return Resolved(
        (None, None, None),
        t.ArrayType(body.type, body.nullable),
        lambda x: unless_null(x[:2], (0, 1), zipped),
        True,
        body.fallible,
        body.deterministic,
    )


def _entry_body(args: Sequence[Arg]) -> tuple[t.MapType, str, Typed]:
    arg = _lambda_at(args, 1, (2,))
    kind = map_of(args[0])
    entry = _pair_name(arg)
    _, body = lambda_body(
        arg,
        [(kind.key, False), (kind.value, kind.value_contains_null)],
        [f"{entry}.key", f"{entry}.value"],
    )
    return kind, entry, body


def _resolve_map_filter(args: Sequence[Arg]) -> Resolved:
    kind, entry, body = _entry_body(args)
    _boolean(body)

    def lower(x: Sequence[str]) -> str:
        entries = f"list_filter(map_entries({x[0]}), lambda {entry}: {body.sql})"
        return f"CAST(map_from_entries({entries}) AS {duck(kind)})"

    return Resolved((None, None), kind, lower, args[0].nullable, body.fallible, body.deterministic)


def _resolve_values(args: Sequence[Arg]) -> Resolved:
    kind, entry, body = _entry_body(args)
    result = t.MapType(kind.key, body.type, body.nullable)

    def lower(x: Sequence[str]) -> str:
        made = f"struct_pack(key := {entry}.key, value := {body.sql})"
        entries = f"list_transform(map_entries({x[0]}), lambda {entry}: {made})"
        return f"CAST(map_from_entries({entries}) AS {duck(result)})"

    return Resolved((None, None), result, lower, args[0].nullable, body.fallible, body.deterministic)


def _resolve_keys(args: Sequence[Arg]) -> Resolved:
    kind, entry, body = _entry_body(args)
    keyed(body.type)
    result = t.MapType(body.type, kind.value, kind.value_contains_null)

    def lower(x: Sequence[str]) -> str:
        made = f"struct_pack(key := {body.sql}, value := {entry}.value)"
        entries = f"list_transform(map_entries({x[0]}), lambda {entry}: {made})"
        return once(
            [x[0]], lambda v: f"CASE WHEN {v[0]} IS NULL THEN NULL ELSE {from_entries(entries, result)} END"
        )

    return Resolved((None, None), result, lower, args[0].nullable, True, body.deterministic)


def _resolve_map_zip_with(args: Sequence[Arg]) -> Resolved:
    """The keys of the first map, then those that only the second has; a value that is missing is NULL."""
    arg = _lambda_at(args, 2, (3,))
    left, right = map_of(args[0]), map_of(args[1])
    key = coerce.without_text(left.key, right.key)
    if {left.key, right.key} == {t.STRING, t.BINARY}:
        key = t.BINARY
    if key is None or {left.key, right.key} == {t.DATE, t.TIMESTAMP_NTZ}:
        raise Mismatch(f"[DATATYPE_MISMATCH.MAP_ZIP_WITH_DIFF_TYPES] keys of {left.key} and of {right.key}")
    keyed(key)
    left, right = (t.MapType(key, one.value, one.value_contains_null) for one in (left, right))
    assert arg.lambda_ is not None
    taken = {name.lower() for name in arg.lambda_.parameters}
    pair = next(name for name in ("_w", "_w1", "_w2", "_w3") if name not in taken)
    given = [(left.key, False), (left.value, True), (right.value, True)]
    _, body = lambda_body(arg, given, [f"{pair}.k", f"{pair}.x", f"{pair}.y"])
    result = t.MapType(left.key, body.type, body.nullable)

    def zipped(v: Sequence[str]) -> str:
        more = f"list_filter(map_keys({v[1]}), lambda _k: NOT list_contains(map_keys({v[0]}), _k))"
        packed = (
            f"struct_pack(k := _z, x := map_extract_value({v[0]}, _z), y := map_extract_value({v[1]}, _z))"
        )
        trios = f"list_transform(list_concat(map_keys({v[0]}), {more}), lambda _z: {packed})"
        made = f"struct_pack(key := {pair}.k, value := {body.sql})"
        return f"CAST(map_from_entries(list_transform({trios}, lambda {pair}: {made})) AS {duck(result)})"

    return Resolved(
        (left, right, None),
        result,
        lambda x: unless_null(x[:2], (0, 1), zipped),
        True,
        body.fallible,
        body.deterministic,
    )


def _named(
    names: str, resolve: Callable[[Sequence[Arg]], Resolved], place: int = 1, parameters: int = 1
) -> Function:
    def pretty(written: str, given: Sequence[str]) -> str:
        return f"{written.lower()}({', '.join(given)})"

    return Function(tuple(names.split()), "scalar", resolve, pretty, ((place, parameters),))


def _aggregate_name(name: str, arguments: Sequence[str]) -> str:
    """Spark prints the finish that is left out as well."""
    same = "lambdafunction(namedlambdavariable(), namedlambdavariable())"
    return f"{name.lower()}({', '.join([*arguments, same][:4])})"


FUNCTIONS: tuple[Function, ...] = (
    _named("transform", _resolve_transform),
    _named("filter", _resolve_filter),
    _named("exists", partial(_resolve_any, "true")),
    _named("forall", partial(_resolve_any, "false")),
    replace(_named("aggregate reduce", _resolve_aggregate, 2, 2), pretty=_aggregate_name),
    _named("zip_with", _resolve_zip_with, 2, 2),
    _named("map_filter", _resolve_map_filter, 1, 2),
    _named("map_zip_with", _resolve_map_zip_with, 2, 3),
    _named("transform_values", _resolve_values, 1, 2),
    _named("transform_keys", _resolve_keys, 1, 2),
)
