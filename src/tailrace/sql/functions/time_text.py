"""The text of dates and times: Spark signs years beyond four digits and has a year 0, DuckDB writes BC."""

from __future__ import annotations

from tailrace.sql.typed import once

_FIRST, _LAST = "DATE '0001-01-01'", "DATE '9999-12-31'"
_LAST_TIME = "TIMESTAMP '9999-12-31 23:59:59.999999'"


def date_text(sql: str) -> str:
    """DuckDB SQL for the text of a DATE."""
    return once([sql], lambda v: _signed(v[0], _LAST))


def time_text(sql: str) -> str:
    """DuckDB SQL for the text of a TIMESTAMP without a zone."""
    return once([sql], lambda v: _signed(v[0], _LAST_TIME))


def _signed(v: str, last: str) -> str:
    year = f"year(CAST({v} AS DATE))"
    written = f"CAST({v} AS VARCHAR)"
    rest = f"regexp_replace({written}, '^[0-9]+(.*) [(]BC[)]', '\\1')"
    early = f"CASE WHEN {year} < 0 THEN '-' ELSE '' END || printf('%04d', abs({year})) || {rest}"
    odd = f"CASE WHEN {year} > 0 THEN '+' || {written} ELSE {early} END"
    return f"CASE WHEN {v} BETWEEN {_FIRST} AND {last} OR {v} IS NULL THEN {written} ELSE {odd} END"
