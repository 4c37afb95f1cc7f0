"""Operators between typed expressions: arithmetic and comparison, with Spark's coercion and errors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from functools import partial

from tailrace.model import types as t
from tailrace.sql import coerce, decimals, decimals_long, interval_arithmetic, intervals, ordering
from tailrace.sql.duck_types import duck
from tailrace.sql.errors import Mismatch, NotAnswered
from tailrace.sql.functions.casts import cast_sql
from tailrace.sql.typed import ABSENT, Typed, fail, once


def cast_to(value: Typed, target: t.DataType) -> Typed:
    """The value with a cast that Spark inserts: its name stays, a literal stays a literal where it can."""
    if value.type == target:
        return value
    literal = coerce.is_interval(value.type) and isinstance(value.value, int)
    if literal and coerce.tightest(value.type, target) == target:
        return replace(value, type=target)
    if (
        isinstance(value.type, t.IntegralType)
        and isinstance(value.value, int)
        and target in (t.LONG, t.DOUBLE)
    ):
        whole = value.value if target == t.LONG else float(value.value)
        if abs(value.value) <= 2**53:
            return replace(value, sql=f"CAST({value.value} AS {duck(target)})", type=target, value=whole)
    sql, fallible = cast_sql(value.sql, value.type, target)
    nullable = value.nullable or fails_to_null(value.type, target)
    return replace(
        value,
        sql=sql,
        type=target,
        nullable=nullable,
        fallible=value.fallible or fallible,
        value=_cast_value(value, target),
        is_column=False,
    )


def fails_to_null(source: t.DataType, target: t.DataType) -> bool:
    """Whether Spark's cast can turn a value into NULL: NaN into a decimal."""
    return isinstance(target, t.DecimalType) and isinstance(source, (t.FloatType, t.DoubleType, t.StringType))


def _cast_value(value: Typed, target: t.DataType) -> object:
    if value.value is ABSENT or value.value is None:
        return value.value
    if isinstance(value.type, t.IntegralType) and isinstance(target, t.IntegralType):
        return value.value
    if isinstance(value.type, t.IntegralType) and isinstance(target, t.StringType):
        return str(value.value)
    return ABSENT


def joined(values: Sequence[Typed], sql: str, type_: t.DataType, name: str, fallible: bool = False) -> Typed:
    """An expression made of others: NULL if any is, failing if any does, coming from all their sources."""
    return Typed(
        sql,
        type_,
        nullable=any(v.nullable for v in values),
        fallible=fallible or any(v.fallible for v in values),
        name=name,
        sources=frozenset().union(*(v.sources for v in values)),
        deterministic=all(v.deterministic for v in values),
    )


def _types(left: Typed, right: Typed) -> str:
    return f'"{left.type.simple_string.upper()}" and "{right.type.simple_string.upper()}"'


def _differ(symbol: str, left: Typed, right: Typed) -> Mismatch:
    return Mismatch(
        f"[DATATYPE_MISMATCH.BINARY_OP_DIFF_TYPES] '{symbol}' does not take {_types(left, right)}"
    )


# Arithmetic

_SYMBOLS = {"add": "+", "sub": "-", "mul": "*", "div": "/", "mod": "%", "intdiv": "div"}


