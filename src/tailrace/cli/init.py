"""`tailrace init`: a new project."""

from __future__ import annotations

from pathlib import Path

import click

from tailrace.cli.verb import Invocation, pass_invocation, verb


@verb("init", "tailrace init shop", "tailrace init weblogs --template weblogs")
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--template", metavar="T", help="Begin with a template: weblogs or turnstile.")
@pass_invocation
def command(call: Invocation, directory: Path, template: str | None) -> int:
    """Make a new project folder, empty or from a template. A folder with files in it is left alone."""
    from tailrace.runtime.templates import make_project

    made = make_project(directory, template)
    click.echo(f"Made {directory} with {len(made)} files. Next: tailrace -C {directory} up", err=True)
    call.answer([{"file": str(path)} for path in made], ("file",))
    return 0
