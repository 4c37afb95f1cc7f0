"""What every verb shares: the global options before or after its name, its examples, its answer.

A verb's module holds one `command`, made with `@verb(...)`. Answers go to stdout by `Invocation.answer`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import click

from tailrace.cli.output import CELL_WIDTH_MAX, OUTPUTS, Output, Row, render

F = TypeVar("F", bound=Callable[..., Any])


@dataclass
class Invocation:
    """The global options of this call, wherever they were written."""

    directory: str = "."
    profile: str | None = None
    output: Output = "table"

    def answer(
        self, rows: Iterable[Row], columns: Sequence[str], cell_width_max: int = CELL_WIDTH_MAX
    ) -> None:
        """Print rows in the wanted form."""
        click.echo(render(rows, columns, self.output, cell_width_max), nl=False)


def _remember(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    if value is None:
        return
    assert parameter.name is not None, "a global option has a name"
    setattr(context.ensure_object(Invocation), parameter.name.removeprefix("global_"), value)


def global_options() -> list[click.Parameter]:
    """`-C`, `--profile` and `--output`; they end up in the `Invocation`."""
    return [
        click.Option(
            ["-C", "global_directory"],
            metavar="DIR",
            expose_value=False,
            callback=_remember,
            help="Project folder (default: here).",
        ),
        click.Option(
            ["--profile", "global_profile"],
            metavar="P",
            expose_value=False,
            callback=_remember,
            help="Profile of tailrace.yaml.",
        ),
        click.Option(
            ["--output", "global_output"],
            type=click.Choice(OUTPUTS),
            expose_value=False,
            callback=_remember,
            help="Form of the answer (default: table).",
        ),
    ]


class Verb(click.Command):
    """A command with the global options, and examples at the end of its help."""

    def __init__(self, *args: Any, examples: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.examples = tuple(examples)
        self.params.extend(global_options())

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_epilog(ctx, formatter)
        if self.examples:
            with formatter.section("Examples"):
                for example in self.examples:
                    formatter.write(f"{' ' * formatter.current_indent}{example}\n")


def verb(name: str, *examples: str) -> Callable[[Callable[..., Any]], Verb]:
    """Make a function the verb `name`; its docstring is the help, `examples` are whole command lines."""

    def make(function: Callable[..., Any]) -> Verb:
        made = click.command(name, cls=Verb, examples=examples)(function)
        assert isinstance(made, Verb)
        return made

    return make


pass_invocation = click.make_pass_decorator(Invocation, ensure=True)