def arithmetic(operation: str, left: Typed, right: Typed) -> Typed:
    """`+ - * / % div`; dates and intervals included."""
    symbol = _SYMBOLS[operation]
    name = f"({left.name} {symbol} {right.name})"
    if coerce.is_datetime(left.type) or coerce.is_datetime(right.type):
        made = _with_dates(operation, left, right)
        if not coerce.is_datetime(left.type) and coerce.is_interval(left.type):
            return made  # named as the date with the interval behind it
        days = isinstance(right.type, t.DayTimeIntervalType) and isinstance(made.type, t.DateType)
        if days and isinstance(left.type, t.DateType):
            moved = f"extractansiintervaldays({right.name})"
            return replace(
                made, name=f"date_add({left.name}, {moved if operation == 'add' else f'(- {moved})'})"
            )
        if coerce.is_interval(left.type) or coerce.is_interval(right.type):
            return replace(made, name=f"{left.name} {symbol} {right.name}")
        if isinstance(made.type, t.DateType):
            first, second = (left, right) if coerce.is_datetime(left.type) else (right, left)
            return replace(made, name=f"date_{operation}({first.name}, {second.name})")
        return replace(made, name=name)
    if coerce.is_interval(left.type) or coerce.is_interval(right.type):
        if operation == "add" and isinstance(right.type, t.StringType):
            left, right = right, left
        days = isinstance(right.type, t.DayTimeIntervalType) and isinstance(left.type, t.StringType)
        if days and operation in ("add", "sub"):  # a text is a time, and the sum a text again
            return cast_to(arithmetic(operation, cast_to(left, t.TIMESTAMP), right), t.STRING)
        if operation == "mul" and coerce.is_interval(right.type):
            left, right = right, left
            name = f"({left.name} {symbol} {right.name})"
        made = replace(_with_intervals(operation, left, right), name=name)
        return _nothing(made) if _is_nothing(left, right) else made
    a, b = as_numbers(operation, left, right)
    if left.value is None or right.value is None:  # Spark's optimiser looks at nothing beside a bare NULL
        a, b = _nothing(a), _nothing(b)
    if operation == "intdiv":
        return replace(_whole_division(a, b), name=name, nullable=True)
    if isinstance(a.type, t.DecimalType):
        made = _decimals(operation, a, b)
        return replace(made, name=name, nullable=made.nullable or operation in ("div", "mod"))
    if operation == "div":
        return replace(_division(a, b), name=name, nullable=True)
    if operation == "mod":
        return replace(_remainder(a, b), name=name, nullable=True)
    fallible = isinstance(a.type, t.IntegralType)
    sql = left_first(a, b, lambda x, y: f"({x} {symbol} {y})")
    return joined((a, b), sql, a.type, name, fallible)


def _is_nothing(left: Typed, right: Typed) -> bool:
    """Whether one is NULL and neither is computed row by row."""
    return (left.value is None or right.value is None) and not (reads(left) or reads(right))


def _nothing(value: Typed) -> Typed:
    return replace(value, sql=f"CAST(NULL AS {duck(value.type)})", fallible=False)


def reads(value: Typed) -> bool:
    """Whether it reads a column. What does not is computed before any row, and fails at once."""
    return '"' in value.sql


def left_first(left: Typed, right: Typed, body: Callable[[str, str], str]) -> str:
    """`body` of both; where the left is NULL the right is not looked at, as it may fail."""
    if not (right.fallible and left.nullable and reads(right)):
        return body(left.sql, right.sql)
    return once((left.sql,), lambda v: f"CASE WHEN {v[0]} IS NULL THEN NULL ELSE {body(v[0], right.sql)} END")


def right_first(left: Typed, right: Typed, body: Callable[[str, str], str]) -> str:
    """`body` of both; where the right is NULL the left is not looked at, as Spark divides."""
    if not (left.fallible and right.nullable and reads(left)):
        return body(left.sql, right.sql)
    return once((right.sql,), lambda v: f"CASE WHEN {v[0]} IS NULL THEN NULL ELSE {body(left.sql, v[0])} END")


def as_numbers(operation: str, left: Typed, right: Typed) -> tuple[Typed, Typed]:
    """Both sides as numbers of the type that the operation works in."""
    wordless = [x.type for x in (left, right) if not isinstance(x.type, (t.StringType, t.VoidType))]
    if not wordless and any(isinstance(x.type, t.StringType) for x in (left, right)):
        raise Mismatch(
            f"[DATATYPE_MISMATCH.BINARY_OP_WRONG_TYPE] '{_SYMBOLS[operation]}' takes no two texts: {_types(left, right)}"
        )
    a, b = _promoted(left, right.type), _promoted(right, left.type)
    if not (
        isinstance(a.type, (t.NumericType, t.VoidType)) and isinstance(b.type, (t.NumericType, t.VoidType))
    ):
        raise _differ(_SYMBOLS[operation], left, right)
    if operation == "intdiv" and isinstance(a.type, t.VoidType) and isinstance(b.type, t.VoidType):
        return cast_to(a, t.LONG), cast_to(b, t.LONG)
    if isinstance(a.type, t.VoidType) and isinstance(b.type, t.VoidType):
        a, b = cast_to(a, t.DOUBLE), cast_to(b, t.DOUBLE)
    if operation == "div" and isinstance(a.type, t.VoidType):
        return cast_to(a, t.DOUBLE), cast_to(b, t.DOUBLE)
    fractional = any(isinstance(x.type, t.FractionalType) for x in (a, b))
    if operation == "intdiv" and not fractional:
        return cast_to(a, t.LONG), cast_to(b, t.LONG)
    decimal = isinstance(a.type, t.DecimalType) or isinstance(b.type, t.DecimalType)
    floating = any(isinstance(x.type, (t.FloatType, t.DoubleType)) for x in (a, b))
    if decimal and not floating:
        return _as_decimal(a, b.type), _as_decimal(b, a.type)
    if operation == "div":
        return cast_to(a, t.DOUBLE), cast_to(b, t.DOUBLE)
    met = coerce.tightest(a.type, b.type)
    assert met is not None
    if operation == "intdiv" and not isinstance(met, t.DecimalType):
        raise _differ("div", left, right)
    return cast_to(a, met), cast_to(b, met)


