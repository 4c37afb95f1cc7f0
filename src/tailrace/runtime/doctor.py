"""`doctor`: whether this machine and the project's folders can keep what Tailrace promises."""

from __future__ import annotations

import os
import shutil
import sys
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from tailrace.lake.identity import read_identity
from tailrace.model.errors import AnotherRunner, TailraceError
from tailrace.project.project import Project
from tailrace.runtime.doors import local_lake
from tailrace.runtime.lock import RunnerLock

DISK_FREE_MIN = 1 << 30
PACKAGES = ("duckdb", "deltalake", "sqlglot", "arro3-core", "arro3-io")


@dataclass(frozen=True)
class Finding:
    """One check: `problem` is None where all is well; `fixed` says what `--fix` did."""

    check: str
    found: str
    problem: str | None = None
    fixed: str | None = None


def examine(project: Project, fix: bool) -> list[Finding]:
    """All checks. With `fix`, folders that are missing are made and left-over temporary files removed."""
    lake = local_lake(project.paths)
    findings = [_python(), *_packages()]
    for name, folder in (("lake", lake), ("data", project.paths.data)):
        findings += _folder(name, folder, fix)
    findings.append(_lock(project))
    findings.append(_identity(lake))
    findings += _left_over(lake, fix)
    return findings


def _python() -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    return Finding("python", found, None if sys.version_info >= (3, 11) else "3.11 or newer is needed")


def _packages() -> Iterator[Finding]:
    for name in PACKAGES:
        try:
            yield Finding(f"package {name}", version(name))
        except PackageNotFoundError:
            yield Finding(f"package {name}", "missing", "install Tailrace anew")


def _folder(name: str, folder: Path, fix: bool) -> Iterator[Finding]:
    check = f"{name} folder"
    if folder.exists() and not folder.is_dir():
        yield Finding(check, str(folder), "it is a file; remove it or give `paths:` another folder")
        return
    if not folder.exists():
        if not fix:
            yield Finding(check, f"{folder} is not there yet")
            return
        problem = _problem(lambda: folder.mkdir(parents=True))
        yield Finding(check, str(folder), problem, None if problem else "made it")
        if problem:
            return
    yield Finding(check, str(folder), _problem(lambda: _write(folder)))
    yield Finding(f"{name}: put-if-absent", "link()", _problem(lambda: _put_if_absent(folder)))
    yield Finding(f"{name}: sync", "fsync()", _problem(lambda: _sync(folder)))
    free = shutil.disk_usage(folder).free
    short = None if free >= DISK_FREE_MIN else "less than 1 GiB is left"
    yield Finding(f"{name}: disk", f"{free / 2**30:.1f} GiB free", short)


def _problem(probe: Callable[[], None]) -> str | None:
    try:
        probe()
    except OSError as error:
        return str(error)
    return None


def _write(folder: Path) -> None:
    path = folder / f".doctor-{uuid.uuid4().hex}"
    path.write_bytes(b"x")
    path.unlink()


def _put_if_absent(folder: Path) -> None:
    """A second link to the same name must be refused: it is what decides a batch."""
    stem = folder / f".doctor-{uuid.uuid4().hex}"
    first, second, target = (stem.with_suffix(f".{i}") for i in range(3))
    try:
        first.write_bytes(b"1")
        second.write_bytes(b"2")
        target.hardlink_to(first)
        try:
            target.hardlink_to(second)
        except FileExistsError:
            return
        raise OSError("a second link to the same name was not refused: batches could be decided twice")
    finally:
        for path in (first, second, target):
            path.unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _lock(project: Project) -> Finding:
    if not project.paths.state.exists():
        return Finding("runner", "none ran yet")
    lock = RunnerLock(project.paths.state)
    try:
        lock.acquire()
    except AnotherRunner as other:
        return Finding("runner", other.message)
    except OSError as error:
        return Finding("runner", "unknown", str(error))
    lock.release()
    return Finding("runner", "none is running")


def _identity(lake: Path) -> Finding:
    try:
        identity = read_identity(lake)
    except TailraceError as error:
        return Finding("lake identity", "unreadable", error.message)
    except OSError as error:
        return Finding("lake identity", "unreadable", str(error))
    return Finding("lake identity", identity.lake_id if identity else "none yet")


def _left_over(lake: Path, fix: bool) -> Iterator[Finding]:
    """Temporary decision files of a killed runner: harmless, swept at each start."""
    found = list((lake / "_tailrace" / "batches").glob(".*.tmp"))
    if not found:
        return
    if fix:
        for path in found:
            path.unlink(missing_ok=True)
    yield Finding("left-over files", f"{len(found)} in the batch log", fixed="removed them" if fix else None)
