"""The templates that ship with Tailrace, as new project folders."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from tailrace.model.errors import UsageError

EMPTY = {
    "bronze/.gitkeep": "",
    "silver/.gitkeep": "",
    "gold/.gitkeep": "",
    "tailrace.yaml": "# What is not a query: topics and their sources, parameters, paths. See docs/project.md.\n",
    ".gitignore": "/lake/\n/.tailrace/\n",
}


def templates() -> list[str]:
    """Names of the templates."""
    root = files("tailrace.templates")
    return sorted(item.name for item in root.iterdir() if item.is_dir() and not item.name.startswith("_"))


def make_project(directory: Path, template: str | None) -> list[Path]:
    """Fill a new or empty folder; returns its files, relative. Raises UsageError where that cannot be."""
    if template is not None and template not in templates():
        raise UsageError(f"There is no template {template!r}.", hint=f"there are {', '.join(templates())}")
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise UsageError(f"{directory} is there already and not empty.", hint="name a new folder")
    made: list[Path] = []
    if template is None:
        for name, text in EMPTY.items():
            made.append(_write(directory, Path(name), text.encode()))
        return made
    for relative, item in _walk(files("tailrace.templates") / template, Path()):
        made.append(_write(directory, relative, item.read_bytes()))
    made.append(_write(directory, Path(".gitignore"), EMPTY[".gitignore"].encode()))
    return sorted(made)


def _write(directory: Path, relative: Path, data: bytes) -> Path:
    path = directory / relative
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return relative


def _walk(folder: Traversable, relative: Path) -> list[tuple[Path, Traversable]]:
    found = []
    for item in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if item.name.startswith("__"):
            continue
        here = relative / item.name
        found += _walk(item, here) if item.is_dir() else [(here, item)]
    return found