def _promoted(value: Typed, other: t.DataType) -> Typed:
    """A string beside a number becomes a BIGINT or a DOUBLE; beside a string or NULL a DOUBLE."""
    if not isinstance(value.type, t.StringType):
        return value
    if isinstance(other, t.IntegralType):
        return cast_to(value, t.LONG)
    return cast_to(value, t.DOUBLE)


def _as_decimal(value: Typed, other: t.DataType) -> Typed:
    if isinstance(value.type, t.DecimalType):
        return value
    if isinstance(value.type, t.VoidType):
        return cast_to(value, other)
    if isinstance(value.value, int) and value.type != t.BYTE:  # a literal takes as many digits as it has
        return cast_to(value, t.DecimalType(max(1, len(str(abs(value.value)))), 0))
    return cast_to(value, coerce.decimal_of(value.type))


def _decimals(operation: str, a: Typed, b: Typed) -> Typed:
    assert isinstance(a.type, t.DecimalType)
    assert isinstance(b.type, t.DecimalType)
    p1, s1, p2, s2 = a.type.precision, a.type.scale, b.type.precision, b.type.scale
    if operation in ("add", "sub"):
        scale = max(s1, s2)
        result = coerce.adjusted(max(p1 - s1, p2 - s2) + scale + 1, scale)
        kind, symbol = duck(result), _SYMBOLS[operation]
        if max(p1 - s1, p2 - s2) + scale > result.precision or result.scale != scale:
            sql = left_first(a, b, lambda x, y: decimals_long.total(symbol, x, y, (s1, s2), result))
            return joined((a, b), sql, result, "", True)
        sql = left_first(
            a, b, lambda x, y: f"CAST(CAST({x} AS {kind}) {symbol} CAST({y} AS {kind}) AS {kind})"
        )
        return joined((a, b), sql, result, "", result.precision == 38)
    if operation == "mul":
        if p1 + p2 + 1 > 38:
            result = coerce.adjusted(p1 + p2 + 1, s1 + s2)
            sql = left_first(a, b, lambda x, y: decimals_long.product(x, y, s1 + s2, result))
            return joined((a, b), sql, result, "", True)
        result = t.DecimalType(p1 + p2 + 1, s1 + s2)
        # up to 18 digits DuckDB multiplies in 64 bits, whatever the result needs
        wide = t.DecimalType(min(38 - p2, max(19, p1)), s1)
        sql = left_first(a, b, lambda x, y: f"CAST(CAST({x} AS {duck(wide)}) * {y} AS {duck(result)})")
        return joined((a, b), sql, result, "")
    if operation == "mod":
        scale = max(s1, s2)
        result = coerce.adjusted(min(p1 - s1, p2 - s2) + scale, scale)
        both = coerce.wider_decimal(a.type, b.type)
        if both.precision > 37:
            sql = right_first(a, b, lambda x, y: decimals_long.remainder(x, y, (s1, s2), result))
            return joined((a, b), sql, result, "", True)
        x, y = cast_to(a, both), cast_to(b, both)
        body = _guarded("%", x, y, "REMAINDER_BY_ZERO", "Remainder by zero.")
        return joined((x, y), f"CAST({body} AS {duck(result)})", result, "", True)
    return _decimal_division(a, b)


