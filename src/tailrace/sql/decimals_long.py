"""Decimals whose exact result has more than 38 digits: `+ - * / % div` and pmod in digits of text.

The exact digits are found first, then cut as Spark does: products and quotients to 39 digits and then to
the result's scale, both half up; sums and remainders only to the scale. What the result's type cannot hold
is an error. Digits are a text without sign and leading zeros, so zero is the empty text.
"""

from __future__ import annotations

from tailrace.model import types as t
from tailrace.sql.duck_types import duck
from tailrace.sql.typed import fail, once

_FULL = fail(
    "NUMERIC_VALUE_OUT_OF_RANGE.WITH_SUGGESTION", "The number does not fit into the result's digits."
)
_ENDLESS = fail("ARITHMETIC_OVERFLOW", "The whole quotient has more than 39 digits.")
_LIMB = 10**13
"""Three limbs make 38 digits; products of two, and sums of three of those, fit into a HUGEINT."""

EXACT_DIGITS = 39
"""To which Spark computes products, quotients and the whole quotients of remainders."""


def total(symbol: str, left: str, right: str, scales: tuple[int, int], result: t.DecimalType) -> str:
    """`left + right` or `left - right`."""
    scale = max(scales)
    x, y = (
        f"CAST(replace(CAST({{}} AS VARCHAR), '.', '') || '{'0' * (scale - own)}' AS BIGNUM)"
        for own in scales
    )

    def body(a: str, b: str) -> str:
        state = f"[CAST({x.format(a)} {symbol} {y.format(b)} AS VARCHAR)]"
        split = "struct_pack(s := CASE WHEN starts_with(_d, '-') THEN '-' ELSE '' END, d := ltrim(_d, '-0'))"
        return _present(a, b, _finished(_then(state, split), scale - result.scale, "", result))

    return once((left, right), lambda v: body(*v))


def product(left: str, right: str, scale: int, result: t.DecimalType) -> str:
    """`left * right`, whose exact result has `scale` digits after the point."""

    drop = scale - result.scale
    # of more than 39 digits, those after the 39th are rounded first: 4999|5 becomes 5000
    between = f"length(_d.d) - {EXACT_DIGITS}"
    twice = (
        f"length(_d.d) > {EXACT_DIGITS} AND _d.d[{EXACT_DIGITS + 1}] >= '5' AND "
        f"_d.d[-{drop}:-({between} + 1)] = rpad('4', {drop} - CAST({between} AS INTEGER), '9')"
        if drop
        else ""
    )

    def body(a: str, b: str) -> str:
        state = f"[struct_pack(s := {_sign(a, b)}, x := {_digits(a)}, y := {_digits(b)})]"
        short = "length(_d.x) < 20 AND length(_d.y) < 20"
        quick = "CAST(('0' || _d.x)::HUGEINT * ('0' || _d.y)::HUGEINT AS VARCHAR)"
        made = (
            f"struct_pack(s := _d.s, d := ltrim(CASE WHEN {short} THEN {quick} ELSE {_MULTIPLIED} END, '0'))"
        )
        return _present(a, b, _finished(_then(state, made), drop, twice, result))

    return once((left, right), lambda v: body(*v))


def _limbs(name: str) -> list[str]:
    text = f"lpad(_d.{name}, 39, '0')"
    return [f"{text}[{start}:{start + 12}]::HUGEINT" for start in (27, 14, 1)]


def _multiplied() -> str:
    """The digits of `_d.x * _d.y`, limb by limb with what is carried over."""
    pair = "struct_pack(" + ", ".join(
        f"{name}{i} := {limb}" for name in "xy" for i, limb in enumerate(_limbs(name))
    )
    columns = [" + ".join(f"_l.x{i} * _l.y{n - i}" for i in range(3) if 0 <= n - i < 3) for n in range(5)]
    sums = "struct_pack(" + ", ".join(f"c{n} := {column}" for n, column in enumerate(columns)) + ")"
    text = f"list_transform([{pair})], lambda _l: {sums})"
    for n in range(4):
        kept = [f"c{i} := _l.c{i}" for i in range(5) if i not in (n, n + 1)]
        carried = [f"c{n} := _l.c{n} % {_LIMB}", f"c{n + 1} := _l.c{n + 1} + _l.c{n} // {_LIMB}"]
        text = f"list_transform({text}, lambda _l: struct_pack({', '.join(kept + carried)}))"
    parts = ["CAST(_l.c4 AS VARCHAR)", *(f"lpad(CAST(_l.c{n} AS VARCHAR), 13, '0')" for n in (3, 2, 1, 0))]
    return f"list_transform({text}, lambda _l: {' || '.join(parts)})[1]"


