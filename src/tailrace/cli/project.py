"""Datasets as people name them on the command line."""

from __future__ import annotations

from difflib import get_close_matches

from tailrace.model.errors import UsageError
from tailrace.project.compiled import CompiledProject, Dataset


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
    close = get_close_matches(wanted, everything, n=1)
    hint = f"Did you mean {close[0]}?" if close else f"Datasets: {', '.join(everything) or 'none'}."
    raise UsageError(f"There is no dataset '{name}'.", hint=hint)
