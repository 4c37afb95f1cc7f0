"""The process of a project's sources: `python -m tailrace.runtime.source_process DIR [PROFILE]`.

Runs every topic's source until SIGTERM or until all have ended. May be killed at any point: the log knows
how far each source is. Errors go to stderr; exit code 2 if the project is wrong.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from tailrace.log.embedded import EmbeddedLog
from tailrace.model.clock import Clock, SystemClock
from tailrace.model.errors import Place, ProjectError, ProjectErrors, TailraceError
from tailrace.model.interruption import Interruption
from tailrace.project.document import read_document
from tailrace.project.load import load_project
from tailrace.project.project import Project
from tailrace.runtime.orphans import end_with_supervisor
from tailrace.sources.contract import Appender, Source, drive
from tailrace.sources.generate import open_generate
from tailrace.sources.options import GenerateOptions, read_options

PRODUCER = "source"
FILE = "tailrace.yaml"


def source_options(project: Project) -> dict[str, GenerateOptions]:
    """Topic to the options of its source. Raises ProjectErrors with the places of all that is wrong."""
    path = project.root / FILE
    document = read_document(path.read_text() if path.exists() else "", FILE, dict(os.environ))
    found: dict[str, GenerateOptions] = {}
    errors: list[ProjectError] = []
    for name, topic in project.settings.topics.items():
        if topic.source is None:
            continue

        def place(inner: tuple[str | int, ...], name: str = name) -> Place:
            return document.place(("topics", name, "source", *inner))

        try:
            found[name] = read_options(topic.source.options, place)
        except ProjectErrors as wrong:
            errors += wrong.errors
    if errors:
        raise ProjectErrors(errors)
    return found


def open_sources(project: Project, clock: Clock) -> list[Source]:
    """The sources of all topics; topics that are missing are made. Raises ProjectErrors with places."""
    log = EmbeddedLog(project.paths.log, clock)
    found: list[Source] = []
    for name, options in source_options(project).items():
        topic = project.settings.topics[name]
        kept = topic.retention
        log.create(name, topic.partitions, kept.time if kept else None, kept.bytes if kept else None)
        found.append(open_generate(options, Appender(log, name, PRODUCER), clock, project.root))
    return found


def main(arguments: Sequence[str]) -> int:
    """Run the sources of a project folder."""
    stopping = Interruption()

    def stop(number: int, frame: object) -> None:
        stopping.asked = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    end_with_supervisor()
    clock = SystemClock()
    try:
        profile = arguments[1] if len(arguments) > 1 else None
        project = load_project(Path(arguments[0]), profile=profile, environment=dict(os.environ))
        drive(open_sources(project, clock), clock, stopping)
    except TailraceError as error:
        sys.stderr.write(f"error: {error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
