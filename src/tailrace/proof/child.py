"""A run of the engine in a process of its own, so that a fault point can end it by SIGKILL.

python -m tailrace.proof.child '<JSON of a ChildRun>'
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from tailrace.model.errors import TailraceError
from tailrace.project.project import Paths, Project

TIMEOUT_SECONDS = 300


@dataclass(frozen=True)
class ChildRun:
    """What the child is to run: a project, its lake and run-time files elsewhere, its topics in place.

    `script`: the lake whose plans and times are carried out again. `fault`: (point, occurrence).
    """

    project: str
    profile: str | None
    lake: str
    data: str
    attempt: str
    script: str | None = None
    fault: tuple[str, int] | None = None


def command_line(run: ChildRun) -> list[str]:
    """The command that starts the child."""
    return [sys.executable, "-m", "tailrace.proof.child", json.dumps(asdict(run))]


def start(run: ChildRun) -> subprocess.Popen[str]:
    """Start the child; its messages are on its stderr."""
    return subprocess.Popen(command_line(run), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def finish(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Wait for the child: its exit code (negative for a signal) and what it said."""
    _, said = process.communicate(timeout=TIMEOUT_SECONDS)
    return process.returncode, said


def placed(project: Project, lake: Path, data: Path) -> Project:
    """The project with its lake and run-time files elsewhere; topics stay where they are."""
    paths = Paths(
        lake=str(lake),
        data=data,
        log=project.paths.log,
        state=data / "state",
        ledger=data / "ledger.sqlite",
        serve=data / "serve.sqlite",
    )
    return replace(project, paths=paths)


def main(argument: str) -> int:
    """Run what the argument says; the exit code is that of `tailrace run --available-now`."""
    from tailrace.proof.script import recorded
    from tailrace.runtime.inputs import FileSchemas
    from tailrace.runtime.project import Opened, allowed_folders, open_project
    from tailrace.runtime.run import RunOptions, run_project

    given = json.loads(argument)
    fault = tuple(given.pop("fault")) if given.get("fault") else None
    run = ChildRun(**{**given, "fault": fault})
    opened = open_project(run.project, run.profile)
    project = placed(opened.project, Path(run.lake), Path(run.data))
    schemas = FileSchemas(project.root, Path(run.lake), allowed_folders(project))
    moved = Opened(project, opened.compiled, schemas)
    script = recorded(Path(run.script)) if run.script else None
    options = RunOptions(available_now=True, fault=run.fault, script=script)
    summary = run_project(moved, options, "prove", attempt=run.attempt)
    for state in ("parked", "stale", "halted"):
        for name, reason in getattr(summary, state).items():
            sys.stderr.write(f"{name} is {state}: {reason}\n")
    return summary.exit_code


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1]))
    except TailraceError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)