def _decimal_division(a: Typed, b: Typed) -> Typed:
    """HALF_UP division through whole numbers, where the digits fit into 38."""
    assert isinstance(a.type, t.DecimalType)
    assert isinstance(b.type, t.DecimalType)
    p1, s1, p2, s2 = a.type.precision, a.type.scale, b.type.precision, b.type.scale
    scale = max(6, s1 + p2 + 1)
    result = coerce.adjusted(p1 - s1 + s2 + scale, scale)
    shift = result.scale + s2 - s1
    if p1 + 1 + shift > 37 or p2 > 36 or shift < 0:
        if decimals.divides(p2, shift):
            sql = right_first(a, b, lambda x, y: decimals.quotient(x, y, p2, shift, result))
        else:
            sql = right_first(a, b, lambda x, y: decimals_long.quotient(x, y, shift, result))
        return joined((a, b), sql, result, "", True)

    def body(v: Sequence[str]) -> str:
        x = f"replace(CAST({v[0]} AS VARCHAR), '.', '')::HUGEINT"
        y = f"replace(CAST({v[1]} AS VARCHAR), '.', '')::HUGEINT"
        whole = f"(2 * abs({x}) * {10**shift}::HUGEINT + abs({y})) // (2 * abs({y}))"
        digits = f"lpad(CAST({whole} AS VARCHAR), CAST(greatest(length(CAST({whole} AS VARCHAR)), {result.scale + 1}) AS INTEGER), '0')"
        sign = f"CASE WHEN ({x} < 0) <> ({y} < 0) THEN '-' ELSE '' END"
        number = f"{sign} || {digits}[:-{result.scale + 1}] || '.' || {digits}[-{result.scale}:]"
        zero = fail("DIVIDE_BY_ZERO", "Division by zero.")
        return (
            f"CASE WHEN {v[0]} IS NULL OR {v[1]} IS NULL THEN NULL WHEN {v[1]} = 0 THEN {zero} "
            f"ELSE CAST({number} AS {duck(result)}) END"
        )

    sql = right_first(a, b, lambda x, y: once((x, y), body))
    return joined((a, b), sql, result, "", True)


def _guarded(symbol: str, left: Typed, right: Typed, condition: str, message: str) -> str:
    """`left symbol right` that raises for a zero on the right, unless the left is NULL."""

    def body(v: Sequence[str]) -> str:
        zero = fail(condition, message)
        return f"CASE WHEN {v[1]} = 0 AND {v[0]} IS NOT NULL THEN {zero} ELSE {v[0]} {symbol} {v[1]} END"

    return right_first(left, right, lambda x, y: once((x, y), body))


def _known_nonzero(value: Typed) -> bool:
    return isinstance(value.value, (int, float)) and value.value != 0


def _division(a: Typed, b: Typed) -> Typed:
    if _known_nonzero(b):
        return joined((a, b), f"({a.sql} / {b.sql})", t.DOUBLE, "")
    return joined((a, b), _guarded("/", a, b, "DIVIDE_BY_ZERO", "Division by zero."), t.DOUBLE, "", True)


def _whole_division(a: Typed, b: Typed) -> Typed:
    if isinstance(a.type, t.DecimalType):
        assert isinstance(b.type, t.DecimalType)
        scales, digits = (a.type.scale, b.type.scale), max(1, a.type.precision - a.type.scale + b.type.scale)
        sql = right_first(a, b, lambda x, y: decimals_long.whole_quotient(x, y, scales, min(digits, 38)))
        return joined((a, b), sql, t.LONG, "", True)
    sql = _guarded("//", a, b, "DIVIDE_BY_ZERO", "Division by zero.")
    return joined((a, b), sql, t.LONG, "", True)


def _remainder(a: Typed, b: Typed) -> Typed:
    if a.type in (t.BYTE, t.SHORT, t.INT):  # the least value % -1 overflows in its own width
        wide = _remainder(cast_to(a, t.LONG), cast_to(b, t.LONG))
        return replace(wide, sql=f"CAST({wide.sql} AS {duck(a.type)})", type=a.type)
    if _known_nonzero(b) and b.value != -1:
        return joined((a, b), f"CAST({a.sql} % {b.sql} AS {duck(a.type)})", a.type, "")
    if a.type == t.LONG and (b.value is ABSENT or b.value == -1):
        b = replace(b, sql=f"CASE WHEN {b.sql} = -1 THEN 1 ELSE {b.sql} END")
    sql = _guarded("%", a, b, "REMAINDER_BY_ZERO", "Remainder by zero.")
    return joined((a, b), f"CAST({sql} AS {duck(a.type)})", a.type, "", True)


