"""Aggregates of order, frequency and bits, by Spark's answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial

from tailrace.model import types as t
from tailrace.sql import coerce, intervals
from tailrace.sql.errors import Mismatch, NotAnswered
from tailrace.sql.functions.aggregates_moments import numbers
from tailrace.sql.functions.table import Arg, Function, Resolved
from tailrace.sql.operators import is_orderable
from tailrace.sql.ordering import order_key, unsigned
from tailrace.sql.typed import text

_DISTINCT = "DISTINCT "


def _resolve_bits(name: str, args: Sequence[Arg]) -> Resolved:
    numbers(args, 1)
    kind = t.INT if isinstance(args[0].type, t.VoidType) else args[0].type
    if not isinstance(kind, t.IntegralType):
        raise Mismatch(f"[DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE] it takes INTEGRAL, not {kind}")
    return Resolved((kind,), kind, lambda x: f"{name}({x[0]})", mergeable=True)


def _resolve_percentile(args: Sequence[Arg]) -> Resolved:
    """Interpolated between neighbours; the share is a literal, or an array of such."""
    share: object = Decimal("0.5")
    if len(args) == 2:
        share = args[1].known
    elif len(args) != 1:
        raise NotAnswered("a frequency is not answered")
    if isinstance(share, tuple) and share:
        return _quantile("quantile_cont", args, f"[{', '.join(map(_share, share))}]", True)
    return _quantile("quantile_cont", args, _share(share), False)


def _share(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)) or not 0 <= value <= 1:
        raise NotAnswered("the share must be a literal from 0 to 1")
    return str(value)


def _quantile(name: str, args: Sequence[Arg], share: str, many: bool) -> Resolved:
    """One or several shares of the first argument: of intervals by their lengths, cut towards zero."""
    kind = args[0].type
    rest = (None,) * (len(args) - 1)
    if not coerce.is_interval(kind):
        numbers(args[:1], 1)
        result = t.ArrayType(t.DOUBLE, False) if many else t.DOUBLE
        return Resolved((t.DOUBLE, *rest), result, lambda x: f"{name}({x[0]}, {share})")

    def lower(x: Sequence[str]) -> str:
        head = _DISTINCT if x[0].startswith(_DISTINCT) else ""
        count = intervals.count(x[0].removeprefix(_DISTINCT), kind)
        return f"{name}({head}CAST({count} AS DOUBLE), {share})"

    def one(value: str) -> str:
        return intervals.from_count(f"CAST(trunc({value}) AS HUGEINT)", whole)

    def finish(value: str) -> str:
        return f"list_transform({value if many else f'[{value}]'}, lambda _v: {one('_v')}){'' if many else '[1]'}"

    whole = intervals.whole(kind)
    return Resolved((kind, *rest), t.ArrayType(whole, False) if many else whole, lower, finish=finish)


def _resolve_median(args: Sequence[Arg]) -> Resolved:
    if len(args) != 1:
        raise Mismatch(f"[WRONG_NUM_ARGS.WITHOUT_SUGGESTION] it takes 1 argument, not {len(args)}")
    return _resolve_percentile(args)


def _resolve_percentile_of(args: Sequence[Arg]) -> Resolved:
    if len(args) < 2:
        raise Mismatch(f"[WRONG_NUM_ARGS.WITHOUT_SUGGESTION] it takes 2 or 3 arguments, not {len(args)}")
    return _resolve_percentile(args)


GREATEST = "WITHIN GROUP (ORDER BY ... DESC)"
"""The second argument of a `mode` that is the greatest of the most frequent."""


def _resolve_mode(args: Sequence[Arg]) -> Resolved:
    """The most frequent value: of several the least, or by GREATEST the greatest; `mode(x)` is any of them."""
    if len(args) not in (1, 2):
        raise Mismatch(f"[WRONG_NUM_ARGS.WITHOUT_SUGGESTION] it takes 1 or 2 arguments, not {len(args)}")
    if len(args) == 1 or args[1].known is False:
        raise NotAnswered(
            "Spark leaves open which of several most frequent values it is; mode(x, true) is the least"
        )
    greatest = args[1].value == GREATEST
    if not greatest and not isinstance(args[1].known, bool):
        raise Mismatch("[DATATYPE_MISMATCH.NON_FOLDABLE_INPUT] argument 2 must be true or false")
    kind = args[0].type
    if not is_orderable(kind):
        raise NotAnswered(f"{kind} is not answered")

    def lower(texts: Sequence[str]) -> str:
        if texts[0].startswith(_DISTINCT):
            raise Mismatch("[INVALID_WITHIN_GROUP_EXPRESSION.DISTINCT_UNSUPPORTED] it takes no DISTINCT")
        return f"histogram({texts[0]})"

    return Resolved((kind, None), kind, lower, finish=partial(_most_frequent, kind, greatest))


def _resolve_joined(args: Sequence[Arg]) -> Resolved:
    """`listagg(text[, delimiter])`: what is not NULL, in the order of the rows."""
    if len(args) not in (1, 2):
        raise Mismatch(f"[WRONG_NUM_ARGS.WITHOUT_SUGGESTION] it takes 1 or 2 arguments, not {len(args)}")
    if isinstance(args[0].type, t.BinaryType) or not coerce.implicit(args[0].type, t.STRING):
        raise NotAnswered(f"{args[0].type} is not answered")
    between = args[1].known_text if len(args) == 2 else None
    if between is not None and not isinstance(between, str):
        raise NotAnswered("a delimiter that is no literal is not answered")

    def lower(texts: Sequence[str]) -> str:
        if texts[0].startswith("DISTINCT "):
            raise NotAnswered("DISTINCT is not answered")
        return f"string_agg({texts[0]}, {text(between or '')})"

    return Resolved((t.STRING, *[None] * (len(args) - 1)), t.STRING, lower, order_sensitive=True)


def _most_frequent(kind: t.DataType, greatest: bool, counts: str) -> str:
    sign, best = ("", "list_max") if greatest else ("-", "list_min")
    parts = f"n := {sign}CAST(_e.value AS BIGINT), k := {order_key('_e.key', kind)}, v := _e.key"
    ranked = f"list_transform(map_entries({counts}), lambda _e: struct_pack({parts}))"
    return unsigned(f"{best}({ranked}).v", kind)


def _mode_name(_: str, a: Sequence[str]) -> str:
    if len(a) == 1 or a[1] not in ("true", GREATEST):
        return f"mode({a[0]})"
    return f"mode() WITHIN GROUP (ORDER BY {a[0]}{' DESC' if a[1] == 'true' else ''})"


def _resolve_share(text_of: str, args: Sequence[Arg]) -> Resolved:
    """`percentile_cont(share) WITHIN GROUP (ORDER BY x [DESC])`, as the arguments x, share, DESC."""
    if len(args) != 3 or not isinstance(args[2].value, bool):
        raise Mismatch(
            "[WRONG_NUM_ARGS.WITHOUT_SUGGESTION] it takes 1 argument and one order in WITHIN GROUP"
        )
    known, descending = args[1].known, args[2].value
    many = isinstance(known, tuple)
    given = known if isinstance(known, tuple) and known else (known,)
    for one in given:
        _share(one)
    if many and descending and any(one in (0, 1) for one in given):
        raise NotAnswered("several shares with 0 or 1 among them are not answered with DESC")
    shares = [_from_end(Decimal(str(one)), descending) for one in given]
    made = _quantile(text_of, args, f"[{', '.join(shares)}]" if many else shares[0], many)

    def lower(texts: Sequence[str]) -> str:
        if texts[0].startswith(_DISTINCT):
            raise NotAnswered("DISTINCT is not answered")
        return made.lower(texts)

    return replace(made, lower=lower)


def _from_end(share: Decimal, descending: bool) -> str:
    """A share as DuckDB takes it, which counts from the end what is negative."""
    if not descending:
        return f"{share:f}"
    return f"{1 - share if share in (0, 1) else -share:f}"


def _of_order(name: str, text_of: str) -> Function:
    def pretty(_: str, a: Sequence[str]) -> str:
        return f"{name}({a[1]}) WITHIN GROUP (ORDER BY {a[0]}{' DESC' if a[2] == 'true' else ''})"

    return Function((name,), "aggregate", partial(_resolve_share, text_of), pretty)


def _named(names: str, resolve: Callable[[Sequence[Arg]], Resolved]) -> Function:
    return Function(tuple(names.split()), "aggregate", resolve)


FUNCTIONS: tuple[Function, ...] = (
    _of_order("percentile_cont", "quantile_cont"),
    _of_order("percentile_disc", "quantile_disc"),
    _named("bit_and", partial(_resolve_bits, "bit_and")),
    _named("bit_or", partial(_resolve_bits, "bit_or")),
    _named("bit_xor", partial(_resolve_bits, "bit_xor")),
    _named("median", _resolve_median),
    Function(
        ("listagg", "string_agg"),
        "aggregate",
        _resolve_joined,
        lambda name, a: f"{name.lower()}({a[0]}, {a[1] if len(a) > 1 else 'NULL'})",
    ),
    Function(("mode",), "aggregate", _resolve_mode, _mode_name),
    Function(
        ("percentile",),
        "aggregate",
        _resolve_percentile_of,
        lambda _, a: f"percentile({', '.join([*a, '1'][:3])})",
    ),
)
