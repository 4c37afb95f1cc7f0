"""The quick way through `from_json`: one regular expression says that nothing about a record is special.

A flat object of plain strings, whole numbers, simple decimals, true, false and null, each of a kind that its
field takes, with no key twice: for such a record DuckDB's own `json_transform` gives what Spark gives, and
neither can fail on it. Every other record goes the exact way of `functions/json.py`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence

from tailrace.model import types as t
from tailrace.sql.duck_types import duck
from tailrace.sql.typed import text

SIGN = r'[^"\\\x00-\x1f]'
"""A character of a string that needs no escape."""
STRING = f'"{SIGN}*"'
WHOLE = "(?:0|-?[1-9][0-9]{0,17})"
DECIMAL = r"-?(?:0|[1-9][0-9]{0,6})(?:\.[0-9]{1,7})?"
WORD = "(?:true|false)"
DAY = (
    "[12][0-9]{3}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)"
    "|(?:0[13578]|1[02])-31)"
)
CLOCK = "(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"

_VALUES: dict[t.DataType, str] = {
    t.STRING: f"(?:{STRING}|{WHOLE}|{WORD})",
    t.BYTE: "(?:0|-?[1-9][0-9]?)",
    t.SHORT: "(?:0|-?[1-9][0-9]{0,3})",
    t.INT: "(?:0|-?[1-9][0-9]{0,8})",
    t.LONG: WHOLE,
    t.BOOLEAN: WORD,
    t.DOUBLE: DECIMAL,
    t.DATE: f'"{DAY}"',
    t.TIMESTAMP: f'"{DAY} {CLOCK}"',
}
"""Type of a field to the tokens that it takes as they are; a type that is not here has no quick way."""

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def quick_way(schema: t.StructType, source: str) -> tuple[str, str, str] | None:
    """(sooner, condition, value) in DuckDB SQL over a VARCHAR `source`; None where a field has no quick way.

    `sooner` implies the condition and costs half: the fields come in the schema's order, and nothing else.
    Neither raises on a row if `source` raises on none.
    """
    names = [field.name for field in schema.fields]
    if len({name.lower() for name in names}) < len(names) or not all(map(NAME.fullmatch, names)):
        return None
    if any(field.type not in _VALUES for field in schema.fields):
        return None
    members = [f'"{f.name}" ?: ?(?:{_VALUES[f.type]}|null)' for f in schema.fields]
    other = f'"{other_than(names)}" ?: ?(?:{STRING}|{WHOLE}|{WORD}|null)'
    member = f"(?:{'|'.join([*members, other])})"
    whole = rf"\{{(?:{member}(?:, ?{member})*)?\}}"
    twice = "|".join(f'"{name}".*"{name}"' for name in names)
    kinds = {f.name: "TIMESTAMP" if f.type == t.TIMESTAMP else duck(f.type) for f in schema.fields}
    value = f"CAST(json_transform({source}, {text(json.dumps(kinds))}) AS {duck(schema)})"
    return (
        f"coalesce(regexp_full_match({source}, {text(_in_order(members))}), false)",
        f"coalesce(regexp_full_match({source}, {text(whole)}) "
        f"AND NOT regexp_matches({source}, {text(twice)}), false)",
        value,
    )


def _in_order(members: Sequence[str]) -> str:
    """The first member and any of the others, in their order: then none can come twice."""
    first, *more = members
    return rf"\{{{first}{''.join(f'(?:, ?{one})?' for one in more)}\}}"


def other_than(words: Iterable[str]) -> str:
    """A pattern for every string of plain characters but these words.

    Built as a tree over the words' letters: at each node the string ends although no word does, or goes on
    with a letter that leads out of the tree and then with anything.
    """
    tree: dict[str, dict[str, object]] = {}
    for word in words:
        node = tree
        for letter in word:
            node = node.setdefault(letter, {})  # type: ignore[assignment]
        node[""] = {}
    return _leaving(tree)


def _leaving(node: dict[str, dict[str, object]]) -> str:
    letters = [letter for letter in node if letter]
    if not letters:
        return f"(?:{SIGN}+)"
    out = f'[^"\\\\\\x00-\\x1f{"".join(letters)}]{SIGN}*'
    inner = "|".join(f"{letter}{_leaving(node[letter])}" for letter in letters)  # type: ignore[arg-type]
    ends = "" if "" in node else "|"
    return f"(?:{out}|{inner}{ends})"