def negative(value: Typed) -> Typed:
    """`-x`; the negation of a literal is a literal."""
    if isinstance(value.type, (t.StringType, t.VoidType)):
        value = cast_to(value, t.DOUBLE)
    if not isinstance(value.type, t.NumericType) and not coerce.is_interval(value.type):
        raise Mismatch(
            f"[DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE] '-' does not take {value.type.simple_string}"
        )
    name = f"(- {value.name})"
    kind = value.type
    floating = isinstance(kind, (t.FloatType, t.DoubleType, t.DecimalType))
    negated = (
        -value.value
        if isinstance(value.value, (int, float)) and not isinstance(value.value, bool)
        else ABSENT
    )
    sql = f"(-({value.sql}))"
    if isinstance(kind, t.DecimalType):
        sql, floating = decimals.negated(value.sql, kind), not decimals.negation_fails(kind)
    if coerce.is_interval(kind):
        sql = intervals.from_count(f"-CAST({intervals.count(value.sql, kind)} AS HUGEINT)", kind)
    if isinstance(kind, t.IntegralType):
        sql = f"(CAST(0 AS {duck(kind)}) - {value.sql})"  # DuckDB's own minus widens the least value
    return replace(
        value, sql=sql, name=name, fallible=value.fallible or not floating, value=negated, is_column=False
    )


# Dates and intervals


def _with_dates(operation: str, left: Typed, right: Typed) -> Typed:
    a, b = left.type, right.type
    if operation == "add" and not coerce.is_datetime(a):
        return arithmetic(operation, right, left)
    for x, y in ((left, right), (right, left)) if operation == "sub" else ():
        if isinstance(x.type, (t.VoidType, t.StringType)) and y.type in (t.DATE, t.TIMESTAMP):
            x = cast_to(x, y.type)
            return _between(x, y) if y is right else _between(y, x)
    if operation in ("add", "sub") and coerce.is_datetime(a):
        if isinstance(b, (t.VoidType, t.StringType)):
            raise NotAnswered(f"'{_SYMBOLS[operation]}' of {_types(left, right)} is not answered")
        if isinstance(a, t.DateType) and b in (t.BYTE, t.SHORT, t.INT):
            sql = f"({left.sql} {_SYMBOLS[operation]} CAST({right.sql} AS INTEGER))"
            return joined((left, right), sql, t.DATE, "", True)
        if coerce.is_interval(b):
            return _moved(operation, left, right)
        if operation == "sub" and coerce.is_datetime(b):
            return _between(left, right)
    raise (
        _differ(_SYMBOLS[operation], left, right)
        if operation not in ("sub",)
        else NotAnswered(f"'-' of {_types(left, right)} is not answered")
    )


def _between(left: Typed, right: Typed) -> Typed:
    """The time from one date or timestamp to another."""
    if isinstance(left.type, t.DateType) and isinstance(right.type, t.DateType):
        days = f"to_microseconds((CAST({left.sql} AS DATE) - CAST({right.sql} AS DATE)) * 86400000000)"
        return joined((left, right), days, t.DayTimeIntervalType("day", "day"), "", True)
    a, b = (cast_to(x, t.TIMESTAMP_NTZ) if isinstance(x.type, t.DateType) else x for x in (left, right))
    sql = f"to_microseconds(epoch_us({a.sql}) - epoch_us({b.sql}))"
    return joined((left, right), sql, t.DayTimeIntervalType("day", "second"), "", True)


def _moved(operation: str, date: Typed, interval: Typed) -> Typed:
    symbol = _SYMBOLS[operation]
    result = date.type
    if isinstance(date.type, t.DateType):
        whole = isinstance(interval.type, t.YearMonthIntervalType) or (
            isinstance(interval.type, t.DayTimeIntervalType) and interval.type.end == "day"
        )
        result = t.DATE if whole else t.TIMESTAMP
    base = date.sql if result == date.type else cast_to(date, result).sql
    sql = f"CAST({base} {symbol} {interval.sql} AS {duck(result)})"
    return joined((date, interval), sql, result, "", True)


