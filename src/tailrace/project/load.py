"""A folder to a `Project`: `tailrace.yaml` if there is one, and every `*.sql` below.

Pure but for reading these files; the environment is passed in. All errors of the settings and of the
heads are collected and raised as one `ProjectErrors`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from tailrace.model.errors import Place, ProjectError, ProjectErrors, Refused, UsageError
from tailrace.project.document import read_text
from tailrace.project.names import schema_problem
from tailrace.project.project import Defined, Paths, Project
from tailrace.project.read_settings import SETTINGS_FILE, read_settings
from tailrace.project.settings import Settings
from tailrace.sql.parse.heads import parse
from tailrace.sql.parse.statement import SetStatement, UseStatement

_URL = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)
_QUOTES = "'\""


def load_project(directory: Path, *, profile: str | None = None, environment: Mapping[str, str]) -> Project:
    """Load a project folder. Raises ProjectErrors with all that is wrong, UsageError if there is no folder."""
    project, errors = load_usable(directory, profile=profile, environment=environment)
    if errors:
        raise ProjectErrors(errors)
    return project


def load_usable(
    directory: Path, *, profile: str | None = None, environment: Mapping[str, str]
) -> tuple[Project, list[ProjectError]]:
    """The statements of a project that are right, and what is wrong, in order of places.

    Raises ProjectErrors where the settings are wrong, UsageError if there is no folder.
    """
    root = directory.resolve()
    if not root.is_dir():
        raise UsageError(f"{directory} is no folder.", hint="Name the project's folder by -C DIR.")
    settings, errors = read_settings(root, profile, environment)
    usable = settings or Settings()
    paths = resolve_paths(root, usable)
    statements: list[Defined] = []
    parameters = usable.parameter_texts
    for path in _sql_files(root, paths):
        defined, problems = _load_file(root, path, parameters)
        statements += defined
        errors += problems
    if settings is None:
        raise ProjectErrors(sorted(errors, key=_order))
    return Project(root, settings, paths, tuple(statements), profile), sorted(errors, key=_order)


def load_settings(
    directory: Path, *, profile: str | None = None, environment: Mapping[str, str]
) -> tuple[Settings, Paths]:
    """Only tailrace.yaml: for what must work while the SQL does not. Raises ProjectErrors, UsageError."""
    root = directory.resolve()
    if not root.is_dir():
        raise UsageError(f"{directory} is no folder.", hint="Name the project's folder by -C DIR.")
    settings, errors = read_settings(root, profile, environment)
    if errors or settings is None:
        raise ProjectErrors(sorted(errors, key=_order))
    return settings, resolve_paths(root, settings)


def resolve_paths(root: Path, settings: Settings) -> Paths:
    """The settings' paths, absolute."""
    paths = settings.paths
    data = (root / paths.data).resolve()
    lake = paths.lake if _URL.match(paths.lake) else str((root / paths.lake).resolve())
    return Paths(
        lake=lake,
        data=data,
        log=(root / paths.log).resolve() if paths.log else data / "log",
        state=(root / paths.state).resolve() if paths.state else data / "state",
        ledger=(root / paths.ledger).resolve() if paths.ledger else data / "ledger.sqlite",
        serve=(root / paths.serve).resolve() if paths.serve else data / "serve.sqlite",
    )


def _sql_files(root: Path, paths: Paths) -> Iterator[Path]:
    """Every SQL file in order of its path; tests, hidden folders, lake and data are left out, and what is a
    project of its own."""
    seen = {root}
    left_out = {paths.data, paths.log, paths.state, Path(paths.lake)}

    def walk(folder: Path, *, top: bool) -> Iterator[Path]:
        for path in sorted(folder.iterdir()):
            if path.name.startswith(".") or path in left_out or (top and path.name == "tests"):
                continue
            if path.is_dir():
                if (path / SETTINGS_FILE).exists():
                    continue
                real = path.resolve()
                if real not in seen:
                    seen.add(real)
                    yield from walk(path, top=False)
            elif path.suffix.lower() == ".sql":
                yield path

    yield from walk(root, top=True)


def _load_file(
    root: Path, path: Path, parameters: Mapping[str, str]
) -> tuple[list[Defined], list[ProjectError]]:
    file = path.relative_to(root).as_posix()
    folders = path.relative_to(root).parts[:-1]
    schema = folders[0].lower() if folders else "default"
    problem = schema_problem(schema)
    if problem:
        hint = "Name the folder differently."
        return [], [ProjectError(problem, place=Place(file, 1), hint=hint)]
    try:
        text = read_text(path, file)
    except ProjectError as error:
        return [], [error]
    known = dict(parameters)
    defined: list[Defined] = []
    errors: list[ProjectError] = []
    for parsed in parse(text, file):
        place = Place(file, parsed.position.line, parsed.position.column)
        statement = parsed.statement
        if statement is None:
            assert parsed.problem is not None, "a statement or a problem"
            errors.append(parsed.problem)
        elif isinstance(statement, UseStatement):
            if statement.what == "schema":
                schema = statement.name.parts[-1].lower() if statement.name.parts else schema
                problem = schema_problem(schema)
                if problem:
                    errors.append(ProjectError(problem, place=place))
        elif isinstance(statement, SetStatement):
            refused = _set(statement, known, place)
            if refused:
                errors.append(refused)
        else:
            defined.append(Defined(statement, place, schema, dict(known)))
    return defined, errors


def _set(statement: SetStatement, parameters: dict[str, str], place: Place) -> ProjectError | None:
    """SET gives a parameter a value; settings of Spark's session are refused."""
    key = statement.key
    if statement.value is None:
        return Refused(
            f"SET {key} only shows a value." if key else "SET shows values.",
            place=place,
            hint="SET name = value sets a parameter.",
        )
    if key.lower().startswith(("spark.", "pipelines.")) or " " in key:
        return Refused(
            f"SET {key} would change Spark's session, which there is none of here.",
            place=place,
            hint="Take it away; ANSI mode and UTC are what holds.",
        )
    value = statement.value
    if len(value) > 1 and value[0] in _QUOTES and value[-1] == value[0]:
        value = value[1:-1]
    parameters[key] = value
    return None


def _order(error: ProjectError) -> tuple[str, int, int]:
    place = error.place or Place("", 0)
    return place.file, place.line, place.column
