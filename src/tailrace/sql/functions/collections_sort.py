"""Sorted arrays: `sort_array`, and `array_sort` with and without a comparator."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from tailrace.model import types as t
from tailrace.sql.errors import Mismatch, NotAnswered
from tailrace.sql.functions.collections_arrays import array_of, counted, ordered, with_null
from tailrace.sql.functions.table import Arg, Function, Resolved, lambda_body
from tailrace.sql.ordering import is_nested, sorted_list
from tailrace.sql.typed import fail


def _resolve_array_sort(args: Sequence[Arg]) -> Resolved:
    if len(args) == 2 and args[1].lambda_ is not None:
        return _by_comparator(args)
    counted(args, 1)
    kind = array_of(args[0])
    ordered(kind.element)
    if is_nested(kind.element):
        lower = partial(_in_order, kind.element, False, True)
        return Resolved((None,), kind, lower, args[0].nullable)
    return Resolved((None,), kind, lambda x: f"list_sort({x[0]}, 'ASC', 'NULLS LAST')", args[0].nullable)


def _by_comparator(args: Sequence[Arg]) -> Resolved:
    """`array_sort(array, (a, b) -> sign)`: each element stands behind those that the lambda puts before it."""
    arg, kind = args[1], array_of(args[0])
    assert arg.lambda_ is not None
    if len(arg.lambda_.parameters) != 2:
        raise Mismatch("[INVALID_LAMBDA_FUNCTION_CALL.NUM_ARGS_MISMATCH] the lambda takes two arguments")
    one, other = (f"list_extract(_o, {index})" for index in ("_j", "_k"))
    element = (kind.element, kind.contains_null)
    _, body = lambda_body(arg, [element, element], [one, other])
    if body.type != t.INT:
        raise Mismatch(f"[DATATYPE_MISMATCH.UNEXPECTED_RETURN_TYPE] the lambda must be INT, not {body.type}")
    places = "range(1, len(_o) + 1)"
    sign = f"CASE WHEN _j = _k THEN 0 ELSE coalesce({body.sql}, {_NO_ORDER}) END"
    signs = f"list_transform({places}, lambda _k: list_transform({places}, lambda _j: {sign}))"
    ranks = "list_transform(_q, lambda _c: len(list_filter(_c, lambda _v: _v < 0)))"
    astray = "list_filter(_c, lambda _v, _j: (_v = 0) <> (list_extract(_r, _j) = list_extract(_r, _k)))"
    odd = f"list_sum(list_transform(_q, lambda _c, _k: len({astray}))) > 0"
    keys = "list_sort(list_transform(_r, lambda _v, _k: struct_pack(r := _v, k := _k)))"
    sorted_ = f"list_transform({keys}, lambda _s: list_extract(_o, _s.k))"
    judged = f"list_transform([{ranks}], lambda _r: CASE WHEN {odd} THEN {_ASTRAY} ELSE {sorted_} END)[1]"
    whole = f"list_transform([{signs}], lambda _q: {judged})[1]"
    made = f"list_transform([{{}}], lambda _o: CASE WHEN len(_o) < 2 THEN _o WHEN _o IS NOT NULL THEN {whole} END)[1]"
    return Resolved(
        (None, None), kind, lambda x: made.format(x[0]), args[0].nullable, True, body.deterministic
    )


_ASTRAY = fail(
    "UNSUPPORTED_FEATURE", "The comparator gives no order: what it calls equal must be equal to the same"
)
_NO_ORDER = "CASE WHEN CAST('The comparator gives NULL' AS BOOLEAN) THEN 0 END"
"""Spark fails as well, without a condition of its own."""


def _in_order(element: t.DataType, descending: bool, nulls_last: bool, texts: Sequence[str]) -> str:
    return sorted_list(texts[0], element, descending, nulls_last)


_COMPARED = (
    "lambdafunction((IF(((@ IS NULL) AND (@ IS NULL)), 0, (IF((@ IS NULL), 1, (IF((@ IS NULL), -1, "
    "(IF((@ < @), -1, (IF((@ > @), 1, 0)))))))))), @, @)"
)


def _array_sort_name(_: str, given: Sequence[str]) -> str:
    if len(given) == 2:
        return f"array_sort({given[0]}, {given[1]})"
    return f"array_sort({given[0]}, {_COMPARED.replace('@', 'namedlambdavariable()')})"


def _resolve_sort(args: Sequence[Arg]) -> Resolved:
    """sort_array: NULLs first when it ascends, last when it descends."""
    counted(args, 1, 2)
    kind = array_of(args[0])
    ordered(kind.element)
    if len(args) == 2 and not isinstance(args[1].known, bool):
        raise NotAnswered("the direction must be a literal")
    if is_nested(kind.element):
        falling = len(args) == 2 and not args[1].known
        lower = partial(_in_order, kind.element, falling, falling)
        return Resolved((None,) * len(args), kind, lower, args[0].nullable)
    how = "'DESC', 'NULLS LAST'" if len(args) == 2 and not args[1].known else "'ASC', 'NULLS FIRST'"
    types = (None,) * len(args)
    return Resolved(types, kind, lambda x: f"list_sort({x[0]}, {how})", args[0].nullable)


FUNCTIONS: tuple[Function, ...] = (
    Function(("array_sort",), "scalar", _resolve_array_sort, _array_sort_name, ((1, 2),)),
    Function(
        ("sort_array",),
        "scalar",
        with_null(_resolve_sort, t.ArrayType(t.VOID)),
        lambda _, a: f"sort_array({', '.join(a if len(a) > 1 else (*a, 'true'))})",
    ),
)
