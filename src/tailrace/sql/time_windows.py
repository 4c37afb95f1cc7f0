"""`window(time, duration[, slide[, start]])` of a SELECT over whole tables.

The calls become the column `window` of a step below the list and the groups, as in Spark: a row whose time
is NULL is dropped, and with a slide that is shorter than the duration a row stands in several windows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlglot import exp

from tailrace.model import types as t
from tailrace.sql import coerce, operators
from tailrace.sql.errors import Mismatch, NotAnswered
from tailrace.sql.expression import Analyzer
from tailrace.sql.interval_literals import MICROS
from tailrace.sql.relation import Names
from tailrace.sql.scope import Relation, Visible
from tailrace.sql.typed import Typed, quote

COLUMN = "window"
_PLACES = ("expressions", "group", "having", "order", "qualify")
_FIELDS = re.compile(r"([+-]?\d+(?:\.\d{1,6})?)\s+([a-z]+)(?:\s+|$)")


@dataclass(frozen=True)
class Spans:
    """Windows of `duration` every `slide` microseconds, `start` after 1970."""

    duration: int
    slide: int
    start: int


@dataclass(frozen=True)
class Placed:
    """The SELECT with the column's name for each call, the column, and its step around a FROM text."""

    node: exp.Select
    relation: Relation
    before: str
    after: str
    several: bool

    def around(self, base: str) -> str:
        """The FROM text with the column."""
        return f"{self.before}{base}{self.after}"


def placed(node: exp.Select, analyzer: Analyzer, names: Names) -> Placed | None:
    """None where the SELECT has no call."""
    calls = list(_calls(node))
    if not calls:
        return None
    if len({call.sql("databricks").lower() for call in calls}) > 1:
        raise analyzer.origin.wrong(
            "Several windows of time in one SELECT would multiply its rows; Spark does not answer it.",
            calls[1],
        )
    call = calls[0]
    try:
        spans = _spans([analyzer.expr(one) for one in call.expressions[1:]])
        time = _moment(analyzer.expr(call.expressions[0]))
    except Mismatch as error:
        raise analyzer.origin.wrong(f"{error}.", call) from None
    except NotAnswered as error:
        raise analyzer.origin.refused(f"window: {error}.", call) from None
    moment, column = names.new(), names.new()
    text, kept = _column(spans, quote(moment), isinstance(time.type, t.TimestampNTZType))
    kind = t.StructType((t.Field("start", time.type), t.Field("end", time.type)))
    value = Typed(quote(column), kind, False, name=COLUMN, sources=time.sources, is_column=True)
    after = f") WHERE {quote(moment)} IS NOT NULL)"
    if kept:
        after += f" WHERE {kept.format(quote(column))}"
    return Placed(
        _rewritten(node),
        Relation((), (Visible(COLUMN, value, hidden=True),)),
        f"FROM (SELECT *, {text} AS {quote(column)} FROM (SELECT *, {time.sql} AS {quote(moment)} ",
        after,
        spans.slide < spans.duration,
    )


def is_call(node: Any) -> bool:
    """Whether a node is a call of `window`."""
    return isinstance(node, exp.Anonymous) and node.name.lower() == COLUMN and len(node.expressions) >= 2


def _calls(node: exp.Select) -> Iterator[exp.Anonymous]:
    stack = [part for place in _PLACES for part in _listed(node.args.get(place))]
    while stack:
        one = stack.pop(0)
        if is_call(one):
            yield one
        elif not isinstance(one, (exp.Query, exp.Subquery, exp.Exists)):
            stack.extend(one.iter_expressions())


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _rewritten(node: exp.Select) -> exp.Select:
    """A copy whose calls are the column; a field of a call keeps a bracket, by which its name differs."""
    copy = node.copy()
    for call in list(_calls(copy)):
        column = exp.Column(this=exp.Identifier(this=COLUMN, quoted=False))
        call.replace(exp.Paren(this=column) if isinstance(call.parent, exp.Dot) else column)
    return copy


def _moment(value: Typed) -> Typed:
    if isinstance(value.type, t.TimestampNTZType):
        return value
    if not coerce.implicit(value.type, t.TIMESTAMP):
        if isinstance(value.type, t.StructType):
            raise NotAnswered("windows of windows are not answered")
        raise Mismatch(
            f"[DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE] window takes a TIMESTAMP, not {value.type}"
        )
    return operators.cast_to(value, t.TIMESTAMP)


def _spans(given: list[Typed]) -> Spans:
    if len(given) > 3:
        raise Mismatch("[WRONG_NUM_ARGS.WITHOUT_SUGGESTION] window takes 2 to 4 arguments")
    values = [_micros(one) for one in given]
    duration = values[0]
    slide = values[1] if len(values) > 1 else duration
    start = values[2] if len(values) > 2 else 0
    if duration <= 0 or slide <= 0 or slide > duration or abs(start) >= slide:
        raise Mismatch(
            "[DATATYPE_MISMATCH.PARAMETER_CONSTRAINT_VIOLATION] window: the duration must be positive, "
            "the slide positive and not longer, the start shorter than the slide"
        )
    return Spans(duration, slide, start)


def _micros(value: Typed) -> int:
    if isinstance(value.value, int) and isinstance(value.type, (t.IntegerType, t.LongType)):
        return value.value
    if not isinstance(value.value, str):
        raise Mismatch("[INVALID_PARAMETER_VALUE] window takes its durations as literals such as '5 minutes'")
    words = value.value.strip().lower()
    words = words.removeprefix("interval ").strip()
    fields = _FIELDS.findall(words)
    if not fields or "".join(_FIELDS.sub("", words).split()):
        raise NotAnswered(f"the duration {value.value!r} is not answered")
    total = Decimal(0)
    for amount, unit in fields:
        size = MICROS.get(unit.removesuffix("s").upper())
        if size is None or ("." in amount and size != MICROS["SECOND"]):
            raise NotAnswered(f"the duration {value.value!r} is not answered; weeks down to microseconds are")
        total += Decimal(amount) * size
    return int(total)


def _column(spans: Spans, moment: str, plain: bool) -> tuple[str, str]:
    """The window's text, and what a row must satisfy over the column's name `{0}`."""

    def at(micros: str) -> str:
        return f"make_timestamp({micros})" if plain else f"CAST(make_timestamp({micros}) AS TIMESTAMPTZ)"

    micros, slide = f"epoch_us(CAST({moment} AS TIMESTAMP))", spans.slide
    last = f"({micros} - (({micros} - {spans.start}) % {slide} + {slide}) % {slide})"

    def window(start: str) -> str:
        return f'struct_pack("start" := {at(start)}, "end" := {at(f"{start} + {spans.duration}")})'

    if slide == spans.duration:
        return window(last), ""
    count = -(-spans.duration // slide)
    listed = f"unnest(list_transform(range({count}), lambda _w: {window(f'({last} - _w * {slide})')}))"
    if spans.duration % slide == 0:
        return listed, ""
    return listed, f'{moment} >= {{0}}."start" AND {moment} < {{0}}."end"'
