"""Decimals of many digits: negation and division.

Spark negates in 34 digits, whatever the type has. What goes beyond is rounded half to even and filled up
with zeros; where that needs a digit more than the type has, it is an error. It divides half up.
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


STEPS_MAX = 6
"""Of a long division; each gives as many digits as the divisor leaves of 38."""


def divides(digits: int, shift: int) -> bool:
    """Whether `quotient` does it: the divisor's digits, and the digits that the quotient has after a whole one."""
    return digits + max(0, -shift) <= 37 and shift <= STEPS_MAX * (38 - digits)


def quotient(left: str, right: str, digits: int, shift: int, result: t.DecimalType) -> str:
    """`left / right` as a long division: the whole part, then some digits of the rest at a time."""
    return once([left, right], lambda v: _divided(v[0], v[1], digits, shift, result))


def _divided(left: str, right: str, digits: int, shift: int, result: t.DecimalType) -> str:
    x, y = (f"abs(replace(CAST({v} AS VARCHAR), '.', '')::HUGEINT)" for v in (left, right))
    if shift < 0:
        y = f"{y} * {10**-shift}::HUGEINT"
    sign = f"CASE WHEN ({left} < 0) <> ({right} < 0) THEN '-' ELSE '' END"
    state = f"[struct_pack(x := {x}, y := {y}, s := {sign})]"
    state = f"list_transform({state}, lambda _d: struct_pack(n := _d.x // _d.y, r := _d.x % _d.y, y := _d.y, s := _d.s))"
    while shift > 0:
        unit = f"{10 ** min(shift, 38 - digits)}::HUGEINT"
        made = f"n := _d.n * {unit} + _d.r * {unit} // _d.y, r := _d.r * {unit} % _d.y, y := _d.y, s := _d.s"
        state = f"list_transform({state}, lambda _d: struct_pack({made}))"
        shift -= 38 - digits
    # Spark rounds to 39 digits first, so 4999|5 becomes 5000
    kept = "length(CAST(nullif(_d.n, 0) AS VARCHAR))"
    beyond = f"greatest(length(CAST(_d.y AS VARCHAR)) + coalesce({kept}, 0) - 39, 0)"
    near = f"_d.y - _d.r - _d.r <= ('0' || left(CAST(_d.y AS VARCHAR), CAST({beyond} AS INTEGER)))::HUGEINT"
    rounded = f"struct_pack(n := _d.n + CASE WHEN _d.r >= _d.y - _d.r OR {near} THEN 1 ELSE 0 END, s := _d.s)"
    number = (
        f"_d.s || lpad(CAST(_d.n AS VARCHAR), {39 + result.scale}, '0')[:-{result.scale + 1}] || '.' || "
        f"lpad(CAST(_d.n AS VARCHAR), {39 + result.scale}, '0')[-{result.scale}:]"
    )
    made = f"list_transform(list_transform({state}, lambda _d: {rounded}), lambda _d: CAST({number} AS {duck(result)}))"
    zero = fail("DIVIDE_BY_ZERO", "Division by zero.")
    return f"CASE WHEN {left} IS NULL OR {right} IS NULL THEN NULL WHEN {right} = 0 THEN {zero} ELSE {made}[1] END"
