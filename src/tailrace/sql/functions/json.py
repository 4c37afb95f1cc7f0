"""Functions of JSON text, by Spark's answers."""

from __future__ import annotations

from tailrace.sql.functions.table import Function

FUNCTIONS: tuple[Function, ...] = ()
