"""AND, OR, NOT, IN, and what may stand where a BOOLEAN is wanted: what is looked at, and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tailrace.model import types as t
from tailrace.sql.errors import Mismatch
from tailrace.sql.operators import cast_to, joined
from tailrace.sql.typed import ABSENT, Typed, once

_STRICT = {
    "WHEN": "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE",
    "ON": "JOIN_CONDITION_IS_NOT_BOOLEAN_TYPE",
    "FILTER": "INVALID_AGGREGATE_FILTER.NOT_BOOLEAN",
}


def only_boolean(value: Typed, what: str) -> Typed:
    """The value, where nothing but a BOOLEAN will do: no text, no bare NULL. HAVING casts."""
    if what == "HAVING" or isinstance(value.type, t.BooleanType):
        return as_boolean(value, what)
    condition = _STRICT.get(what, "DATATYPE_MISMATCH.FILTER_NOT_BOOLEAN")
    raise Mismatch(f"[{condition}] {what} takes BOOLEAN, not {value.type.simple_string.upper()}")


def as_boolean(value: Typed, what: str) -> Typed:
    if isinstance(value.type, (t.BooleanType, t.VoidType, t.StringType)):
        return cast_to(value, t.BOOLEAN)
    raise Mismatch(
        f"[DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE] {what} takes BOOLEAN, not {value.type.simple_string.upper()}"
    )


def _both_boolean(left: Typed, right: Typed, what: str) -> tuple[Typed, Typed]:
    """Both sides as BOOLEAN: a text becomes one only beside a BOOLEAN."""
    kinds = (left.type, right.type)
    if t.STRING in kinds and t.BOOLEAN not in kinds:
        raise Mismatch(f"[DATATYPE_MISMATCH.BINARY_OP_WRONG_TYPE] {what} takes a text only beside a BOOLEAN")
    return as_boolean(left, what), as_boolean(right, what)


def conjunction(left: Typed, right: Typed) -> Typed:
    """`a AND b`. Spark looks at b only where a is not FALSE."""
    a, b = _both_boolean(left, right, "AND")
    name = f"({left.name} AND {right.name})"
    if not b.fallible:
        return joined((a, b), f"({a.sql} AND {b.sql})", t.BOOLEAN, name)
    sql = once((a.sql,), lambda v: _and_case(v[0], b.sql, a.nullable))
    return joined((a, b), sql, t.BOOLEAN, name)


def _and_case(a: str, b: str, nullable: bool) -> str:
    if not nullable:
        return f"CASE WHEN {a} THEN {b} ELSE false END"
    return f"CASE WHEN NOT {a} THEN false WHEN {a} THEN {b} ELSE (NULL AND {b}) END"


def disjunction(left: Typed, right: Typed) -> Typed:
    """`a OR b`. Spark looks at b only where a is not TRUE."""
    a, b = _both_boolean(left, right, "OR")
    name = f"({left.name} OR {right.name})"
    if not b.fallible:
        return joined((a, b), f"({a.sql} OR {b.sql})", t.BOOLEAN, name)
    sql = once(
        (a.sql,),
        lambda v: f"CASE WHEN {v[0]} THEN true WHEN NOT {v[0]} THEN {b.sql} WHEN {b.sql} THEN true END",
    )
    return joined((a, b), sql, t.BOOLEAN, name)


def negation(value: Typed) -> Typed:
    inner = as_boolean(value, "NOT")
    return replace(inner, sql=f"(NOT {inner.sql})", name=f"(NOT {value.name})", value=ABSENT, is_column=False)


def one_by_one(value: Typed, items: Sequence[Typed]) -> str:
    """`value IN (items)` that looks at no item after the one that is equal, as a later one may fail."""

    def body(v: Sequence[str]) -> str:
        arms = " ".join(f"WHEN {v[0]} = {item.sql} THEN true" for item in items)
        unknown = " OR ".join(f"({item.sql}) IS NULL" for item in items)
        return f"CASE WHEN {v[0]} IS NULL THEN NULL {arms} WHEN {unknown} THEN NULL ELSE false END"

    return once((value.sql,), body)