_MULTIPLIED = _multiplied()


def quotient(left: str, right: str, shift: int, result: t.DecimalType) -> str:
    """`left / right`; `shift` is how many places the quotient of the bare digits is moved."""

    def body(a: str, b: str) -> str:
        state = _divided(a, b, max(0, shift), max(0, -shift))
        rest = "CAST('0' || _d.y AS BIGNUM) - CAST('0' || _d.r AS BIGNUM) - CAST('0' || _d.r AS BIGNUM)"
        beyond = f"greatest(length(_d.y) + length(_d.q) - {EXACT_DIGITS}, 0)"
        up = f"{rest} <= CAST('0' || left(_d.y, {beyond}) AS BIGNUM)"
        rounded = f"struct_pack(s := _d.s, d := _d.q, u := {up})"
        made = _finished(_then(state, rounded), 0, "_d.u", result)
        return _present(a, b, made, "DIVIDE_BY_ZERO", "Division by zero.")

    return once((left, right), lambda v: body(*v))


def remainder(
    left: str, right: str, scales: tuple[int, int], result: t.DecimalType, positive: bool = False
) -> str:
    """`left % right`, or pmod of them: what is below zero is moved up by a divisor above zero."""
    scale = max(scales)

    def body(a: str, b: str) -> str:
        state = _divided(a, b, scale - scales[0], scale - scales[1])
        endless = f"length(rtrim(_d.q, '0')) > {EXACT_DIGITS}"
        moved = "ltrim(CAST(CAST('0' || _d.y AS BIGNUM) - CAST(_d.r AS BIGNUM) AS VARCHAR), '0')"
        rest = f"CASE WHEN {endless} THEN {_ENDLESS} ELSE struct_pack(s := _d.x, d := _d.r) END"
        if positive:
            up = "_d.x = '-' AND _d.s = '-' AND _d.r <> ''"  # the divisor is above zero
            rest = (
                f"CASE WHEN {endless} THEN {_ENDLESS} WHEN {up} THEN struct_pack(s := '', d := {moved}) "
                "ELSE struct_pack(s := _d.x, d := _d.r) END"
            )
        made = _finished(_then(state, rest), scale - result.scale, "", result)
        return _present(a, b, made, "REMAINDER_BY_ZERO", "Remainder by zero.")

    return once((left, right), lambda v: body(*v))


def whole_quotient(left: str, right: str, scales: tuple[int, int], digits: int) -> str:
    """`left div right`: the low 64 bits of a whole quotient of so many digits."""
    scale = max(scales)

    def body(a: str, b: str) -> str:
        state = _divided(a, b, scale - scales[0], scale - scales[1])
        number = "CAST(_d.s || '0' || _d.q AS HUGEINT)"
        bits = f"((({number} % {2**64}::HUGEINT) + {2**64 + 2**63}::HUGEINT) % {2**64}::HUGEINT - {2**63}::HUGEINT)"
        made = f"CASE WHEN length(_d.q) > {digits} THEN {_FULL} ELSE CAST({bits} AS BIGINT) END"
        return _present(a, b, _then(state, made), "DIVIDE_BY_ZERO", "Division by zero.")

    return once((left, right), lambda v: body(*v))


def _digits(value: str, zeros: int = 0) -> str:
    return f"ltrim(replace(CAST({value} AS VARCHAR), '.', '') || '{'0' * zeros}', '-0')"


def _sign(a: str, b: str) -> str:
    return f"CASE WHEN ({a} < 0) <> ({b} < 0) THEN '-' ELSE '' END"


def _then(state: str, made: str) -> str:
    return f"list_transform({state}, lambda _d: {made})"


