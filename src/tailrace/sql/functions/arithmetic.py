"""Operators that are written as functions: `mod`, `pmod`, and those that give NULL where they fail."""

from __future__ import annotations

from collections.abc import Sequence

from tailrace.model import types as t
from tailrace.sql import coerce, decimals_long, operators
from tailrace.sql.duck_types import duck
from tailrace.sql.errors import Mismatch, NotAnswered
from tailrace.sql.functions.intervals_made import tried
from tailrace.sql.functions.table import Arg, Function, Resolved
from tailrace.sql.typed import Typed, fail, once


def _sides(args: Sequence[Arg]) -> tuple[Typed, Typed]:
    """The two arguments as names, which `_put` replaces by their texts."""
    if len(args) != 2:
        raise Mismatch(f"[WRONG_NUM_ARGS.WITHOUT_SUGGESTION] it takes 2 arguments, not {len(args)}")
    left, right = (
        Typed(f'"__arg{i}"', arg.type, arg.nullable, value=arg.value) for i, arg in enumerate(args)
    )
    return left, right


def _put(sql: str, texts: Sequence[str]) -> str:
    return sql.replace('"__arg0"', texts[0]).replace('"__arg1"', texts[1])


def _mod(args: Sequence[Arg]) -> Resolved:
    made = operators.arithmetic("mod", *_sides(args))
    return Resolved((None, None), made.type, lambda v: _put(made.sql, v), made.nullable, made.fallible)


def _pmod(args: Sequence[Arg]) -> Resolved:
    a, b = operators.as_numbers("mod", *_sides(args))
    if isinstance(a.type, t.DecimalType) and isinstance(b.type, t.DecimalType):
        p1, s1, p2, s2 = a.type.precision, a.type.scale, b.type.precision, b.type.scale
        scale = max(s1, s2)
        result = coerce.adjusted(min(p1 - s1, p2 - s2) + scale, scale)
        sql = operators.right_first(
            a, b, lambda x, y: decimals_long.remainder(x, y, (s1, s2), result, positive=True)
        )
        return Resolved((None, None), result, lambda v: _put(sql, v), True, fallible=True)
    kind = a.type

    def body(v: Sequence[str]) -> str:
        x, n = v
        if kind in (t.FLOAT, t.DOUBLE):
            zero = fail("REMAINDER_BY_ZERO", "Remainder by zero.")
            moved = f"CASE WHEN {x} % {n} < 0 THEN ({x} % {n} + {n}) % {n} ELSE {x} % {n} END"
            return f"CASE WHEN {x} IS NULL OR {n} IS NULL THEN NULL WHEN {n} = 0 THEN {zero} ELSE {moved} END"
        return f"CASE WHEN {n} = -1 THEN CASE WHEN {x} IS NOT NULL THEN 0 END WHEN {x} % {n} < 0 THEN CAST((CAST({x} % {n} AS HUGEINT) + {n}) % {n} AS {duck(kind)}) ELSE {x} % {n} END"

    sql = operators.right_first(a, b, lambda x, y: once((x, y), body))
    return Resolved((None, None), kind, lambda v: _put(sql, v), True, fallible=True)


def _try(name: str, operation: str) -> Function:
    """The operator with NULL where it fails. What fails inside an argument still fails, if both are numbers."""

    def resolve(args: Sequence[Arg]) -> Resolved:
        sides = _sides(args)
        made = operators.arithmetic(operation, *sides)
        given = (t.NumericType, t.VoidType, t.StringType)
        if not isinstance(made.type, t.NumericType) or not all(isinstance(arg.type, given) for arg in args):
            scaled = operation in ("mul", "div") and coerce.is_interval(made.type)
            if any(isinstance(arg.type, t.StringType) for arg in args) and not scaled:
                raise NotAnswered(f"{name} is not answered for a STRING beside no number")
            return tried(args, made)
        if operation == "mod" and _endless(*operators.as_numbers("mod", *sides)):
            raise NotAnswered("a remainder whose whole quotient may have more than 39 digits is not answered")
        text = any(isinstance(arg.type, t.StringType) for arg in args)

        def lower(v: Sequence[str]) -> str:
            inner = _put(made.sql, ("_o.a", "_o.b"))
            row = f"list_transform([struct_pack(a := {v[0]}, b := {v[1]})]"
            if text and any("SELECT" in one for one in v):
                raise NotAnswered(f"{name} of a text and a subquery is not answered")
            if text:
                return f"TRY({row}, lambda _o: {inner})[1])"
            return f"{row}, lambda _o: {f'TRY({inner})' if made.fallible else inner})[1]"

        return Resolved((None, None), made.type, lower, True)

    return Function((name,), "scalar", resolve)


def _endless(a: Typed, b: Typed) -> bool:
    """Whether a remainder may fail for more than a zero: that error is no NULL."""
    if not (isinstance(a.type, t.DecimalType) and isinstance(b.type, t.DecimalType)):
        return False
    return a.type.precision - a.type.scale + b.type.scale > decimals_long.EXACT_DIGITS


FUNCTIONS: tuple[Function, ...] = (
    Function(("mod",), "scalar", _mod),
    Function(("pmod",), "scalar", _pmod),
    _try("try_add", "add"),
    _try("try_subtract", "sub"),
    _try("try_multiply", "mul"),
    _try("try_divide", "div"),
    _try("try_mod", "mod"),
)
