"""`tailrace VERB ...`: finds the verb, runs it, turns errors into a message and an exit code.

Verbs are loaded by name only when they are called, so that `--help` stays fast. Exit codes: 0 done,
1 it failed, 2 wrong use or a wrong project, 130 stopped by Ctrl-C. Answers go to stdout, everything else to stderr.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from traceback import extract_tb
from types import FrameType
from typing import NoReturn

import click

from tailrace.cli.verb import Invocation, global_options
from tailrace.model.errors import Bug, EnvironmentFailure, ProjectError, ProjectErrors, TailraceError
from tailrace.model.interruption import Interruption

INTERRUPTED = 130
END_SECONDS = 3.0

VERBS: dict[str, str] = {
    "init": "Make a new project folder, from a template if you like.",
    "demo": "Run a template at once and show what it did.",
    "validate": "Find all errors of a project, or of SQL files alone.",
    "run": "Run the engine of a project.",
    "up": "Run engine and sources, with a live picture.",
    "status": "Show what is going on.",
    "accounts": "Show the accounts: rows in, kept, rejected, out.",
    "explain": "Show how a dataset is computed.",
    "lineage": "Show where the columns of datasets come from.",
    "query": "Ask any table of the project in SQL.",
    "rejected": "Show the rows that were not kept, and why.",
    "produce": "Write lines into a topic.",
    "consume": "Read records of a topic.",
    "resume": "Let a parked dataset go on.",
    "topic": "Look after topics.",
    "doctor": "Check this machine and the project's folders.",
    "fsck": "Check the lake against the batch log.",
    "prove": "Kill the engine at every step and compare the tables.",
    "bench": "Measure the pipeline on this machine.",
}
"""Name and one-line help of every verb; its code is `tailrace.cli.<name>`, its command `command`."""


class Verbs(click.Group):
    """The verbs of the table, each imported when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name in VERBS if find_spec(f"tailrace.cli.{name}") is not None]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS or find_spec(f"tailrace.cli.{cmd_name}") is None:
            return None
        command = import_module(f"tailrace.cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Verbs"):
            formatter.write_dl([(name, VERBS[name]) for name in self.list_commands(ctx)])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            known = self.list_commands(ctx)
            from difflib import get_close_matches

            close = get_close_matches(args[0], known, n=1)
            hint = f" Did you mean '{close[0]}'?" if close else ""
            raise click.UsageError(f"No verb '{args[0]}'.{hint}", ctx) from error


def _show_version(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value:
        from importlib.metadata import version

        click.echo(f"tailrace {version('tailrace')}")
        context.exit()


def _group() -> Verbs:
    version = click.Option(
        ["--version"],
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_show_version,
        help="Show the version and end.",
    )
    return Verbs(
        "tailrace",
        help="Real-time lakehouse pipelines in SQL: from records and files to Delta tables, exactly once.",
        params=[*global_options(), version],
        epilog="tailrace VERB --help shows a verb's options and examples.",
        callback=lambda: None,
        no_args_is_help=True,
    )


def show_error(error: TailraceError) -> None:
    """The message on stderr, red on a terminal that takes colours; then the hint."""
    errors: list[TailraceError] = list(error.errors) if isinstance(error, ProjectErrors) else [error]
    for one in errors:
        place = f"{one.place}: " if isinstance(one, ProjectError) and one.place else ""
        click.secho("error: ", fg="red", bold=True, nl=False, err=True, color=_colour())
        click.echo(f"{place}{one.message}", err=True)
        if one.hint:
            click.echo(f"  hint: {one.hint}", err=True)


def _colour() -> bool | None:
    """False without colours by NO_COLOR; None leaves it to click, which asks for a terminal."""
    return False if os.environ.get("NO_COLOR") else None


def unexpected(error: Exception) -> TailraceError:
    """What nobody foresaw, as a message: the system's refusal, or our mistake with its place in the code."""
    if isinstance(error, OSError):
        what = error.strerror or str(error)
        place = f"{error.filename}: " if error.filename else ""
        hint = "`tailrace doctor` looks at the project's folders and the disk"
        return EnvironmentFailure(f"{place}{what}.", hint=hint)
    if isinstance(error, UnicodeEncodeError):
        sign = error.object[error.start]
        return EnvironmentFailure(
            f"The encoding {error.encoding} of the output has no {sign!r}.", hint="set PYTHONIOENCODING=utf-8"
        )
    if isinstance(error, MemoryError):
        return EnvironmentFailure(
            "There is not enough memory.", hint="smaller batches need less: `engine:` in docs/project.md"
        )
    frames = extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "tailrace" in Path(frame.filename).parts] or list(frames)
    place = f"{Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else "no place"
    text = str(error).strip() or "no words"
    return Bug(
        f"This is a mistake in Tailrace: {type(error).__name__}: {text} ({place}).",
        hint="please report it with the command and the project; what was decided is safe",
    )


def run(arguments: list[str], interruption: Interruption | None = None) -> int:
    """Run one command line and give its exit code. What fails after the interruption says nothing."""
    group = _group()
    try:
        code = group.main(arguments, "tailrace", standalone_mode=False, obj=Invocation())
    except TailraceError as error:
        show_error(error)
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return 2
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except SystemExit:
        # Click ends so when the reader of the answer went away, as `| head -1` does: that is no failure.
        return 0
    except BrokenPipeError:
        # The reader of our answer went away; nothing more can be said there.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if interruption is not None and interruption.asked:
            return INTERRUPTED
        translated = unexpected(error)
        show_error(translated)
        return translated.exit_code
    return code if isinstance(code, int) else 0


def _end_at_last(handler: Callable[[int, FrameType | None], NoReturn]) -> None:
    """End the process some seconds after a Ctrl-C that `handler` was to answer and could not: a query may
    keep the main thread in the executor, where no handler runs. Nothing is lost by it, as by no kill."""
    told, tell = os.pipe()
    os.set_blocking(tell, False)
    signal.set_wakeup_fd(tell, warn_on_full_buffer=False)

    def watch() -> None:
        while True:
            (number,) = os.read(told, 1)
            if number == signal.SIGINT and signal.getsignal(signal.SIGINT) is handler:
                time.sleep(END_SECONDS)
                os._exit(INTERRUPTED)

    Thread(target=watch, daemon=True).start()


def main() -> NoReturn:
    """The entry point of the console script."""
    interruption = Interruption()

    def on_interrupt(number: int, frame: FrameType | None) -> NoReturn:
        interruption.asked = True
        raise KeyboardInterrupt

    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, on_interrupt)
        _end_at_last(on_interrupt)
    sys.exit(run(sys.argv[1:], interruption))
