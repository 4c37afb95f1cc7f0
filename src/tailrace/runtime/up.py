"""`up`: a small supervisor of the engine's and the sources' processes.

Each runs alone; a child that is killed is started again, one that ends by itself with an error ends the
whole. A stop asks both by SIGTERM and waits for them. Killed itself, it takes both with it (orphans.py).
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tailrace.project.project import Project
from tailrace.runtime.lock import RunnerLock
from tailrace.runtime.orphans import supervised

STOP_SECONDS = 10.0
RESTARTS_MAX = 5
LOOK_SECONDS = 0.25
WORDS_MAX = 2_000


@dataclass
class Child:
    """One process of the supervisor; its messages go to a file."""

    name: str
    command: Sequence[str]
    log: Path
    restarts: int = 0
    said_before: int = 0
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self) -> None:
        """Start it, in a session of its own so that Ctrl-C reaches only the supervisor."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with open(self.log, "ab") as messages:
            self.said_before = messages.tell()
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.PIPE,  # its end tells the child that the supervisor is gone
                stdout=messages,
                stderr=messages,
                start_new_session=True,
                env=supervised(os.environ),
            )

    def last_words(self) -> str:
        """What it said at last: its error, or else the end of its messages since it was started."""
        try:
            said = self.log.read_bytes()[self.said_before :].decode(errors="replace").strip()
        except FileNotFoundError:
            return ""
        _, found, words = said.rpartition("error: ")
        return words if found else said[-WORDS_MAX:]


@dataclass(frozen=True)
class Ended:
    """How `up` ended: the exit code, and which child ended it with what last words."""

    exit_code: int
    child: str | None = None
    words: str = ""


def refuse_beside(state: Path) -> None:
    """Raises AnotherRunner where an engine works already, before any source is started twice."""
    lock = RunnerLock(state)
    lock.acquire()
    lock.release()


def supervise(children: Sequence[Child], stopping: Callable[[], bool], look: Callable[[], None]) -> Ended:
    """Keep the children running until `stopping()`; `look` is called several times a second."""
    for child in children:
        child.start()
    try:
        while not stopping():
            ended = _check(children)
            if ended is not None:
                return ended
            look()
            time.sleep(LOOK_SECONDS)
        return Ended(0)
    finally:
        try:
            stop(children)
        except BaseException:
            stop(children)  # whatever rang meanwhile: who comes next must find no engine at work
            raise


def _check(children: Sequence[Child]) -> Ended | None:
    for child in children:
        assert child.process is not None
        code = child.process.poll()
        if code is None or (code == 0 and child.name == "sources"):
            continue
        if code < 0 and child.restarts < RESTARTS_MAX:
            child.restarts += 1
            child.start()
            continue
        return Ended(code if code > 0 else 1, child.name, child.last_words())
    return None


def stop(children: Sequence[Child]) -> None:
    """Ask all by SIGTERM, wait, then insist."""
    for child in children:
        if child.process is not None and child.process.poll() is None:
            child.process.send_signal(signal.SIGTERM)
    for child in children:
        if child.process is None:
            continue
        try:
            child.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.process.kill()
            child.process.wait()


def children_of(project: Project, profile: str | None, trigger: float | None) -> list[Child]:
    """The engine, and the sources where the project has some."""
    data = project.paths.data
    base = [sys.executable, "-m", "tailrace", "-C", str(project.root)]
    base += ["--profile", profile] if profile else []
    engine = [*base, "run", *(["--trigger", f"{trigger}s"] if trigger is not None else [])]
    found = [Child("engine", engine, data / "engine.log")]
    if any(topic.source for topic in project.settings.topics.values()):
        command = [sys.executable, "-m", "tailrace.runtime.source_process", str(project.root)]
        found.append(Child("sources", command + ([profile] if profile else []), data / "sources.log"))
    return found
