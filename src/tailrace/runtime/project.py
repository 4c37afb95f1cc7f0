"""Opens a project for a command: the environment is read here, and nowhere else."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from tailrace.log.embedded import EmbeddedLog
from tailrace.model.clock import SystemClock
from tailrace.model.errors import ProjectError
from tailrace.project import load
from tailrace.project.compile import compile_project, compile_usable
from tailrace.project.compiled import CompiledProject
from tailrace.project.load import load_project
from tailrace.project.project import Project
from tailrace.runtime.doors import local_lake
from tailrace.runtime.inputs import FileSchemas
from tailrace.runtime.reader import Reader


@dataclass(frozen=True)
class Opened:
    """A project, loaded and compiled."""

    project: Project
    compiled: CompiledProject
    schemas: FileSchemas
    errors: tuple[ProjectError, ...] = ()
    """What is wrong with it; only `open_usable` gives such a project."""


def load_settings(directory: str, profile: str | None = None) -> Project:
    """The project's settings and statements, nothing bound yet. Raises ProjectErrors, UsageError."""
    return load_project(Path(directory), profile=profile, environment=dict(os.environ))


def open_project(directory: str, profile: str | None = None) -> Opened:
    """Load and compile. Raises ProjectErrors with everything that is wrong."""
    project = load_settings(directory, profile)
    schemas = FileSchemas(project.root, local_lake(project.paths), allowed_folders(project))
    return Opened(project, compile_project(project, schemas), schemas)


def open_usable(directory: str, profile: str | None = None) -> Opened:
    """What is right of a project: for looking at what it has made. Raises ProjectErrors for wrong settings."""
    project, wrong = load.load_usable(Path(directory), profile=profile, environment=dict(os.environ))
    schemas = FileSchemas(project.root, local_lake(project.paths), allowed_folders(project))
    compiled, errors = compile_usable(project, schemas)
    return Opened(project, compiled, schemas, (*wrong, *errors))


def open_reader(directory: str, profile: str | None = None) -> Reader:
    """Look at what a project has made."""
    opened = open_project(directory, profile)
    return Reader(opened.project.paths, opened.compiled)


def open_usable_reader(directory: str, profile: str | None = None) -> Reader:
    """Look at what a project has made, also while its SQL is wrong."""
    opened = open_usable(directory, profile)
    return Reader(opened.project.paths, opened.compiled, errors=opened.errors)


def open_log(directory: str, profile: str | None = None, topic: str | None = None) -> tuple[EmbeddedLog, int]:
    """The project's log, and how many partitions its settings want for a topic. SQL is not looked at."""
    settings, paths = load.load_settings(Path(directory), profile=profile, environment=dict(os.environ))
    wanted = settings.topics.get(topic or "")
    return EmbeddedLog(paths.log, SystemClock()), wanted.partitions if wanted else 1


def allowed_folders(project: Project) -> tuple[Path, ...]:
    """Folders outside the project from which its files may come: `paths: allow:`."""
    return tuple((project.root / path).resolve() for path in project.settings.paths.allow)
