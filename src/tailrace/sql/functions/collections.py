"""Functions of arrays, maps and structs, and the generators over them, by Spark's answers."""

from __future__ import annotations

from tailrace.sql.functions.table import Function

FUNCTIONS: tuple[Function, ...] = ()
