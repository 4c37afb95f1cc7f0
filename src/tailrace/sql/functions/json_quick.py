"""The quick way through `from_json`: one regular expression says that nothing about a record is special.

An object of plain strings, whole numbers, simple decimals, true, false and null, each of a kind that its field
takes, with no key twice, and of objects and arrays of such, whose fields come in the schema's order: for such a
record DuckDB's own `json_transform` gives what Spark gives, and neither can fail on it. Every other record goes
the exact way of `functions/json.py`.
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

PATTERN_MAX = 6_000
"""A longer pattern takes more time and memory than it saves."""

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def quick_way(schema: t.StructType, source: str) -> tuple[str, str, str] | None:
    """(sooner, condition, value) in DuckDB SQL over a VARCHAR `source`; None where a field has no quick way.

    `sooner` implies the condition and costs half: the fields come in the schema's order, and nothing else.
    Neither raises on a row if `source` raises on none.
    """
    if (members := _members(schema)) is None:
        return None
    sooner = _in_order(members)
    if len(sooner) > PATTERN_MAX:
        return None
    names = [field.name for field in schema.fields]
    other = f'"{other_than(names)}" ?: ?(?:{STRING}|{WHOLE}|{WORD}|null)'
    member = f"(?:{'|'.join([*members, other])})"
    whole = rf"\{{(?:{member}(?:, ?{member})*)?\}}"
    twice = "|".join(f'"{name}".*"{name}"' for name in names)
    value = f"CAST(json_transform({source}, {text(json.dumps(_shape(schema)))}) AS {duck(schema)})"
    in_order = f"regexp_full_match({source}, {text(sooner)})"
    in_any = f"regexp_full_match({source}, {text(whole)}) AND NOT regexp_matches({source}, {text(twice)})"
    nested = any(field.type not in _VALUES for field in schema.fields)
    return (
        f"coalesce({in_order}, false)",
        f"coalesce({in_order} OR {in_any}, false)" if nested else f"coalesce({in_any}, false)",
        value,
    )


def _members(schema: t.StructType) -> list[str] | None:
    """A pattern for each field with its name; None where a field has no quick way."""
    names = [field.name for field in schema.fields]
    if len({name.lower() for name in names}) < len(names) or not all(map(NAME.fullmatch, names)):
        return None
    values = [_pattern(field.type) for field in schema.fields]
    if any(value is None for value in values):
        return None
    return [f'"{name}" ?: ?(?:{value}|null)' for name, value in zip(names, values, strict=True)]


def _pattern(kind: t.DataType) -> str | None:
    """The values of a type that are plain; None where it has none."""
    if isinstance(kind, t.StructType):
        members = _members(kind)
        return None if not members else _in_order(members)
    if isinstance(kind, t.ArrayType):
        inner = _pattern(kind.element)
        return None if inner is None else rf"\[(?:(?:{inner}|null)(?:, ?(?:{inner}|null))*)?\]"
    return _VALUES.get(kind)


def _shape(kind: t.DataType) -> object:
    """The type as `json_transform` takes it."""
    if isinstance(kind, t.StructType):
        return {field.name: _shape(field.type) for field in kind.fields}
    if isinstance(kind, t.ArrayType):
        return [_shape(kind.element)]
    return "TIMESTAMP" if kind == t.TIMESTAMP else duck(kind)


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
