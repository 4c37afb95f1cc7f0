"""The project that a call is about, loaded and compiled."""

from __future__ import annotations

import os
from pathlib import Path

from tailrace.cli.verb import Invocation
from tailrace.model.errors import UsageError
from tailrace.project.compiled import CompiledProject, Dataset
from tailrace.project.load import load_project
from tailrace.project.project import Project


def load(call: Invocation) -> Project:
    """The project of `-C DIR` with `--profile P`."""
    return load_project(Path(call.directory), profile=call.profile, environment=os.environ)


def dataset_named(project: CompiledProject, name: str) -> Dataset:
    """A dataset by its name, with or without schema. Raises UsageError if there is none or several."""
    wanted = name.lower()
    everything = {**project.datasets, **project.inlined}
    if wanted in everything:
        return everything[wanted]
    found = [known for known in everything if known.partition(".")[2] == wanted]
    if len(found) == 1:
        return everything[found[0]]
    if found:
        raise UsageError(f"'{name}' may be {' or '.join(found)}.", hint="Write the schema too.")
    from difflib import get_close_matches

    close = get_close_matches(wanted, everything, n=1)
    hint = f"Did you mean {close[0]}?" if close else f"Datasets: {', '.join(everything) or 'none'}."
    raise UsageError(f"There is no dataset '{name}'.", hint=hint)
