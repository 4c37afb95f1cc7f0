"""The grid of typing: templates of one or two arguments `a` and `b`, over all combinations of types.

A line of `typing.txt` is the template, the number of arguments, the result types, and a letter for each
combination (`.`: refused), all separated by tabs; `=` stands for a row that is that of the type before.
The last of the types is a bare NULL.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from tailrace.sql.functions.registry import TABLE

FILE = Path(__file__).parent / "typing.txt"
_TEXTS = """
TINYINT; SMALLINT; INT; BIGINT; FLOAT; DOUBLE; DECIMAL(10,2); DECIMAL(38,18); STRING; BINARY; BOOLEAN; DATE;
TIMESTAMP; TIMESTAMP_NTZ; INTERVAL DAY TO SECOND; INTERVAL YEAR TO MONTH; ARRAY<INT>; ARRAY<STRING>;
MAP<STRING,INT>; STRUCT<a INT, b STRING>
"""
KINDS = tuple(text.strip() for text in _TEXTS.replace("\n", " ").split(";"))
NULL = len(KINDS)
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789" + "".join(
    map(chr, range(0xC0, 0x250))
)
_SIGNS = "+ - * / % DIV || & | ^ << >> = <> < >= <=> AND OR LIKE ILIKE RLIKE"
_BINARY = _SIGNS.split()
_OTHERS = (
    *("- a", "+ a", "~ a", "NOT a", "a IS NULL", "a IS NOT NULL", "a IS TRUE", "a IS NOT FALSE"),
    *("a IN (b)", "a NOT IN (b)", "a BETWEEN b AND b", "CASE WHEN a THEN b END", "CASE a WHEN b THEN 1 END"),
    *("CASE WHEN true THEN a ELSE b END", "a[b]", "a IS DISTINCT FROM b", "a IS NOT DISTINCT FROM b"),
)
_UNNAMED = ("struct", "arrays_zip")
"""Functions whose fields are named as the columns are, which differ here."""


def templates() -> list[tuple[str, int]]:
    """Every scalar function of the table, the operators, the casts."""
    functions = {TABLE.find(name) for name in TABLE.names if not name.startswith("__")}
    names = sorted(f.names[0] for f in functions if f and f.kind == "scalar" and f.names[0] not in _UNNAMED)
    calls = [(f"{name}({', '.join('ab'[:count])})", count) for name in names for count in (0, 1, 2)]
    signs = [(f"a {sign} b", 2) for sign in _BINARY]
    others = [(text, 2 if re.search(r"\bb\b", text) else 1) for text in _OTHERS]
    casts = [(f"{word}(a AS {kind})", 1) for word in ("CAST", "TRY_CAST") for kind in KINDS[:-1]]
    return [*calls, *signs, *others, *casts]


def combinations(count: int) -> list[tuple[int, ...]]:
    return list(itertools.product(range(NULL + 1), repeat=count))


def filled(template: str, places: Sequence[int]) -> str:
    """The template with columns `a3`, `b5`, or NULL."""
    texts = {x: "NULL" if i == NULL else f"{x}{i}" for x, i in zip("ab", places, strict=False)}
    return re.sub(r"\b[ab]\b", lambda found: texts.get(found[0], found[0]), template)


def line(template: str, count: int, found: Sequence[str | None]) -> str:
    kinds = sorted({one for one in found if one is not None})
    text = "".join("." if one is None else _LETTERS[kinds.index(one)] for one in found)
    width = (NULL + 1) ** max(count - 1, 0)
    rows = [text[i : i + width] for i in range(0, len(text), width)]
    packed = [row if i == 0 or row != rows[i - 1] else "=" for i, row in enumerate(rows)]
    return "\t".join([template, str(count), "|".join(kinds), (" " if count > 1 else "").join(packed)])


def read(text: str) -> tuple[str, int, list[str | None]]:
    """A line taken apart again."""
    template, number, kinds, packed = text.split("\t")
    rows = packed.split(" ") if int(number) > 1 else list(packed)
    for i, row in enumerate(rows):
        rows[i] = rows[i - 1] if row == "=" else row
    known = kinds.split("|")
    return template, int(number), [None if x == "." else known[_LETTERS.index(x)] for x in "".join(rows)]


def differing(
    template: str, count: int, theirs: Sequence[str | None], ours: Sequence[str | None]
) -> list[tuple[str, str | None, str | None]]:
    """The calls that are answered with another type than Spark's: call, Spark's type, ours."""
    pairs = zip(combinations(count), theirs, ours, strict=True)
    return [(filled(template, p), a, b) for p, a, b in pairs if b not in ("?", None) and a != b]


def refused_share(answers: Iterable[tuple[Sequence[str | None], Sequence[str | None]]]) -> float:
    """Of the calls that Spark takes the share that is not answered; `answers`: Spark's and ours by template."""
    asked = refused = 0
    for theirs, ours in answers:
        for one, own in zip(theirs, ours, strict=True):
            asked += one is not None
            refused += one is not None and own in ("?", None)
    return refused / asked
