"""What DuckDB's messages mean in Spark's words.

Lowered SQL raises most errors itself, by a failing cast of a text that begins with Spark's condition in
brackets: `Could not convert string '[CAST_INVALID_INPUT] ...' to INT32`. Those are taken out as they
are. The others are DuckDB's own; `NATIVE` names the condition that Spark has for them.
"""

from __future__ import annotations

import re

_MARKED = re.compile(r"\[([A-Z][A-Z0-9_]*(?:\.[A-Z0-9_]+)*)\] ?(.*)", re.DOTALL)
_TAIL = re.compile(r"['\"] (?:to|into) [A-Z][A-Z0-9_]*(?:\([0-9, ]*\))?\s*$", re.DOTALL)

NATIVE: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), condition)
    for pattern, condition in (
        (r"Map keys must be unique", "DUPLICATED_MAP_KEY"),
        (r"Map keys can not be NULL", "NULL_MAP_KEY"),
        (r"Failure in decode", "MALFORMED_CHARACTER_CODING"),
        (r"Division by zero", "DIVIDE_BY_ZERO"),
        (
            r"Overflow in (multiplication|addition|subtraction) of DECIMAL",
            "NUMERIC_VALUE_OUT_OF_RANGE.WITH_SUGGESTION",
        ),
        (r"More than one row returned by a subquery", "SCALAR_SUBQUERY_TOO_MANY_ROWS"),
        (r"Overflow in (multiplication|addition|subtraction) of INT(8|16)\b", "BINARY_ARITHMETIC_OVERFLOW"),
        (r"Overflow (in|on)|Left-shift value", "ARITHMETIC_OVERFLOW"),
        (r"Type INT128 .* out of range for the destination type INT64", "ARITHMETIC_OVERFLOW"),
        (r"Casting value .* to type DECIMAL", "NUMERIC_VALUE_OUT_OF_RANGE.WITH_SUGGESTION"),
        (r"out of range for the destination type", "CAST_OVERFLOW"),
        (
            r"Could not (cast value|convert string) .* to DECIMAL",
            "NUMERIC_VALUE_OUT_OF_RANGE.WITH_SUGGESTION",
        ),
        (
            r"Could not convert string .* to JSON|Malformed JSON",
            "MALFORMED_RECORD_IN_PARSING.WITHOUT_SUGGESTION",
        ),
        (
            r"invalid date field format|(date|timestamp) field value out of range|invalid timestamp field",
            "CAST_INVALID_INPUT",
        ),
        (r"Date out of range|Cannot add interval|[Tt]imestamp.* out of range", "DATETIME_OVERFLOW"),
        (r"Could not parse string", "CANNOT_PARSE_TIMESTAMP"),
        (r"Could not convert string|Invalid type when casting|Failed to cast", "CAST_INVALID_INPUT"),
    )
)
"""Tried in order: the first that is found in the message."""


def condition_of(message: str) -> str | None:
    """Spark's condition of a DuckDB message, e.g. `DIVIDE_BY_ZERO`; None if there is none."""
    marked = _MARKED.search(message)
    if marked:
        return marked[1]
    return next((condition for pattern, condition in NATIVE if pattern.search(message)), None)


def text_of(message: str) -> str:
    """The message for people: ours without DuckDB's words around it, DuckDB's first line otherwise."""
    marked = _MARKED.search(message)
    if marked:
        words = _TAIL.sub("", marked[2].split("\n\nLINE")[0]).rstrip()
        return f"[{marked[1]}] {words}".rstrip()
    first = message.splitlines()[0] if message else ""
    return re.sub(r"^[A-Z][A-Za-z ]* Error: ", "", first)


def marked_text_of(message: str) -> str:
    """`text_of`, beginning with Spark's condition in brackets wherever it is known."""
    condition, text = condition_of(message), text_of(message)
    return text if text.startswith("[") or not condition else f"[{condition}] {text}"
