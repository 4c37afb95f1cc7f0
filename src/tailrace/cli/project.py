"""A project on the command line: datasets as people name them, and what to say while its SQL is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

import click

from tailrace.model.errors import ProjectError, UsageError
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


def tell_errors(errors: Sequence[ProjectError]) -> None:
    """Warn that a project is wrong, before what it made is shown: its first error, and how many there are."""
    if not errors:
        return
    first, more = errors[0], len(errors) - 1
    others = f" (and {more} more)" if more else ""
    click.echo(
        f"warning: the project is wrong: {first.place}: {first.message}{others}\n"
        "  hint: `tailrace validate` tells all; shown is what was made before",
        err=True,
    )
