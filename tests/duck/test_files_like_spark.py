"""Files read here as Spark 4.2 reads them: its answers stand in fixtures/files_spark.json."""

from __future__ import annotations

import json
import re
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tailrace.duck.infer_files import infer_schema
from tailrace.files.options import parse_options
from tailrace.model.errors import Refused

from .file_reading import TYPES, Reader, columns, options_of, put

FIXTURE = Path(__file__).parent / "fixtures" / "files_spark.json"
ALL = json.loads(FIXTURE.read_text(encoding="utf-8"))
ROWS = [case for case in ALL if "rows" in case]
COLUMNS = [case for case in ALL if "columns" in case]


def _title(case: dict[str, Any]) -> str:
    return f"{case['format']} {case.get('schema', '')} {case['text'][:30]!r} {case['options'] or ''}"


def _schema(text: str) -> Any:
    parts = re.findall(r"\w+ (?:STRUCT<.*?>|ARRAY<.*?>|DECIMAL\(\d+,\d+\)|\w+)", text)
    assert all(part.partition(" ")[2] in TYPES for part in parts)
    return columns(*parts)


def _shown(value: Any) -> Any:
    """A value as Spark casts it to STRING."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        text = value.astimezone().strftime("%Y-%m-%d %H:%M:%S.%f") if value.tzinfo is None else str(value)
        text = re.sub(r"\+00:00$", "", text)
        return re.sub(r"\.?0+$", "", text) if "." in text else text
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (int, Decimal)):
        return str(value)
    if isinstance(value, float):
        return value
    raise AssertionError(value)


def _same(ours: Any, spark: str | None) -> bool:
    if isinstance(ours, float) and spark is not None:
        theirs = float(spark.replace("Infinity", "inf"))
        return ours == theirs or (ours != ours and theirs != theirs)
    return bool(ours == spark)


@pytest.mark.parametrize("case", ROWS, ids=_title)
def test_rows(tmp_path: Path, case: dict[str, Any]) -> None:
    reader = Reader(tmp_path)
    put(tmp_path, "in", case["text"])
    schema = _schema(case["schema"])
    options = parse_options("read_files", case["format"], case["options"])
    found = reader.rows("in", schema, options)
    if "<" in case["schema"]:
        names = [f.name for f in schema.fields]
        shown = [json.dumps(_dropped(dict(zip(names, row, strict=True)))) for row in found]
        assert [json.loads(s) for s in shown] == [json.loads(row[0]) for row in case["rows"]]
        return
    ours = [[_shown(value) for value in row] for row in found]
    assert len(ours) == len(case["rows"]), (ours, case["rows"])
    for our_row, spark_row in zip(ours, case["rows"], strict=True):
        assert all(_same(*pair) for pair in zip(our_row, spark_row, strict=True)), (our_row, spark_row)


def _dropped(value: Any) -> Any:
    """`to_json` leaves NULL fields out."""
    if isinstance(value, dict):
        return {k: _dropped(v) for k, v in value.items() if v is not None}
    return value


@pytest.mark.parametrize("case", COLUMNS, ids=_title)
def test_inferred_columns(tmp_path: Path, case: dict[str, Any]) -> None:
    reader = Reader(tmp_path)
    put(tmp_path, "in", case["text"])
    options = parse_options("read_files", case["format"], case["options"])
    plain = reader.open("in", options)
    schema = infer_schema(reader.connection, [plain.listed], options, tmp_path / ".scratch")
    ours = [[f.name, f.type.simple_string] for f in schema.fields]
    assert ours == [*case["columns"], ["_rescued_data", "string"]]


def test_a_pattern_with_unknown_letters_is_refused() -> None:
    with pytest.raises(Refused, match="QQ"):
        options_of("csv", dateFormat="yyyy-QQ")
