"""Functions that make intervals, and those of numbers that take them as well."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tailrace.model import types as t
from tailrace.sql import interval_arithmetic, intervals
from tailrace.sql.errors import Mismatch
from tailrace.sql.functions.table import Arg, Function, Resolved, scalar
from tailrace.sql.typed import Typed, fail, once

_KINDS = (t.DayTimeIntervalType, t.YearMonthIntervalType)
_PARTS = {
    "year years y yr yrs": "year",
    "month months mon mons": "month",
    "day days d": "day",
    "hour hours h hr hrs": "hour",
    "minute minutes m min mins": "minute",
    "second seconds s sec secs": "second",
}
_FIELDS = {word: field for words, field in _PARTS.items() for word in words.split()}


def part_of(args: Sequence[Arg]) -> Resolved | None:
    """`date_part('day', interval)`; None if the second argument is none."""
    kind = args[1].type
    if not isinstance(kind, _KINDS):
        return None
    field = _FIELDS.get(str(args[0].value).lower(), "")
    found = intervals.part("NULL", kind, field)
    if found is None:
        raise Mismatch(f"[INVALID_EXTRACT_FIELD] there is no field {args[0].value} of {kind}")

    def lower(v: Sequence[str]) -> str:
        made = intervals.part(v[1], kind, field)
        assert made is not None
        return made[0]

    return Resolved((None, kind), found[1], lower, args[1].nullable)


def tried(args: Sequence[Arg], made: Typed) -> Resolved:
    """An operation over "__arg0" and "__arg1", with NULL where it fails. What fails inside of an argument
    still fails if both are numbers; of times and intervals it is NULL as well."""
    numbers = all(isinstance(arg.type, (t.NumericType, t.VoidType)) for arg in args)

    def lower(v: Sequence[str]) -> str:
        inner = made.sql.replace('"__arg0"', "_o.a").replace('"__arg1"', "_o.b")
        inner = f"TRY({inner})" if made.fallible and numbers else inner
        called = f"list_transform([struct_pack(a := {v[0]}, b := {v[1]})], lambda _o: {inner})[1]"
        return called if numbers else f"TRY({called})"

    return Resolved((None, None), made.type, lower, True)


def absolute(kind: intervals.Interval, v: Sequence[str]) -> str:
    return intervals.from_count(f"abs(CAST({intervals.count(v[0], kind)} AS HUGEINT))", kind)


def negative(kind: intervals.Interval, v: Sequence[str]) -> str:
    return intervals.from_count(f"-CAST({intervals.count(v[0], kind)} AS HUGEINT)", kind)


def or_interval(
    function: Function, result: t.DataType | None, lower: Callable[[intervals.Interval, Sequence[str]], str]
) -> Function:
    """The function of numbers, which answers `result` (None: the argument's type) for an interval too."""

    def resolve(args: Sequence[Arg]) -> Resolved:
        kind = args[0].type if len(args) == 1 else None
        if not isinstance(kind, _KINDS):
            return function.resolve(args)
        return Resolved(
            (kind,), result or kind, lambda v: lower(kind, v), args[0].nullable, fallible=result is None
        )

    return Function(function.names, function.kind, resolve, function.pretty)


def sign(kind: intervals.Interval, v: Sequence[str]) -> str:
    return f"CAST(sign({intervals.count(v[0], kind)}) AS DOUBLE)"


def bucketed(function: Function) -> Function:
    """`width_bucket` of numbers, which takes three intervals as well."""

    def resolve(args: Sequence[Arg]) -> Resolved:
        kinds = [arg.type for arg in args[:3]]
        if not any(isinstance(kind, _KINDS) for kind in kinds) or len(args) != 4:
            return function.resolve(args)
        if len({type(kind) for kind in kinds}) > 1:
            raise Mismatch("[DATATYPE_MISMATCH.DATA_DIFF_TYPES] the intervals are of different kinds")
        numbers = [Arg(t.DOUBLE, arg.nullable) for arg in args[:3]]
        made = function.resolve([*numbers, args[3]])

        def lower(v: Sequence[str]) -> str:
            counts = [
                f"CAST({intervals.count(text, kind)} AS DOUBLE)"
                for text, kind in zip(v[:3], kinds, strict=True)
            ]
            return made.lower([*counts, v[3]])

        return Resolved((*kinds, t.LONG), t.LONG, lower, True, made.fallible)

    return Function(function.names, function.kind, resolve, function.pretty)


def total(kind: intervals.Interval, tried: bool = False) -> Resolved:
    """`sum`: the interval, if it stays in its range whatever the order of the rows.

    `tried`: NULL where the sum of all rows leaves the range.
    """
    limit = 2**63 if isinstance(kind, t.DayTimeIntervalType) else 2**31
    raised = fail(
        "INTERVAL_ARITHMETIC_OVERFLOW", "The sum leaves the range, at least for some orders of its rows."
    )

    def added(texts: Sequence[str]) -> str:
        return f"sum({_on_count(texts[0], kind)})"

    def positive(texts: Sequence[str]) -> str:
        return f"sum({_on_count(texts[0], kind, 'greatest({}, 0)')})"

    def checked(all_: str, above: str) -> str:
        inside = f"{above} < {limit} AND {all_} - {above} >= -{limit}"
        made = intervals.from_count(all_, kind)
        beyond = f" OR {all_} NOT BETWEEN -{limit} AND {limit - 1}" if tried else ""
        return f"CASE WHEN {all_} IS NULL{beyond} THEN NULL WHEN {inside} THEN {made} ELSE {raised} END"

    return Resolved((kind,), kind, added, fallible=True, beside=(positive, checked))


def mean(kind: intervals.Interval, tried: bool = False) -> Resolved:
    """`avg`, half away from zero; of all fields. Fails, or is NULL, where the sum leaves the range."""
    limit = 2**63 if isinstance(kind, t.DayTimeIntervalType) else 2**31
    beyond = "NULL" if tried else fail("INTERVAL_ARITHMETIC_OVERFLOW", "The sum leaves the range.")

    def added(texts: Sequence[str]) -> str:
        return f"sum({_on_count(texts[0], kind)})"

    def divided(all_: str, rows: str) -> str:
        quotient = interval_arithmetic.halved(f"CAST({all_} AS HUGEINT)", f"CAST({rows} AS HUGEINT)")
        made = intervals.from_count(quotient, kind)
        inside = f"{all_} BETWEEN -{limit} AND {limit - 1}"
        return f"CASE WHEN {all_} IS NULL THEN NULL WHEN {inside} THEN {made} ELSE {beyond} END"

    def counted(texts: Sequence[str]) -> str:
        return f"count({texts[0]})"

    return Resolved(
        (kind,), intervals.whole(kind), added, fallible=True, beside=(counted, divided), eager=True
    )


def _on_count(text: str, kind: intervals.Interval, inside: str = "{}") -> str:
    distinct = "DISTINCT " if text.startswith("DISTINCT ") else ""
    return distinct + inside.format(intervals.count(text.removeprefix("DISTINCT "), kind))


def _days(texts: Sequence[str]) -> str:
    sizes = [intervals.MICROS[field] for field in intervals.DAY_TIME[:3]]
    total_ = " + ".join(
        f"CAST({text} AS HUGEINT) * {size}" for text, size in zip(texts[:3], sizes, strict=True)
    )
    total_ += f" + CAST(CAST({texts[3]} AS DECIMAL(38, 6)) * 1000000 AS HUGEINT)"
    return once([total_], lambda v: intervals.from_count(v[0], t.DayTimeIntervalType()))


def _months(texts: Sequence[str]) -> str:
    return intervals.from_count(f"CAST({texts[0]} AS BIGINT) * 12 + {texts[1]}", t.YearMonthIntervalType())


def _filled(defaults: Sequence[str]) -> Callable[[str, Sequence[str]], str]:
    return lambda name, given: f"{name}({', '.join([*given, *defaults[len(given) :]])})"


FUNCTIONS: tuple[Function, ...] = (
    scalar(
        "make_dt_interval",
        [t.INT, t.INT, t.INT, t.DecimalType(18, 6)],
        t.DayTimeIntervalType(),
        lambda v: _days([*v, *("0", "0", "0", "CAST(0 AS DECIMAL(18,6))")[len(v) :]]),
        min_args=0,
        fallible=True,
        pretty=_filled(("0", "0", "0", "0.000000")),
    ),
    scalar(
        "make_ym_interval",
        [t.INT, t.INT],
        t.YearMonthIntervalType(),
        lambda v: _months([*v, *("0", "0")[len(v) :]]),
        min_args=0,
        fallible=True,
        pretty=_filled(("0", "0")),
    ),
)
