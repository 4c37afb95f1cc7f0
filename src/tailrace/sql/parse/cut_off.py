"""Queries that stop short, which sqlglot takes without a word, and its complaints in plain words.

`SELECT`, `SELECT a, FROM t`, `f(a,)`, `... GROUP BY` and `... WHERE a IN` are syntax errors of Spark.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

_ENDS = frozenset({"R_PAREN", "SEMICOLON", "WHERE", "HAVING", "ORDER_BY", "LIMIT", "UNION", "INTERSECT"})
_WANTS: dict[str, tuple[frozenset[str], str]] = {
    "SELECT": (_ENDS | {"FROM", "GROUP_BY"}, "SELECT has no list"),
    "COMMA": (_ENDS | {"FROM", "GROUP_BY"}, "Nothing follows the comma"),
    "GROUP_BY": (_ENDS, "GROUP BY has no columns"),
    "IN": (_ENDS, "IN has no list"),
}
"""Token types that something must follow: what may not, and what is wrong then."""

_INSIDE = re.compile(r"<(?:class|Token)\b")


def cut_off(tokens: Sequence[Any]) -> tuple[int, str] | None:
    """`(index, problem)` of the first of sqlglot's tokens behind which something is missing."""
    kinds = [token.token_type.name for token in tokens]
    for index, (kind, following) in enumerate(zip(kinds, [*kinds[1:], "SEMICOLON"], strict=False)):
        if kind not in _WANTS or (index and kinds[index - 1] in ("DOT", "COLON")):
            continue
        refused, problem = _WANTS[kind]
        if following in refused:
            return index, problem
    return None


def plain_complaint(description: str) -> str:
    """sqlglot's description of a syntax error, without its own classes and tokens."""
    if not _INSIDE.search(description):
        return description.removeprefix("Invalid expression / ").rstrip(".")
    return "Expected a table" if description.startswith("Expected table") else "Something is missing"
