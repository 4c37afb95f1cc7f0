"""Files as an input: what is new to a reader, reading it, and the record of what was taken.

A reader is one edge of one flow, `<flow key>|<edge>`. What it took is a row of the table
`_tailrace/files`, committed with the batch that took it, so that each file is read exactly once.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tailrace.duck.gather import Gathering
from tailrace.duck.read_files import read_file
from tailrace.duck.source import ORD_FILE, table_scan
from tailrace.engine.doors import Doors, ReadsFiles
from tailrace.engine.loaded import BrokenFile, Loaded, SeenFile
from tailrace.engine.plan import FilesRead
from tailrace.files.listing import ListedFile, Seen, is_stable, list_files, plan_files
from tailrace.files.opening import BrokenFile as Unreadable
from tailrace.files.opening import hash_file, open_source
from tailrace.files.options import FileOptions, parse_options
from tailrace.lake import schema as delta_schema
from tailrace.model.batch import Decision
from tailrace.model.types import Field, Schema
from tailrace.sql.compiled import METADATA_TYPE, FilesInput

FILES_TABLE = "_tailrace/files"
STABLE_WAIT_SECONDS = 30.0
"""A file that is written to without end does not hold a run up for longer."""


@dataclass
class SeenFiles:
    """What every reader took, from the table `_tailrace/files`, kept up to date batch by batch."""

    _by_reader: dict[str, dict[str, Seen]] = field(default_factory=lambda: defaultdict(dict))
    _order: dict[str, list[tuple[int, str]]] = field(default_factory=lambda: defaultdict(list))

    @staticmethod
    def load(doors: Doors) -> SeenFiles:
        """Everything taken so far."""
        seen = SeenFiles()
        table = doors.tables.table(FILES_TABLE)
        if table.exists():
            table.refresh()
            seen._take(doors, [file.path for file in table.files()])
        return seen

    def of(self, reader: str) -> Mapping[str, Seen]:
        """Path to what a reader read under it."""
        return self._by_reader[reader]

    def in_order(self, reader: str, listed: Sequence[ListedFile]) -> list[tuple[int, ListedFile]]:
        """(batch, file) of what a reader read, as far as the files are still there."""
        by_path = {file.path: file for file in listed}
        return [(n, by_path[path]) for n, path in self._order[reader] if path in by_path]

    def note(self, doors: Doors, decision: Decision) -> None:
        """Add the files that a completed batch took."""
        change = decision.tables.get(FILES_TABLE)
        if change is not None:
            self._take(doors, [file.path for file in change.add])

    def _take(self, doors: Doors, paths: Sequence[str]) -> None:
        table = doors.tables.table(FILES_TABLE)
        columns = delta_schema.from_json(table.schema())
        scan = table_scan(table.folder, paths, columns, ())
        rows = doors.connection.execute(
            "SELECT _batch, reader, path, size, epoch_us(modified), sha256, status "
            f"FROM ({scan}) ORDER BY _batch, _row"
        ).fetchall()
        for n, reader, path, size, modified_us, sha256, status in rows:
            self._by_reader[reader][path] = Seen(size, modified_us, sha256)
            if status == "read":
                self._order[reader].append((n, path))


def options_of(source: FilesInput) -> FileOptions:
    """The typed options of an input."""
    return parse_options(source.function, source.format, source.options)


def list_all(doors: ReadsFiles, source: FilesInput) -> tuple[ListedFile, ...]:
    """Every file that the input's path names now, in order."""
    return list_files(source.path, doors.project_folder, options_of(source), doors.allowed)


def list_new(doors: Doors, source: FilesInput, seen: Mapping[str, Seen]) -> list[ListedFile]:
    """Stable files that the reader has not taken, and those that came back with other content."""
    now = doors.clock.now_us()
    stable = [file for file in list_all(doors, source) if is_stable(file, now)]
    plan = plan_files(stable, seen, options_of(source).allow_overwrites, hash_file)
    wanted = {file.path for file in (*plan.new, *plan.overwritten, *plan.changed)}
    return [file for file in stable if file.path in wanted]


