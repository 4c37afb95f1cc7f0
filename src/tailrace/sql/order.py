"""In which order a function looks at its arguments: of most, none is computed behind a NULL.

That is seen where a later argument fails. Only arguments that read columns count: Spark computes the others
before any row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tailrace.sql.operators import reads
from tailrace.sql.typed import Typed, once

_LEFT_FIRST = """
add_months array_append array_contains array_except array_intersect array_position array_prepend
array_remove array_union arrays_overlap atan2 bit_get btrim contains date_add date_sub datediff
element_at endswith find_in_set get hypot instr left levenshtein locate log lpad make_date map_contains_key
map_from_arrays months_between nullif overlay pow repeat replace right rpad sequence shiftleft
shiftright shiftrightunsigned slice split_part startswith substring try_element_at
"""
LEFT_FIRST = frozenset(_LEFT_FIRST.split())
"""Functions whose arguments are computed from the left, until one is NULL."""
NULL_FIRST = LEFT_FIRST - {"locate", "btrim"}
"""Those that are NULL where the first argument is the literal NULL, whatever the others are."""
RIGHT_FIRST = frozenset(["ltrim", "rtrim", "trim", "pmod"])
"""Functions of two arguments whose second one is computed first."""


def guarded(name: str, args: Sequence[Typed], lower: Callable[[Sequence[str]], str]) -> str:
    """The call, in which no argument that may fail is computed behind a NULL."""
    places = list(range(len(args)))
    if name in RIGHT_FIRST:
        places.reverse()
    elif name not in LEFT_FIRST:
        return lower([arg.sql for arg in args])
    if name == "locate":
        places = places[:2]
    late = [i for i, place in enumerate(places) if args[place].fallible and reads(args[place])]
    first = [place for place in places[: max(late, default=0)] if args[place].nullable]
    if not first:
        return lower([arg.sql for arg in args])
    return _behind(first, [arg.sql for arg in args], lower)


def _behind(first: Sequence[int], texts: Sequence[str], lower: Callable[[Sequence[str]], str]) -> str:
    """One after the other: the next is computed if the ones before it are not NULL."""
    if not first:
        return lower(texts)
    place, *rest = first

    def body(v: Sequence[str]) -> str:
        inner = _behind(rest, [v[0] if i == place else text for i, text in enumerate(texts)], lower)
        return f"CASE WHEN {v[0]} IS NULL THEN NULL ELSE {inner} END"

    return once([texts[place]], body) if not rest else body([texts[place]])
