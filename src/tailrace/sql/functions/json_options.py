"""Options of the JSON functions, `map('name', 'value', ...)`: names in any case, values as they are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tailrace.sql.errors import NotAnswered
from tailrace.sql.functions.table import Arg


@dataclass(frozen=True)
class Reading:
    """How a document is read. `strict`: a value of another type fails it; patterns are None for Spark's own."""

    strict: bool = False
    timestamp_format: str | None = None
    date_format: str | None = None


def options_of(arg: Arg, known: Mapping[str, str]) -> dict[str, str]:
    """The values of an argument's options by their names in small letters; `known`: what is answered."""
    inner = arg.name[len("map(") : -1]
    parts = inner.split(", ") if inner else []
    names = [name.lower() for name in parts[::2]]
    if not arg.name.startswith("map(") or len(parts) % 2 or len(set(names)) < len(names):
        raise NotAnswered(f"options other than map({', '.join(known.values())}) are not answered")
    for written, name in zip(parts[::2], names, strict=True):
        if name not in known:
            raise NotAnswered(f"the option {written!r} is not answered, only {', '.join(known.values())}")
    return dict(zip(names, parts[1::2], strict=True))
