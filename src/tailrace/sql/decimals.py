"""Negation of decimals: Spark computes it in 34 digits, whatever the type has.

What goes beyond is rounded half to even and filled up with zeros; where that needs a digit more than the
type has, it is an error.
"""

from __future__ import annotations

from tailrace.model import types as t
from tailrace.sql.duck_types import duck
from tailrace.sql.typed import fail, once

KEPT_DIGITS = 34


def negated(value: str, kind: t.DecimalType) -> str:
    """DuckDB SQL of `-value`."""
    if not negation_fails(kind):
        return f"(-({value}))"
    return once([value], lambda v: _shortened(v[0], kind))


def absolute(value: str, kind: t.DecimalType) -> str:
    """DuckDB SQL of `abs(value)`, which negates what is below zero."""
    if not negation_fails(kind):
        return f"abs({value})"
    return once(
        [value],
        lambda v: f"CASE WHEN {v[0]} >= 0 THEN {v[0]} ELSE {_shortened(v[0], kind)} END",
    )


def negation_fails(kind: t.DecimalType) -> bool:
    """Whether a value of the type may have digits that are rounded away, and need one more for it."""
    return kind.precision > KEPT_DIGITS


def _shortened(value: str, kind: t.DecimalType) -> str:
    places = KEPT_DIGITS - kind.scale
    limit = f"1{'0' * places}" if places >= 0 else f"0.{'0' * (-places - 1)}1"
    near = f"CAST('{limit}' AS {duck(kind)})"
    digits = f"abs(CAST(replace(CAST({value} AS VARCHAR), '.', '') AS HUGEINT))"
    parts = f"struct_pack(n := {digits}, s := CASE WHEN {value} > 0 THEN '-' ELSE '' END)"
    far = f"list_transform(list_transform([{parts}], lambda _d: {_ROUNDED}), lambda _d: {_written(kind)})[1]"
    return f"CASE WHEN {value} > -{near} AND {value} < {near} THEN -{value} WHEN {value} IS NOT NULL THEN {far} END"


def _cut(unit: int) -> str:
    """`_d.n` without the digits below `unit`."""
    rest, kept = f"(_d.n % {unit})", f"(_d.n // {unit})"
    up = f"CASE WHEN {rest} * 2 > {unit} OR ({rest} * 2 = {unit} AND {kept} % 2 = 1) THEN 1 ELSE 0 END"
    return f"({kept} + {up}) * {unit}::HUGEINT"


_ROUNDED = (
    "struct_pack(s := _d.s, n := CASE "
    + " ".join(f"WHEN _d.n < 1{'0' * (KEPT_DIGITS + n)}::HUGEINT THEN {_cut(10**n)}" for n in (1, 2, 3))
    + f" ELSE {_cut(10**4)} END)"
)


def _written(kind: t.DecimalType) -> str:
    """The number with its sign and point, if the type has it."""
    text = f"lpad(CAST(_d.n AS VARCHAR), {max(kind.precision, kind.scale + 1)}, '0')"
    if kind.scale:
        text = f"{text}[:-{kind.scale + 1}] || '.' || {text}[-{kind.scale}:]"
    full = fail("NUMERIC_VALUE_OUT_OF_RANGE.WITHOUT_SUGGESTION", f"The negated number is no {kind}.")
    return f"CASE WHEN _d.n < 1{'0' * kind.precision}::HUGEINT THEN CAST(_d.s || {text} AS {duck(kind)}) ELSE {full} END"
