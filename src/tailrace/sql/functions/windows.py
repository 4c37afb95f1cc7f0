"""Functions that exist only with OVER: ranks and neighbours."""

from __future__ import annotations

from collections.abc import Sequence

from tailrace.model.types import DOUBLE, INT
from tailrace.sql import coerce
from tailrace.sql.errors import Mismatch, NotAnswered
from tailrace.sql.functions.table import Arg, Function, Resolved


def _rank(name: str, cast: str = "INTEGER", sensitive: bool = False) -> Function:
    def resolve(args: Sequence[Arg]) -> Resolved:
        if args and name in ("row_number", "cume_dist"):
            raise Mismatch(f"[WRONG_NUM_ARGS.WITHOUT_SUGGESTION] it takes no arguments, not {len(args)}")
        result = INT if cast == "INTEGER" else DOUBLE
        return Resolved(
            (None,) * len(args),
            result,
            lambda _: f"{name}()",
            nullable=False,
            order_sensitive=sensitive,
            finish=lambda sql: f"CAST({sql} AS {cast})",
        )

    shown = name if name in ("row_number", "cume_dist") else name.upper()
    return Function((name,), "window", resolve, lambda _, __: f"{shown}()")


def _resolve_ntile(args: Sequence[Arg]) -> Resolved:
    if len(args) > 1:
        raise Mismatch(f"[WRONG_NUM_ARGS.WITHOUT_SUGGESTION] it takes 1 argument, not {len(args)}")
    if args and not (isinstance(args[0].value, int) and args[0].type == INT and args[0].value > 0):
        raise NotAnswered("the number of buckets must be a positive INT literal")
    buckets = args[0].value if args else 1
    return Resolved(
        tuple(INT for _ in args),
        INT,
        lambda _: f"ntile({buckets})",
        nullable=False,
        order_sensitive=True,
        finish=lambda sql: f"CAST({sql} AS INTEGER)",
    )


_IGNORE = " IGNORE NULLS"


def _ignoring_last(texts: Sequence[str]) -> str:
    """DuckDB has IGNORE NULLS after the last argument."""
    if not texts[0].endswith(_IGNORE):
        return ", ".join(texts)
    return ", ".join([texts[0].removesuffix(_IGNORE), *texts[1:]]) + _IGNORE


def _neighbour(name: str) -> Function:
    def resolve(args: Sequence[Arg]) -> Resolved:
        if len(args) == 4:
            raise NotAnswered("write IGNORE NULLS after the call instead of the fourth argument")
        if not 1 <= len(args) <= 3:
            raise Mismatch(f"[WRONG_NUM_ARGS.WITHOUT_SUGGESTION] it takes 1 to 3 arguments, not {len(args)}")
        if len(args) > 1 and not (isinstance(args[1].value, int) and args[1].type == INT):
            raise NotAnswered("the offset must be an INT literal")
        kind = args[0].type
        if len(args) == 3 and not coerce.implicit(args[2].type, kind):
            raise Mismatch(
                f"[DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE] a default of {args[2].type} for {kind}"
            )
        types = (kind, *([INT] if len(args) > 1 else []), *([kind] if len(args) > 2 else []))
        return Resolved(
            types,
            kind,
            lambda texts: f"{name}({_ignoring_last(texts)})",
            nullable=len(args) < 3 or args[0].nullable or args[2].nullable,
            order_sensitive=True,
        )

    def pretty(_: str, given: Sequence[str]) -> str:
        return f"{name}({', '.join([*given, *('1', 'NULL')[len(given) - 1 :]])})"

    return Function((name,), "window", resolve, pretty)


def _resolve_nth_value(args: Sequence[Arg]) -> Resolved:
    if len(args) == 3:
        raise NotAnswered("write IGNORE NULLS after the call instead of the third argument")
    if len(args) != 2:
        raise Mismatch(f"[WRONG_NUM_ARGS.WITHOUT_SUGGESTION] it takes 2 arguments, not {len(args)}")
    place = args[1].value
    if not isinstance(place, int) or args[1].type != INT:
        raise NotAnswered("the place must be an INT literal")
    if place <= 0:
        raise Mismatch("[DATATYPE_MISMATCH.VALUE_OUT_OF_RANGE] the place must be positive")
    return Resolved(
        (args[0].type, INT),
        args[0].type,
        lambda texts: f"nth_value({_ignoring_last(texts)})",
        order_sensitive=True,
    )


FUNCTIONS: tuple[Function, ...] = (
    _rank("row_number", sensitive=True),
    _rank("rank"),
    _rank("dense_rank"),
    _rank("percent_rank", "DOUBLE"),
    _rank("cume_dist", "DOUBLE"),
    Function(("ntile",), "window", _resolve_ntile, lambda _, a: f"ntile({a[0] if a else 1})"),
    _neighbour("lag"),
    _neighbour("lead"),
    Function(("nth_value",), "window", _resolve_nth_value, needs_frame=True),
)
