"""Templates as projects in a test's folder, run by the command line as users run it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tailrace.runtime.templates import make_project


def make(folder: Path, template: str) -> Path:
    """A project from a template."""
    make_project(folder, template)
    return folder


def tailrace(
    project: Path, *words: str, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """One command, in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "tailrace", "-C", str(project), *words],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "TAILRACE_MTA_DIR": "", **(env or {})},
        check=False,
    )


def answer(project: Path, *words: str, env: dict[str, str] | None = None) -> list[dict[str, Any]]:
    """A command's answer as rows. Fails with what it said if the exit code is not 0."""
    done = tailrace(project, *words, "--output", "json", env=env)
    assert done.returncode == 0, done.stderr
    rows: list[dict[str, Any]] = json.loads(done.stdout)
    return rows
