"""Times read from texts: `to_date`, `to_timestamp`, `unix_timestamp` and those that give NULL instead of failing."""

from __future__ import annotations

from collections.abc import Sequence

from tailrace.model import types as t
from tailrace.sql import coerce
from tailrace.sql.errors import Mismatch, NotAnswered
from tailrace.sql.functions.casts import cast_sql
from tailrace.sql.functions.date_patterns import WITHOUT_LETTERS, parse_text, read_literally
from tailrace.sql.functions.options import UNKNOWN, Option, with_options
from tailrace.sql.functions.table import Arg, Function, Resolved
from tailrace.sql.names import call_name

DEFAULT_PATTERN = "yyyy-MM-dd HH:mm:ss"
PATTERNS = (
    DEFAULT_PATTERN, "yyyy-MM-dd", "yyyyMMdd", "yyyy/MM/dd", "dd/MM/yyyy", "MM/dd/yyyy", "dd-MM-yyyy", "MM-dd-yyyy",
    "dd.MM.yyyy", "yyyy-MM", "yyyyMM", "yyyy", "M/d/yyyy", "d/M/yyyy", "yyyy-MM-dd HH:mm", "yyyyMMddHHmmss",
    "yyyy/MM/dd HH:mm:ss", "dd/MM/yyyy HH:mm:ss", "MM/dd/yyyy HH:mm:ss", "yyyy-MM-dd'T'HH:mm:ss",
    "yyyy-MM-dd HH:mm:ss.SSS",
)  # fmt: skip
"""Those that a column may hold."""
PLANNED = "tailrace_planned"
"""DuckDB variable that holds a batch's planned time; unset, it is the time of the query."""
NOW = f"coalesce(CAST(getvariable('{PLANNED}') AS TIMESTAMPTZ), current_timestamp)"
_TIMES = (t.DateType, t.TimestampType, t.TimestampNTZType)


def _by_pattern(args: Sequence[Arg], target: t.DataType, safe: bool = False) -> Resolved:
    def otherwise(v: Sequence[str]) -> str:
        return self_named(v[1], _as(target, read_literally(v[0], v[1], safe)))

    function = Function((), "scalar", lambda given: _parsed(given, target, safe))
    return with_options(function, Option(1, PATTERNS, otherwise=otherwise)).resolve(args)


def self_named(pattern: str, answer: str) -> str:
    """The answer for a pattern that has no letters; another one is not known."""
    return f"CASE WHEN regexp_full_match({pattern}, {WITHOUT_LETTERS}) THEN {answer} ELSE {UNKNOWN} END"


def _count(args: Sequence[Arg]) -> None:
    if len(args) not in (1, 2):
        raise Mismatch(f"[WRONG_NUM_ARGS.WITHOUT_SUGGESTION] it takes 1 or 2 arguments, not {len(args)}")
    if len(args) == 2 and not coerce.implicit(args[1].type, t.STRING):
        raise Mismatch(f"[DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE] a pattern of {args[1].type}")


def _parsed(args: Sequence[Arg], target: t.DataType, safe: bool = False) -> Resolved:
    """A text read by a pattern; without one by the default pattern."""
    pattern = args[1].value if len(args) == 2 else DEFAULT_PATTERN
    if not isinstance(pattern, str):
        raise NotAnswered("a pattern that is no literal is not answered")
    read = parse_text(pattern)
    return Resolved(
        (t.STRING,) * len(args),
        target,
        lambda v: _as(target, read(v[0], safe)),
        args[0].nullable or safe,
        fallible=not safe,
    )


def _as(target: t.DataType, moment: str) -> str:
    """A TIMESTAMP without zone as what a function gives."""
    if target == t.LONG:
        return f"CAST(floor(epoch({moment})) AS BIGINT)"
    return f"CAST({moment} AS DATE)" if target == t.DATE else f"CAST({moment} AS TIMESTAMPTZ)"


def _seconds_of(names: str) -> Function:
    """`unix_timestamp(time[, pattern])`."""

    def resolve(args: Sequence[Arg]) -> Resolved:
        if not args and names.startswith("unix"):
            return Resolved((), t.LONG, lambda _: f"(epoch_us({NOW}) // 1000000)", False)
        _count(args)
        if len(args) == 2 and not isinstance(args[1].type, (t.StringType, t.VoidType)):
            raise Mismatch(f"[DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE] a pattern of {args[1].type}")
        if isinstance(args[0].type, t.StringType):
            return _by_pattern(args, t.LONG)
        if not isinstance(args[0].type, (*_TIMES, t.VoidType)):
            raise Mismatch(
                f"[DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE] argument 1 must be a text or a time, not {args[0].type}"
            )
        return _as_it_is(args, t.TIMESTAMP, t.LONG, False)

    def pretty(name: str, a: Sequence[str]) -> str:
        return call_name(name, a or ["current_timestamp()"])

    return Function(tuple(names.split()), "scalar", resolve, pretty)


def _as_it_is(args: Sequence[Arg], moment: t.DataType, target: t.DataType, safe: bool) -> Resolved:
    """A time with a pattern that is not looked at."""
    kind = args[0].type
    _, fallible = cast_sql("x", kind, moment, safe)

    def lower(v: Sequence[str]) -> str:
        made = cast_sql(v[0], kind, moment, safe)[0]
        return f"(epoch_us({made}) // 1000000)" if target == t.LONG else made

    types = (None, *([t.STRING] * (len(args) - 1)))
    return Resolved(types, target, lower, any(arg.nullable for arg in args), fallible)


def _reader(names: str, target: t.DataType, safe: bool = False) -> Function:
    def resolve(args: Sequence[Arg]) -> Resolved:
        _count(args)
        kind = args[0].type
        if not coerce.implicit(kind, t.STRING):
            raise Mismatch(f"[DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE] argument 1 is {kind}")
        number = isinstance(kind, t.NumericType) and target == t.TIMESTAMP
        if len(args) == 2 and number:
            raise NotAnswered(f"a pattern for {kind} is not answered")
        if isinstance(kind, (*_TIMES, t.VoidType)) or number:
            return _as_it_is(args, target, target, safe and not number)
        if len(args) == 2:
            return _by_pattern(args, target, safe)
        _, fallible = cast_sql("x", t.STRING, target, safe)
        return Resolved(
            (t.STRING,),
            target,
            lambda v: cast_sql(v[0], t.STRING, target, safe)[0],
            args[0].nullable or safe,
            fallible,
        )

    return Function(tuple(names.split()), "scalar", resolve)


FUNCTIONS: tuple[Function, ...] = (
    _seconds_of("unix_timestamp"),
    _seconds_of("to_unix_timestamp"),
    _reader("to_date", t.DATE),
    _reader("try_to_date", t.DATE, safe=True),
    _reader("to_timestamp to_timestamp_ltz", t.TIMESTAMP),
    _reader("try_to_timestamp", t.TIMESTAMP, safe=True),
)
