"""Forms of an answer."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal

from tailrace.cli.output import render

ROWS = [
    {"n": 1, "d": Decimal("1.50"), "t": datetime(2024, 1, 2, 3, 4, 5, 6, UTC), "x": [1, {"a": b"\xff"}]},
    {"n": 20, "d": None, "t": datetime(2024, 1, 2), "x": "a\x1b[31m\nb"},
]


def test_json_has_numbers_as_numbers_and_the_rest_as_strings() -> None:
    assert json.loads(render(ROWS, ["n", "d", "t", "x"], "json")) == [
        {"n": 1, "d": "1.50", "t": "2024-01-02 03:04:05.000006Z", "x": [1, {"a": "/w=="}]},
        {"n": 20, "d": None, "t": "2024-01-02 00:00:00", "x": "a\x1b[31m\nb"},
    ]
    assert render([], ["n"], "json") == "[]\n"


def test_json_stays_json_for_what_is_no_number() -> None:
    values = {"a": float("nan"), "b": float("inf"), "c": 2.5, "d": date(2024, 1, 2), "e": True}
    assert json.loads(render([values], list(values), "json")) == [
        {"a": "NaN", "b": "Infinity", "c": 2.5, "d": "2024-01-02", "e": True}
    ]


def test_csv_has_a_header_and_empty_nulls() -> None:
    assert (
        render(ROWS[:1], ["n", "d", "x", "none"], "csv") == 'n,d,x,none\n1,1.50,"[1, {""a"": ""/w==""}]",\n'
    )


def test_table_is_aligned_and_cannot_move_the_cursor() -> None:
    assert render(ROWS, ["n", "x"], "table").splitlines() == [
        " n  x",
        "--  ------------------",
        ' 1  [1, {"a": "/w=="}]',
        "20  a\\x1b[31m\\nb",
    ]