def wait_until_stable(doors: ReadsFiles, source: FilesInput) -> None:
    """Return when no listed file was modified within the last two seconds."""
    started = doors.clock.monotonic()
    while doors.clock.monotonic() - started < STABLE_WAIT_SECONDS:
        now = doors.clock.now_us()
        if all(is_stable(file, now) for file in list_all(doors, source)):
            return
        doors.clock.sleep(0.1)


def load_files(doors: Doors, read: FilesRead, name: str, seen: SeenFiles) -> Loaded:
    """Read files one after the other into one relation; one that cannot be read is one rejected row."""
    options = options_of(read.source)
    gathering = Gathering(doors.connection, name, len(read.files))
    broken: list[BrokenFile] = []
    taken: list[SeenFile] = []
    rows = 0
    counts: list[int | None] = []
    for order, file in enumerate(read.files):
        if read.upto is None and _is_changed(file, seen.of(read.reader), options):
            reason = f"{file.path} came again with other content (allowOverwrites is false)"
            broken.append(BrokenFile(file.path, "file_changed", reason))
            taken.append(_taken(read, file, None, None, "changed"))
            continue
        try:
            plain = open_source(file, options, doors.scratch)
            try:
                found = read_file(doors.connection, plain, read.source.schema, options, f"{name}_f{order}")
            finally:
                plain.close()
        except Unreadable as error:
            broken.append(BrokenFile(file.path, "file", error.message))
            taken.append(_taken(read, file, None, None, "broken"))
            continue
        gathering.add(found, f"*, {order}::BIGINT * {ORD_FILE} + __row AS __ord")
        rows += found.rows
        counts.append(found.in_)
        taken.append(_taken(read, file, plain.sha256, found.rows, "read"))
    gathering.leave()
    known = [count for count in counts if count is not None]
    in_ = sum(known) + len(broken) if len(known) == len(counts) else None
    return Loaded(name, rows, in_, tuple(broken), tuple(taken))


def _is_changed(file: ListedFile, seen: Mapping[str, Seen], options: FileOptions) -> bool:
    return file.path in seen and not options.allow_overwrites


def _taken(read: FilesRead, file: ListedFile, sha256: str | None, rows: int | None, status: str) -> SeenFile:
    assert status in ("read", "broken", "changed")
    return SeenFile(read.reader, file.path, file.size, file.modified_us, sha256, rows, status)  # type: ignore[arg-type]


@dataclass(frozen=True)
class BatchFiles:
    """The files that a view reads as a whole."""

    source: FilesInput
    files: tuple[ListedFile, ...]

    @property
    def fingerprint(self) -> str:
        """Changes whenever one of the files does."""
        text = "\n".join(f"{f.path}|{f.size}|{f.modified_us}" for f in self.files)
        return hashlib.sha256(text.encode()).hexdigest()

    def load(self, doors: ReadsFiles, name: str) -> tuple[str, int | None]:
        """A SELECT of all rows, and how many the footers or lines say there are.

        Raises BrokenFile for a file that cannot be read: a view fails as a whole.
        """
        options = options_of(self.source)
        gathering = Gathering(doors.connection, f"{name}_all", len(self.files))
        counts: list[int | None] = []
        for order, file in enumerate(self.files):
            plain = open_source(file, options, doors.scratch)
            try:
                found = read_file(doors.connection, plain, self.source.schema, options, f"{name}_f{order}")
            finally:
                plain.close()
            gathering.add(found)
            counts.append(found.in_)
        known = [count for count in counts if count is not None]
        rows = sum(known) if len(known) == len(counts) else None
        if not gathering.query:
            columns = (*self.source.schema.fields, Field("_metadata", METADATA_TYPE))
            return table_scan(doors.project_folder, (), Schema(columns), ()), 0
        return gathering.query, rows


def batch_files(doors: ReadsFiles, source: FilesInput) -> BatchFiles:
    """The stable files that a view's input names now."""
    now = doors.clock.now_us()
    return BatchFiles(source, tuple(f for f in list_all(doors, source) if is_stable(f, now)))
