"""Functions of strings and bytes, by Spark's answers."""

from __future__ import annotations

from tailrace.model.types import BINARY, INT, STRING
from tailrace.sql.functions.table import Function, overloads, scalar

FUNCTIONS: tuple[Function, ...] = (
    overloads(
        scalar("length char_length character_length len", [STRING], INT, "CAST(length({0}) AS INTEGER)"),
        scalar("length", [BINARY], INT, "CAST(octet_length({0}) AS INTEGER)"),
    ),
)
