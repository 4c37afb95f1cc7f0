"""Listing: which files a path names now, and which of them are new.

A file is (path, size, modification time); content is compared only where these differ. Names that begin
with `.` or `_`, at any level below the folder that is listed, are not there for us, nor is what is no regular file. A file that was
changed less than `STABLE_US` ago may still be written to and waits.
"""

from __future__ import annotations

import fnmatch
import os
import re
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from tailrace.files.options import FileOptions
from tailrace.model.clock import Clock
from tailrace.model.errors import EnvironmentFailure, Place, ProjectError

STABLE_US = 2_000_000
MAGIC = re.compile(r"[*?\[{]")


@dataclass(frozen=True)
class ListedFile:
    """A file as it was when listed. `path` is its identity: relative to the project folder with `/`
    where it lies inside, else absolute. `partitions` are its `key=value` folders."""

    path: str
    absolute: Path
    size: int
    modified_us: int
    partitions: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        return self.absolute.name


@dataclass(frozen=True)
class Seen:
    """What was read under a path. `sha256` is None for a file that could not be read to its end."""

    size: int
    modified_us: int
    sha256: str | None


@dataclass(frozen=True)
class FilePlan:
    """What a listing asks for, in the order of the listing; each file stands in one of them."""

    new: tuple[ListedFile, ...] = ()
    same: tuple[ListedFile, ...] = ()
    overwritten: tuple[ListedFile, ...] = ()
    """Changed, and `allowOverwrites` says to read them again."""
    changed: tuple[ListedFile, ...] = ()
    """Changed against the rule: rejected whole, rule `file_changed`."""


@dataclass(frozen=True)
class Listing:
    """Files in order."""

    files: tuple[ListedFile, ...] = field(default=())

    def stable(self, clock: Clock) -> Listing:
        """Without files that were modified within the last two seconds."""
        now = clock.now_us()
        return Listing(tuple(file for file in self.files if is_stable(file, now)))


def is_stable(file: ListedFile, now_us: int) -> bool:
    """Unchanged for two seconds; a time from the future (a clock put back) counts as stable."""
    age = now_us - file.modified_us
    return age >= STABLE_US or age < 0


def check_inside(
    path: Path, roots: Sequence[Path], place: Place | None = None, linked: Sequence[Path] = ()
) -> Path:
    """The resolved path, if it and all that its links lead to lies below one of `roots`.

    Below one of `linked`, folders that the project allows by name, links may lead anywhere: whoever allows
    a folder allows what was put into it.
    """
    resolved = Path(os.path.realpath(path))
    if any(Path(os.path.abspath(path)).is_relative_to(os.path.abspath(root)) for root in linked):
        return resolved
    for root in roots:
        if resolved.is_relative_to(os.path.realpath(root)):
            return resolved
    plain = os.path.abspath(path)
    linked_out = any(Path(plain).is_relative_to(os.path.abspath(root)) for root in roots)
    raise ProjectError(
        f"{str(path)!r} {f'is by a link {str(resolved)!r}, which ' if linked_out else ''}"
        "lies outside the project's folders.",
        place=place,
        hint=f"name the folder under `paths: allow:` in tailrace.yaml, such as {str(resolved.parent)!r}",
    )


def list_files(
    path: str,
    project: Path,
    options: FileOptions,
    allowed: Sequence[Path] = (),
    place: Place | None = None,
) -> tuple[ListedFile, ...]:
    """Every file that `path` (a file, a folder, a pattern with `*`, `**`, `{a,b}`) names now.

    Ordered by name or by (modification time, name), as the options say. A path that names nothing gives
    nothing. Raises ProjectError for a path outside `project` and `allowed`.
    """
    roots = (project, *allowed)
    pattern = _local(path)
    if "://" in pattern:
        raise ProjectError(f"{path!r} is not a local path.", place=place, hint="only local files are read")
    found: dict[str, ListedFile] = {}
    for one in _alternatives(pattern):
        base, rest = _split_pattern(one)
        start = (project / base) if not os.path.isabs(base) else Path(base)
        check_inside(start, roots, place, allowed)
        for absolute in _matching(start, rest, options.recursive is not False):
            listed = _listed(absolute, start, project, options, (roots, allowed), place)
            if listed is not None and _wanted(listed, options):
                found[listed.path] = listed
    return tuple(sorted(found.values(), key=_order(options)))


def resolved_path(path: str, project: Path) -> str:
    """The path or pattern as it is looked for: absolute, without `.` and `..`."""
    return os.path.normpath(project / _local(path))


def _local(path: str) -> str:
    return path.removeprefix("file://") if path.startswith("file:///") else path


def plan_files(
    listed: Sequence[ListedFile],
    seen: Mapping[str, Seen],
    allow_overwrites: bool,
    digest: Callable[[ListedFile], str],
) -> FilePlan:
    """Sort a listing by what was seen. `digest` is asked only for a file whose size is the same and whose
    time is not: with equal content it is the same file."""
    new, same, overwritten, changed = [], [], [], []
    for file in listed:
        before = seen.get(file.path)
        if before is None:
            new.append(file)
        elif (before.size, before.modified_us) == (file.size, file.modified_us) or (
            before.size == file.size and before.sha256 is not None and digest(file) == before.sha256
        ):
            same.append(file)
        elif allow_overwrites:
            overwritten.append(file)
        else:
            changed.append(file)
    return FilePlan(tuple(new), tuple(same), tuple(overwritten), tuple(changed))


