"""Aggregates of statistics and bits, by Spark's answers.

Sums of doubles depend on the order of the rows in their last digits: marked `order_sensitive`. `corr` is not
here: of one row Spark raises a division by zero.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial

from tailrace.model import types as t
from tailrace.sql import coerce
from tailrace.sql.errors import Mismatch, NotAnswered
from tailrace.sql.functions.table import Arg, Function, Resolved
from tailrace.sql.typed import text


def _numbers(args: Sequence[Arg], count: int) -> None:
    if len(args) != count:
        raise Mismatch(f"[WRONG_NUM_ARGS.WITHOUT_SUGGESTION] it takes {count} arguments, not {len(args)}")
    for arg in args:
        if coerce.is_interval(arg.type):
            raise NotAnswered(f"{arg.type} is not answered")
        if not isinstance(arg.type, (t.NumericType, t.StringType, t.VoidType)):
            raise Mismatch(
                f"[DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE] it takes NUMERIC, not {arg.type.simple_string.upper()}"
            )


def _resolve_moment(name: str, count: int, result: t.DataType, args: Sequence[Arg]) -> Resolved:
    _numbers(args, count)
    return Resolved((t.DOUBLE,) * count, result, lambda x: f"{name}({', '.join(x)})", order_sensitive=True)


def _resolve_mean(name: str, args: Sequence[Arg]) -> Resolved:
    if any(isinstance(arg.type, t.DecimalType) for arg in args):
        raise NotAnswered("the mean of a DECIMAL is not answered here")
    return _resolve_moment(name, 2, t.DOUBLE, args)


def _resolve_bits(name: str, args: Sequence[Arg]) -> Resolved:
    _numbers(args, 1)
    if isinstance(args[0].type, (t.StringType, t.VoidType)):
        raise NotAnswered(f"{args[0].type} is not answered")
    if not isinstance(args[0].type, t.IntegralType):
        raise Mismatch(f"[DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE] it takes INTEGRAL, not {args[0].type}")
    return Resolved((args[0].type,), args[0].type, lambda x: f"{name}({x[0]})", mergeable=True)


def _resolve_percentile(args: Sequence[Arg]) -> Resolved:
    """Interpolated between neighbours; the share is a literal, or an array of such."""
    _numbers(args[:1], 1)
    share: object = Decimal("0.5")
    if len(args) == 2:
        share = args[1].known
    elif len(args) != 1:
        raise NotAnswered("a frequency is not answered")
    types = (t.DOUBLE, *(None for _ in args[1:]))
    if isinstance(share, tuple) and share:
        listed = f"[{', '.join(map(_share, share))}]"
        return Resolved(types, t.ArrayType(t.DOUBLE, False), partial(_quantile, listed))
    return Resolved(types, t.DOUBLE, partial(_quantile, _share(share)))


def _share(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)) or not 0 <= value <= 1:
        raise NotAnswered("the share must be a literal from 0 to 1")
    return str(value)


def _quantile(share: str, texts: Sequence[str]) -> str:
    if texts[0].startswith("DISTINCT "):
        raise NotAnswered("DISTINCT is not answered")
    return f"quantile_cont({texts[0]}, {share})"


def _resolve_median(args: Sequence[Arg]) -> Resolved:
    if len(args) != 1:
        raise Mismatch(f"[WRONG_NUM_ARGS.WITHOUT_SUGGESTION] it takes 1 argument, not {len(args)}")
    return _resolve_percentile(args)


def _resolve_percentile_of(args: Sequence[Arg]) -> Resolved:
    if len(args) < 2:
        raise Mismatch(f"[WRONG_NUM_ARGS.WITHOUT_SUGGESTION] it takes 2 or 3 arguments, not {len(args)}")
    return _resolve_percentile(args)


_COUNTED = (
    t.BooleanType, t.IntegralType, t.DecimalType, t.StringType, t.DateType, t.TimestampType, t.TimestampNTZType
)  # fmt: skip


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
    if not isinstance(args[0].type, _COUNTED):
        raise NotAnswered(f"{args[0].type} is not answered")

    def lower(texts: Sequence[str]) -> str:
        if texts[0].startswith("DISTINCT "):
            raise NotAnswered("DISTINCT is not answered")
        return f"histogram({texts[0]})"

    return Resolved((args[0].type, None), args[0].type, lower, finish=partial(_most_frequent, greatest))


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


def _most_frequent(greatest: bool, counts: str) -> str:
    sign, best = ("", "list_max") if greatest else ("-", "list_min")
    count = f"{sign}CAST(_e.value AS BIGINT)"
    ranked = f"list_transform(map_entries({counts}), lambda _e: struct_pack(n := {count}, k := _e.key))"
    return f"{best}({ranked}).k"


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
    made = _resolve_percentile(args[:2])
    known, descending = args[1].known, args[2].value
    many = isinstance(known, tuple)
    if many and descending and any(one in (0, 1) for one in known):
        raise NotAnswered("several shares with 0 or 1 among them are not answered with DESC")
    shares = [_from_end(Decimal(str(one)), descending) for one in (known if many else (known,))]
    listed = f"[{', '.join(shares)}]" if many else shares[0]

    def lower(texts: Sequence[str]) -> str:
        if texts[0].startswith("DISTINCT "):
            raise NotAnswered("DISTINCT is not answered")
        return f"{text_of}({texts[0]}, {listed})"

    return Resolved((*made.types, None), made.result, lower)


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
    _named("stddev std stddev_samp", partial(_resolve_moment, "stddev_samp", 1, t.DOUBLE)),
    _named("stddev_pop", partial(_resolve_moment, "stddev_pop", 1, t.DOUBLE)),
    _named("variance var_samp", partial(_resolve_moment, "var_samp", 1, t.DOUBLE)),
    _named("var_pop", partial(_resolve_moment, "var_pop", 1, t.DOUBLE)),
    _named("covar_pop", partial(_resolve_moment, "covar_pop", 2, t.DOUBLE)),
    _named("covar_samp", partial(_resolve_moment, "covar_samp", 2, t.DOUBLE)),
    _named("regr_count", partial(_resolve_moment, "regr_count", 2, t.LONG)),
    _named("regr_avgx", partial(_resolve_mean, "regr_avgx")),
    _named("regr_avgy", partial(_resolve_mean, "regr_avgy")),
    _named("regr_sxx", partial(_resolve_moment, "regr_sxx", 2, t.DOUBLE)),
    _named("regr_syy", partial(_resolve_moment, "regr_syy", 2, t.DOUBLE)),
    _named("regr_sxy", partial(_resolve_moment, "regr_sxy", 2, t.DOUBLE)),
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
