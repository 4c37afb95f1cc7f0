"""What step 2 leaves: one value per read, and what became of its files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class BrokenFile:
    """A file that counts as one row: in = 1, error = 1."""

    path: str
    rule: Literal["file", "file_changed"]
    reason: str


@dataclass(frozen=True)
class SeenFile:
    """A file that a reader took in this batch: a row of the table `_tailrace/files`."""

    reader: str
    path: str
    size: int
    modified_us: int
    sha256: str | None
    rows: int | None
    status: Literal["read", "broken", "changed"]


@dataclass(frozen=True)
class Loaded:
    """One read in memory. `in_` comes from offsets or footers, `rows` from counting the relation."""

    relation: str
    rows: int
    in_: int | None
    broken: tuple[BrokenFile, ...] = ()
    seen: tuple[SeenFile, ...] = ()
