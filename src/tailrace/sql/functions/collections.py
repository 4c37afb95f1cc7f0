"""Functions of arrays, maps and structs, and the generators over them, by Spark's answers."""

from __future__ import annotations

from collections.abc import Sequence

from tailrace.model import types as t
from tailrace.sql.errors import Mismatch, NotAnswered
from tailrace.sql.functions.table import Arg, Function, Resolved, T, U, coerce_args



def _resolve_map(args: Sequence[Arg]) -> Resolved:
    if len(args) % 2:
        raise Mismatch("[WRONG_NUM_ARGS.WITHOUT_SUGGESTION] it takes an even number of arguments")
    types = coerce_args([T if i % 2 == 0 else U for i in range(len(args))], args)
    if not types:
        raise NotAnswered("a map without entries is not answered")
    nullable = any(arg.nullable for arg in args[1::2])

    def lower(texts: Sequence[str]) -> str:
        return f"MAP([{', '.join(texts[::2])}], [{', '.join(texts[1::2])}])"

    return Resolved(tuple(types), t.MapType(types[0], types[1], nullable), lower, False, fallible=True)


FUNCTIONS: tuple[Function, ...] = (Function(("map",), "scalar", _resolve_map),)
