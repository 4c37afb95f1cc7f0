"""`tailrace validate`: all errors of a project, or with `--syntax` whether SQL files parse."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from tailrace.cli.verb import Invocation, pass_invocation, verb
from tailrace.model.errors import ProjectError, Refused, UsageError

PROBLEM_COLUMNS = ("file", "line", "column", "kind", "problem", "hint")
SYNTAX_COLUMNS = ("file", "line", "kind", "name", "ok", "problem")


@verb(
    "validate",
    "tailrace validate",
    "tailrace -C weblogs validate --output json",
    "tailrace validate --syntax bronze/*.sql --output json",
)
@click.option("--syntax", is_flag=True, help="Only parse FILES: one line per statement.")
@click.option(
    "--engine", default="embedded", show_default=True, metavar="E", help="Engine that is to run it."
)
@click.argument("files", nargs=-1, type=click.Path(), metavar="[FILES]...")
@pass_invocation
def command(call: Invocation, syntax: bool, engine: str, files: tuple[str, ...]) -> int:
    """Find all errors of a project before it runs.

    The answer is a line per problem, with file, line and column; with --output json or csv it goes to
    stdout. With --syntax the files are parsed on their own, outside of any project; the answer has one line per
    statement: file, line, kind, name, ok and the first problem. The exit code is 2 if there is a problem.
    """
    if engine != "embedded":
        raise Refused(f"The engine '{engine}' is not executed yet.", hint="Leave --engine out.")
    if syntax:
        if not files:
            raise UsageError("--syntax needs at least one file.", hint="tailrace validate --syntax a.sql")
        rows = [row for file in files for row in _statements(file)]
        call.answer(rows, SYNTAX_COLUMNS)
        return 0 if all(row["ok"] for row in rows) else 2
    if files:
        raise UsageError("FILES are only for --syntax.", hint="Name a project folder by -C DIR.")
    return _project(call)


def _project(call: Invocation) -> int:
    from tailrace.model.errors import ProjectErrors
    from tailrace.runtime.project import load_settings, open_project
    from tailrace.runtime.source_process import source_options

    errors: list[ProjectError] = []
    try:
        compiled = open_project(call.directory, call.profile).compiled
    except ProjectErrors as wrong:
        errors += wrong.errors
    with suppress(ProjectError):  # settings that cannot be read are among the errors already
        project = load_settings(call.directory, call.profile)
        try:
            source_options(project)
        except ProjectErrors as wrong:
            errors += wrong.errors
    if errors:
        if call.output == "table":
            raise ProjectErrors(errors)
        call.answer([_problem(error) for error in errors], PROBLEM_COLUMNS)
        return 2
    if call.output == "table":
        datasets = [*compiled.datasets.values(), *compiled.inlined.values()]
        kinds = Counter(dataset.kind.replace("_", " ") for dataset in datasets)
        shown = ", ".join(f"{count} {kind}{'' if count == 1 else 's'}" for kind, count in kinds.items())
        click.echo(f"ok: {shown or 'no datasets'}")
    else:
        call.answer([], PROBLEM_COLUMNS)
    return 0


def _problem(error: ProjectError) -> dict[str, Any]:
    place = error.place
    return {
        "file": place.file if place else None,
        "line": place.line if place else None,
        "column": place.column if place else None,
        "kind": "refused" if isinstance(error, Refused) else "error",
        "problem": error.message,
        "hint": error.hint,
    }


def _statements(file: str) -> Iterator[dict[str, Any]]:
    from tailrace.sql.parse.check import problem_of
    from tailrace.sql.parse.heads import parse

    for parsed in parse(_read(file), file):
        problem = parsed.problem
        if parsed.statement is not None:
            problem = problem_of(parsed.statement, file)
        yield {
            "file": file,
            "line": parsed.position.line,
            "kind": parsed.kind,
            "name": parsed.name,
            "ok": problem is None,
            "problem": _one_line(problem) if problem else None,
        }


def _read(file: str) -> str:
    try:
        data = Path(file).read_bytes()
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}.") from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Old editors: what does not parse is told by its place all the same.
        return data.decode("cp1252", errors="replace")


def _one_line(problem: ProjectError) -> str:
    """`line:column: message Hint: ...`; the file stands in its own column."""
    place = f"{problem.place.line}:{problem.place.column}: " if problem.place else ""
    hint = f" Hint: {problem.hint}" if problem.hint else ""
    return " ".join(f"{place}{problem.message}{hint}".split())
