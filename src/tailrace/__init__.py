"""Tailrace: real-time lakehouse pipelines in SQL, from records and files to Delta tables, exactly once.

import tailrace
p = tailrace.load("weblogs")
p.sql("SELECT count(*) FROM silver.web_logs").fetchall()
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tailrace.duck.result import QueryResult
    from tailrace.model.errors import DataError, ProjectError, QueryError, Refused, TailraceError
    from tailrace.runtime.session import Session, load

__all__ = [
    "DataError",
    "ProjectError",
    "QueryError",
    "QueryResult",
    "Refused",
    "Session",
    "TailraceError",
    "load",
]

_HOMES = {
    "load": "tailrace.runtime.session",
    "Session": "tailrace.runtime.session",
    "QueryResult": "tailrace.duck.result",
    **dict.fromkeys(
        ("DataError", "ProjectError", "QueryError", "Refused", "TailraceError"), "tailrace.model.errors"
    ),
}


def __getattr__(name: str) -> Any:
    """Names are imported when they are used: `import tailrace` alone costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module 'tailrace' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
