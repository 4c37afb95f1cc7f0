"""ROLLUP, CUBE and GROUPING SETS: which keys each set of a GROUP BY groups by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

from sqlglot import exp

from tailrace.sql.errors import Origin

SETS_MAX = 4096
_KINDS = (exp.Rollup, exp.Cube, exp.GroupingSets)
Set = tuple[str, ...]
Key = Callable[[Any], str]


def written(group: exp.Group) -> bool:
    """Whether a GROUP BY has sets."""
    return any(isinstance(e, _KINDS) for e in group.expressions) or any(
        group.args.get(key) for key in ("rollup", "cube", "grouping_sets")
    )


def sets_of(group: exp.Group, key: Key, origin: Origin) -> list[Set]:
    """The sets in order; `key` makes a grouping key of a node and gives its name."""
    trailing = [one for kind in ("rollup", "cube", "grouping_sets") for one in group.args.get(kind) or []]
    if trailing:  # GROUP BY a, b WITH ROLLUP, GROUP BY a, b GROUPING SETS (...)
        names = [key(one) for one in group.expressions]
        if len(trailing) > 1 or any(isinstance(one, _KINDS) for one in group.expressions):
            raise origin.refused("Several ways of grouping in one GROUP BY are not answered.", group)
        last = trailing[0]
        if isinstance(last, exp.GroupingSets):
            sets = _sets(last, key, origin)
            if any(name not in names for one in sets for name in one):
                raise origin.wrong("GROUPING SETS names what GROUP BY does not.", last)
        else:
            sets = _spread(last, [(name,) for name in names])
        return _checked(names, sets, group, origin)
    parts = [_sets(one, key, origin) for one in group.expressions]
    count = 1
    for part in parts:
        count *= len(part)
    if count > SETS_MAX:
        raise origin.refused(f"More than {SETS_MAX} grouping sets are not answered.", group)
    sets = [_flat(chosen) for chosen in product(*parts)]
    return _checked([], sets, group, origin)


def text(sets: Sequence[Set]) -> str:
    """The clause of DuckDB over quoted names."""
    listed = ", ".join(f"({', '.join(one)})" for one in sets)
    return f"GROUPING SETS ({listed})"


def _checked(names: Sequence[str], sets: list[Set], group: exp.Group, origin: Origin) -> list[Set]:
    if len(sets) > 1 and not any(sets):
        raise origin.refused("Several empty grouping sets are not answered.", group)
    used = {name for one in sets for name in one}
    if any(name not in used for name in names):
        raise origin.refused("A key of GROUP BY that is in no grouping set is not answered.", group)
    return sets


def _sets(node: Any, key: Key, origin: Origin) -> list[Set]:
    if isinstance(node, exp.GroupingSets):
        return [one for part in node.expressions for one in _sets(part, key, origin)]
    if isinstance(node, (exp.Rollup, exp.Cube)):
        parts = [_one(part, key) for part in node.expressions]
        if isinstance(node, exp.Cube) and 2 ** len(parts) > SETS_MAX:
            raise origin.refused(f"More than {SETS_MAX} grouping sets are not answered.", node)
        return _spread(node, parts)
    return [_one(node, key)]


def _one(node: Any, key: Key) -> Set:
    if isinstance(node, exp.Tuple):
        return tuple(dict.fromkeys(key(part) for part in node.expressions))
    return (key(node),)


def _spread(node: Any, parts: Sequence[Set]) -> list[Set]:
    if isinstance(node, exp.Rollup):
        return [_flat(parts[:n]) for n in range(len(parts), -1, -1)]
    choices = product(*((part, None) for part in parts))
    return [_flat([part for part in chosen if part is not None]) for chosen in choices]


def _flat(parts: Sequence[Set]) -> Set:
    return tuple(dict.fromkeys(name for part in parts for name in part))