def _with_intervals(operation: str, left: Typed, right: Typed) -> Typed:
    met = coerce.tightest(left.type, right.type)
    if operation in ("add", "sub", "intdiv") and met is not None and coerce.is_interval(met):
        kind, a, b = met, cast_to(left, met), cast_to(right, met)
        if operation == "intdiv":
            sql = once((a.sql, b.sql), lambda v: interval_arithmetic.counted(v, kind))
            return replace(joined((a, b), sql, t.LONG, "", True), nullable=True)
        return joined((a, b), f"({a.sql} {_SYMBOLS[operation]} {b.sql})", met, "", True)
    if operation in ("mul", "div") and coerce.is_interval(left.type):
        kind, number = left.type, cast_to(right, interval_arithmetic.factor_type(right.type))
        if operation == "mul":
            sql = left_first(left, number, lambda x, y: interval_arithmetic.scaled(x, kind, y, number.type))
        else:
            sql = right_first(left, number, lambda x, y: interval_arithmetic.divided(x, y, kind, number.type))
        made = joined((left, number), sql, intervals.whole(kind), "", True)
        return replace(made, nullable=made.nullable or operation == "div")
    raise _differ(_SYMBOLS[operation], left, right)


# Comparison


def is_orderable(kind: t.DataType) -> bool:
    if isinstance(kind, t.ArrayType):
        return is_orderable(kind.element)
    if isinstance(kind, t.StructType):
        return all(is_orderable(f.type) for f in kind.fields)
    return not isinstance(kind, t.MapType)


def meet(symbol: str, left: Typed, right: Typed) -> tuple[Typed, Typed]:
    """Both sides in the type that they are compared in."""
    met = (coerce.wider if symbol == "IN" else coerce.compared)(left.type, right.type)
    nested = ordering.is_nested(left.type) and is_orderable(left.type)
    if nested and coerce.same_structure(left.type, right.type):
        return left, right  # whatever the names of their fields
    if met is None or not is_orderable(met):
        raise _differ(symbol, left, right)
    return cast_to(left, met), cast_to(right, met)


_ROUNDED = {
    (">", True): ROUND_FLOOR,
    (">=", True): ROUND_CEILING,
    ("<", True): ROUND_CEILING,
    ("<=", True): ROUND_FLOOR,
    (">", False): ROUND_CEILING,
    (">=", False): ROUND_FLOOR,
    ("<", False): ROUND_FLOOR,
    ("<=", False): ROUND_CEILING,
}
"""How a decimal literal beside a whole number is rounded, by the operator and whether it stands right."""


def _whole_bound(symbol: str, left: Typed, right: Typed) -> tuple[Typed, Typed]:
    """`i > 1.5` is `i > 1` in Spark, in the column's name as well."""
    for literal, other, is_right in ((right, left, True), (left, right, False)):
        mode = _ROUNDED.get((symbol, is_right))
        decimal = isinstance(literal.type, t.DecimalType) and isinstance(literal.value, Decimal)
        if mode is None or not decimal or not isinstance(other.type, t.IntegralType):
            continue
        bound = int(literal.value.to_integral_value(mode))
        if abs(literal.value) >= 2**63:
            return left, right
        whole = replace(literal, sql=f"CAST({bound} AS BIGINT)", type=t.LONG, name=str(bound), value=bound)
        return (other, whole) if is_right else (whole, other)
    return left, right


def comparison(symbol: str, left: Typed, right: Typed, keys: bool = False) -> Typed:
    """`= < <= > >= !=`, and `<=>`, which is never NULL. `keys` of a join are computed on either side."""
    left, right = _whole_bound(symbol, left, right)
    a, b = meet(symbol, left, right)
    if symbol == "<=>":
        same = ordering.compared("IS NOT DISTINCT FROM", a.sql, b.sql, (a.type, b.type))
        made = joined((a, b), same, t.BOOLEAN, "")
        return replace(made, nullable=False, name=f"({left.name} <=> {right.name})")
    if left.value is None or right.value is None:
        a, b = _nothing(a), _nothing(b)
    sign = "<>" if symbol == "!=" else symbol
    body = partial(ordering.compared, sign, kinds=(a.type, b.type))
    sql = body(a.sql, b.sql) if keys else left_first(a, b, body)
    equal = f"(NOT ({left.name} = {right.name}))"
    name = equal if symbol == "!=" else f"({left.name} {symbol} {right.name})"
    return joined((a, b), sql, t.BOOLEAN, name)