def _present(a: str, b: str, made: str, zero: str = "", message: str = "") -> str:
    raised = f" WHEN {b} = 0 THEN {fail(zero, message)}" if zero else ""
    return f"CASE WHEN {a} IS NULL OR {b} IS NULL THEN NULL{raised} ELSE {made}[1] END"


def _divided(a: str, b: str, zeros_left: int, zeros_right: int) -> str:
    """A list of one: `q` and `r`, whole quotient and rest of the digits; `y` the divisor's, signs `s` and `x`."""
    signs = f"s := {_sign(a, b)}, x := CASE WHEN {a} < 0 THEN '-' ELSE '' END"
    state = f"[struct_pack({signs}, n := {_digits(a, zeros_left)}, y := {_digits(b, zeros_right)})]"
    n, y = "('0' || _d.n)::HUGEINT", "_d.y::HUGEINT"
    quick = f"struct_pack(q := ltrim(CAST({n} // {y} AS VARCHAR), '0'), r := ltrim(CAST({n} % {y} AS VARCHAR), '0'))"
    parts = f"CASE WHEN length(_d.n) < 39 AND length(_d.y) < 39 THEN {quick} ELSE {_BY_DIGIT} END"
    state = _then(state, f"struct_pack(s := _d.s, x := _d.x, y := _d.y, p := {parts})")
    return _then(state, "struct_pack(s := _d.s, x := _d.x, y := _d.y, q := _d.p.q, r := _d.p.r)")


def _by_digit() -> str:
    """The division of `_d.n` by `_d.y` as on paper."""
    fresh = "struct_pack(q := '', r := '', c := {})"
    rows = f"list_transform(string_split(_d.n, ''), lambda _c: {fresh.format('_c')})"
    table = "[" + ", ".join(" + ".join(["CAST(_d.y AS BIGNUM)"] * k) for k in range(1, 10)) + "]"
    count = "list_transform([struct_pack(v := _v, k := len(list_filter(_m, lambda _w: _w <= _v)))], lambda _z: {})[1]"
    rest = "ltrim(CAST(CASE WHEN _z.k = 0 THEN _z.v ELSE _z.v - _m[_z.k] END AS VARCHAR), '0')"
    step = count.format(f"struct_pack(q := _a.q || CAST(_z.k AS VARCHAR), r := {rest}, c := '')")
    step = f"list_transform([CAST('0' || _a.r || _e.c AS BIGNUM)], lambda _v: {step})[1]"
    reduced = f"list_reduce({rows}, lambda _a, _e: {step}, {fresh.format(chr(39) * 2)})"
    made = f"list_transform([{table}], lambda _m: {reduced})[1]"
    return f"list_transform([{made}], lambda _f: struct_pack(q := ltrim(_f.q, '0'), r := _f.r))[1]"


_BY_DIGIT = _by_digit()


def _finished(state: str, drop: int, up: str, result: t.DecimalType) -> str:
    """The digits `_d.d` with sign `_d.s` as the result, without `drop` of them: half up, and where `up` says."""
    if drop > 0:
        more = f"_d.d[-{drop}] >= '5' AND length(_d.d) >= {drop}"
        more = f"({more}) OR ({up})" if up else more
        cut = f"struct_pack(s := _d.s, d := CASE WHEN length(_d.d) > {drop} THEN _d.d[:-{drop + 1}] ELSE '' END, u := {more})"
        state = _then(state, cut)
    elif not up:
        state = _then(state, f"struct_pack(s := _d.s, d := _d.d || '{'0' * -drop}', u := false)")
    number = "CAST('0' || _d.d AS HUGEINT) + CASE WHEN _d.u THEN 1 ELSE 0 END"
    state = _then(
        state, f"CASE WHEN length(_d.d) > 38 THEN {_FULL} ELSE struct_pack(s := _d.s, n := {number}) END"
    )
    text = f"lpad(CAST(_d.n AS VARCHAR), {39 + result.scale}, '0')"
    if result.scale:
        text = f"{text}[:-{result.scale + 1}] || '.' || {text}[-{result.scale}:]"
    fits = f"_d.n < 1{'0' * result.precision}::HUGEINT"
    return _then(state, f"CASE WHEN {fits} THEN CAST(_d.s || {text} AS {duck(result)}) ELSE {_FULL} END")
