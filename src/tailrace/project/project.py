"""A project as data: its settings, where its files go, and its statements in the order of the files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tailrace.model.errors import Place
from tailrace.project.settings import Settings
from tailrace.sql.parse.statement import Statement


@dataclass(frozen=True)
class Paths:
    """Where files go; absolute. `lake` may be a URL such as `s3://bucket/lake`."""

    lake: str
    data: Path
    log: Path
    state: Path
    ledger: Path
    serve: Path


@dataclass(frozen=True)
class Defined:
    """One statement with what held where it stands: default schema, parameters, file."""

    statement: Statement
    place: Place
    schema: str
    """The schema of names without one: the folder's, or that of the last USE before it."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    """Values for `${name}`: those of tailrace.yaml and of every SET before it."""


@dataclass(frozen=True)
class Project:
    """A loaded project. Nothing in it was bound or typed yet."""

    root: Path
    settings: Settings
    paths: Paths
    statements: tuple[Defined, ...]
    profile: str | None = None