def take(files: Sequence[ListedFile], options: FileOptions) -> tuple[ListedFile, ...]:
    """The files of one batch: at least one, then as many as the two limits let in."""
    chosen: list[ListedFile] = []
    total = 0
    for file in files[: options.max_files]:
        total += file.size
        if chosen and options.max_bytes is not None and total > options.max_bytes:
            break
        chosen.append(file)
    return tuple(chosen)


def _order(options: FileOptions) -> Callable[[ListedFile], tuple[int, str]]:
    if options.order_by == "name":
        return lambda file: (0, file.path)
    return lambda file: (file.modified_us, file.path)


def _wanted(file: ListedFile, options: FileOptions) -> bool:
    if options.name_glob is not None and not any(
        fnmatch.fnmatchcase(file.name, one) for one in _alternatives(options.name_glob)
    ):
        return False
    if options.modified_after_us is not None and file.modified_us <= options.modified_after_us:
        return False
    return options.modified_before_us is None or file.modified_us < options.modified_before_us


def _alternatives(pattern: str) -> list[str]:
    """`a{b,c}d` as `abd`, `acd`; braces nest."""
    start = pattern.find("{")
    if start < 0:
        return [pattern]
    depth, parts, last = 0, [], start + 1
    for position in range(start, len(pattern)):
        char = pattern[position]
        depth += {"{": 1, "}": -1}.get(char, 0)
        if (char == "," and depth == 1) or depth == 0:
            parts.append(pattern[last:position])
            last = position + 1
        if depth == 0:
            tail = pattern[position + 1 :]
            return [whole for part in parts for whole in _alternatives(pattern[:start] + part + tail)]
    return [pattern]


def _split_pattern(pattern: str) -> tuple[str, str]:
    """The folder before the first part with a wildcard, and the pattern below it."""
    parts = PurePosixPath(pattern).parts
    for number, part in enumerate(parts):
        if MAGIC.search(part):
            return str(PurePosixPath(*parts[:number])), "/".join(parts[number:])
    return pattern, ""


def _matching(start: Path, rest: str, recursive: bool) -> Iterator[Path]:
    if not rest:
        yield from _walk(start, recursive)
        return
    matcher = re.compile(_regex(rest))
    # Each step of a pattern without `**` goes one folder down; a folder that matches is listed itself.
    for absolute in _walk(start, True):
        inner = absolute.relative_to(start).parts
        if matcher.fullmatch("/".join(inner)):
            yield absolute
        elif any(matcher.fullmatch("/".join(inner[:depth])) for depth in range(1, len(inner))):
            depth = next(d for d in range(1, len(inner)) if matcher.fullmatch("/".join(inner[:d])))
            if recursive or depth == len(inner) - 1:
                yield absolute


def _walk(start: Path, recursive: bool) -> Iterator[Path]:
    if start.is_file():
        yield start
        return
    try:
        for folder, below, names in os.walk(start, followlinks=True):
            below[:] = sorted(n for n in below if not n.startswith((".", "_"))) if recursive else []
            if _loops(Path(folder)):
                below[:] = []
                continue
            for name in sorted(names):
                if not name.startswith((".", "_")):
                    yield Path(folder) / name
    except OSError as error:
        raise EnvironmentFailure(f"{str(start)!r} cannot be listed: {error.strerror}.") from error


def _loops(folder: Path) -> bool:
    """True where a link leads back to a folder that is already above."""
    real = os.path.realpath(folder)
    return any(os.path.realpath(above) == real for above in folder.parents)


def _regex(pattern: str) -> str:
    out = []
    for part in pattern.split("/"):
        if part == "**":
            out.append("(?:[^/]+/)*")
            continue
        text = fnmatch.translate(part)
        inner = re.sub(r"^\(\?s:(.*)\)\\[zZ]$", r"\1", text, flags=re.S).replace(".*", "[^/]*")
        out.append(inner + "/")
    joined = "".join(out)
    return joined.removesuffix("/") if not pattern.endswith("**") else joined + "[^/]+"


def _listed(
    absolute: Path,
    start: Path,
    project: Path,
    options: FileOptions,
    roots: tuple[Sequence[Path], Sequence[Path]],
    place: Place | None,
) -> ListedFile | None:
    check_inside(absolute, roots[0], place, roots[1])
    try:
        status = absolute.stat()
    except FileNotFoundError:
        return None  # gone since the folder was read
    except OSError as error:
        raise EnvironmentFailure(f"{str(absolute)!r} cannot be looked at: {error.strerror}.") from error
    if not stat.S_ISREG(status.st_mode):
        return None  # reading a pipe or a device may never end
    normal = Path(os.path.normpath(absolute))
    home = Path(os.path.normpath(project))
    path = normal.relative_to(home).as_posix() if normal.is_relative_to(home) else normal.as_posix()
    below = absolute.relative_to(start).parts[:-1] if absolute != start else ()
    return ListedFile(path, normal, status.st_size, status.st_mtime_ns // 1_000, _partitions(below, options))


def _partitions(folders: Sequence[str], options: FileOptions) -> tuple[tuple[str, str], ...]:
    """`year=2024` folders, where the options ask for them. `%xx` is decoded as Hive writes it."""
    if options.recursive is True and options.partition_columns is None:
        return ()
    wanted = options.partition_columns
    found = []
    for folder in folders:
        key, equals, value = folder.partition("=")
        if equals and key and (wanted is None or key.lower() in {name.lower() for name in wanted}):
            decoded = re.sub(r"%([0-9A-Fa-f]{2})", lambda m: chr(int(m.group(1), 16)), value)
            found.append((key, decoded))
    return tuple(found)
