"""The text of nested JSON values as it stands in the file.

A text column may meet an object or a list; Spark gives its characters, blanks and all. The executor would
print it anew. Only rows where the two differ come here, and they are read in Python.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from json import JSONDecodeError
from pathlib import Path

import duckdb

from tailrace.duck.connection import literal
from tailrace.duck.files_cells import line_size, longest_line

ROWS = 20_000
_BLANKS = " \t\n\r"


def load_exact(
    connection: duckdb.DuckDBPyConnection, beside: Path, lines: str, names: Sequence[str], table: str
) -> bool:
    """Fill `table(__line BIGINT, x0, x1, ...)`, a text for each of `names`, with the rows of
    `lines(v JSON, raw BLOB, good)` in which one of them is nested and not written tightly. False if there
    is none: then there is no table. `beside` is a file of ours; what is read goes through one next to it."""
    tests = []
    for name in names:
        path = literal('$."' + name.replace('"', '\\"') + '"')
        nested = f"json_type(v, {path}) IN ('OBJECT', 'ARRAY')"
        tests.append(f"({nested} AND NOT contains(decode(raw), json_extract(v, {path})::VARCHAR))")
    if not tests:
        return False
    found = connection.execute(
        f"SELECT rowid, decode(raw) FROM {lines} WHERE CASE WHEN good THEN {' OR '.join(tests)} ELSE false END"
    )
    target = beside.with_suffix(".exact")
    count = 0
    with open(target, "w", encoding="utf-8", newline="") as out:
        while rows := found.fetchmany(ROWS):
            count += len(rows)
            for row, line in rows:
                written = members(line)
                texts = [written.get(name, "") for name in names]
                shown = ("" if text[:1] not in ("{", "[") else _quoted(text) for text in texts)
                out.write(f"{row},{','.join(shown)}\n")
    if count:
        columns = "".join(f", 'x{n}': 'VARCHAR'" for n in range(len(names)))
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT * FROM read_csv({literal(str(target))}, "
            f"columns = {{'__line': 'BIGINT'{columns}}}, auto_detect = false, header = false, delim = ',', "
            f"quote = '\"', escape = '\"', new_line = '\\n', parallel = false, "
            f"{line_size(longest_line(target))})"
        )
    target.unlink()
    return count > 0


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


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
