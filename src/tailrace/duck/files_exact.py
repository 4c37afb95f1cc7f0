"""The text of nested JSON values as it stands in the file.

A text column may meet an object or a list; Spark gives its characters, blanks and all. The executor would
print it anew. Only rows where the two differ come here, and they are read in Python.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from json import JSONDecodeError

import duckdb

from tailrace.duck.connection import literal

_BLANKS = " \t\n\r"


def load_exact(connection: duckdb.DuckDBPyConnection, lines: str, names: Sequence[str], table: str) -> bool:
    """Fill `table(row BIGINT, texts MAP)` with the rows of `lines(v JSON, raw BLOB, good)` in which a value
    of `names` is nested and not written tightly. False if there is none: then there is no table."""
    tests = []
    for name in names:
        path = literal('$."' + name.replace('"', '\\"') + '"')
        nested = f"json_type(v, {path}) IN ('OBJECT', 'ARRAY')"
        tests.append(f"({nested} AND NOT contains(decode(raw), json_extract(v, {path})::VARCHAR))")
    if not tests:
        return False
    found = connection.execute(
        f"SELECT rowid, decode(raw) FROM {lines} WHERE good AND ({' OR '.join(tests)})"
    ).fetchall()
    if not found:
        return False
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} (row BIGINT, texts MAP(VARCHAR, VARCHAR))")
    wanted = set(names)
    rows = []
    for row, line in found:
        texts = {key: text for key, text in members(line).items() if key in wanted and text[:1] in "{["}
        rows.append((row, json.dumps(texts)))
    connection.executemany(
        f"INSERT INTO {table} SELECT ?, json(?)::MAP(VARCHAR, VARCHAR)", [list(row) for row in rows]
    )
    return True


def members(line: str) -> dict[str, str]:
    """The members of a JSON object as written; {} for what is none."""
    decoder = json.JSONDecoder(strict=False)
    found: dict[str, str] = {}
    position = _skip(line, 0)
    if not line.startswith("{", position):
        return {}
    position = _skip(line, position + 1)
    try:
        while line.startswith('"', position):
            key, position = decoder.raw_decode(line, position)
            position = _skip(line, position)
            position = _skip(line, position + 1)
            _, end = decoder.raw_decode(line, position)
            found.setdefault(key, line[position:end])
            position = _skip(line, end)
            if not line.startswith(",", position):
                break
            position = _skip(line, position + 1)
    except (JSONDecodeError, RecursionError):
        return {}
    return found


def _skip(line: str, position: int) -> int:
    while position < len(line) and line[position] in _BLANKS:
        position += 1
    return position
