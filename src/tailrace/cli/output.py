"""Answers on stdout: a table for people, JSON (one array of objects), or CSV with a header.

In JSON numbers are numbers; decimals, dates, timestamps and intervals are strings, bytes are base64 and
floating point without a number (NaN, Infinity) is a string, as Spark's `to_json` has it.
"""

from __future__ import annotations

import base64
import csv
import io
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Literal

Output = Literal["table", "json", "csv"]
OUTPUTS: tuple[Output, ...] = ("table", "json", "csv")
Row = Mapping[str, Any]

CELL_WIDTH_MAX = 80


def render(
    rows: Iterable[Row], columns: Sequence[str], output: Output, cell_width_max: int = CELL_WIDTH_MAX
) -> str:
    """The whole answer as text, with a newline at its end. Only cells of tables are cut."""
    listed = [[row.get(column) for column in columns] for row in rows]
    if output == "json":
        return _json(listed, columns)
    if output == "csv":
        return _csv(listed, columns)
    return _table(listed, columns, cell_width_max)


def plain(value: Any) -> Any:
    """A value as JSON has it."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        if math.isnan(value):
            return "NaN"
        return ("Infinity" if value > 0 else "-Infinity") if math.isinf(value) else value
    if isinstance(value, bytes | bytearray | memoryview):
        return base64.b64encode(bytes(value)).decode()
    if isinstance(value, datetime):
        return _timestamp(value)
    if isinstance(value, date | time | Decimal | timedelta):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    return str(value)


def _timestamp(value: datetime) -> str:
    text = value.isoformat(sep=" ")
    return text.replace("+00:00", "Z") if value.tzinfo else text


def _json(rows: list[list[Any]], columns: Sequence[str]) -> str:
    lines = [
        json.dumps({name: plain(cell) for name, cell in zip(columns, row, strict=True)}, ensure_ascii=False)
        for row in rows
    ]
    return "[" + ",\n ".join(lines) + "]\n"


def _csv(rows: list[list[Any]], columns: Sequence[str]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow(["" if cell is None else _text(cell) for cell in row])
    return text.getvalue()


def _text(value: Any) -> str:
    value = plain(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def _cell(value: Any, width_max: int) -> str:
    """One line without control characters, so that data cannot move the cursor of a terminal."""
    text = "" if value is None else _text(value)
    text = "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)
    return text if len(text) <= width_max else text[: width_max - 1] + "…"


def _table(rows: list[list[Any]], columns: Sequence[str], cell_width_max: int) -> str:
    cells = [[_cell(value, cell_width_max) for value in row] for row in rows]
    widths = [max([len(column), *(len(row[i]) for row in cells)]) for i, column in enumerate(columns)]
    right = [
        bool(rows)
        and all(isinstance(row[i], int | float | Decimal | None) for row in rows)
        and not any(isinstance(row[i], bool) for row in rows)
        for i in range(len(columns))
    ]
    lines = [_line(list(columns), widths, right), _line(["-" * width for width in widths], widths, right)]
    lines += [_line(row, widths, right) for row in cells]
    return "\n".join(lines) + "\n"


def _line(cells: list[str], widths: list[int], right: list[bool]) -> str:
    padded = [
        cell.rjust(width) if flush else cell.ljust(width)
        for cell, width, flush in zip(cells, widths, right, strict=True)
    ]
    return "  ".join(padded).rstrip()
