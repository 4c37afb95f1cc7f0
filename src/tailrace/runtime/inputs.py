"""The columns of `read_files` calls: inferred once, remembered in the lake, widened by new columns.

`<lake>/_tailrace/inferred/<id>.json` holds what a call gave and which files were looked at, so that a start
looks only at files it does not know, and a table keeps its types when the first files are gone.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from tailrace.duck.connection import connect
from tailrace.duck.infer_files import NothingReadable, infer_schema
from tailrace.files.listing import ListedFile, list_files, resolved_path
from tailrace.files.options import FileOptions, parse_options
from tailrace.lake import schema as delta_schema
from tailrace.model import types as t
from tailrace.model.errors import Place, ProjectError
from tailrace.sql.catalog import FilesCall
from tailrace.sql.parse.heads import parse

FIXED_EVOLUTIONS = ("rescue", "none")
"""Modes in which new columns never join the schema."""


@dataclass(frozen=True)
class Known:
    """What was inferred for a call before."""

    schema: t.Schema
    files: frozenset[str]


class FileSchemas:
    """Answers what `*` gives for a call; `remember` writes to the lake what was found."""

    def __init__(self, root: Path, lake: Path, allowed: Sequence[Path]) -> None:
        self._root = root
        self._folder = lake / "_tailrace" / "inferred"
        self._allowed = allowed
        self._found: dict[str, Known] = {}

    def __call__(
        self, path: str, format: str, options: tuple[tuple[str, str], ...], function: str, place: Place
    ) -> t.Schema:
        """What `*` gives. Raises ProjectError with the call's place."""
        called = cast(Literal["read_files", "cloud_files"], function)
        call = FilesCall(path, format, options, called, place)
        typed = parse_options(called, format, options, place)
        declared = parse_columns(typed.schema, place) if typed.schema else None
        hints = parse_columns(typed.schema_hints, place) if typed.schema_hints else None
        if declared is not None:
            return self._infer((), typed, declared, hints, place, call.path)
        identity = _identity(call, typed.format)
        known = self._found.get(identity) or self._load(identity)
        listed = list_files(call.path, self._root, typed, self._allowed, place)
        new = [file for file in listed if known is None or _file_identity(file) not in known.files]
        if known is not None and (not new or typed.evolution in FIXED_EVOLUTIONS):
            return known.schema
        try:
            found = self._infer(new, typed, None, hints, place, call.path)
        except NothingReadable:
            if known is None:
                raise
            found = known.schema  # each broken file is a rejected row of its reader, and holds nobody else up
        schema = _widened(known.schema, found) if known else found
        before = known.files if known else frozenset()
        self._found[identity] = Known(schema, before | {_file_identity(file) for file in new})
        return schema

    def remember(self) -> None:
        """Keep what was found, so that the next start need not look again."""
        for identity, known in self._found.items():
            self._folder.mkdir(parents=True, exist_ok=True)
            value = {"schema": delta_schema.schema_json(known.schema, False), "files": sorted(known.files)}
            temporary = self._folder / f".{identity}-{os.getpid()}.tmp"
            temporary.write_text(json.dumps(value))
            temporary.replace(self._folder / f"{identity}.json")

    def _load(self, identity: str) -> Known | None:
        try:
            value = json.loads((self._folder / f"{identity}.json").read_text())
        except FileNotFoundError:
            return None
        return Known(delta_schema.from_json(value["schema"]), frozenset(value["files"]))

    def _infer(
        self,
        files: Sequence[ListedFile],
        options: FileOptions,
        declared: t.Schema | None,
        hints: t.Schema | None,
        place: Place,
        path: str,
    ) -> t.Schema:
        resolved = resolved_path(path, self._root)
        named = repr(path) if resolved == path else f"{path!r}, which is {resolved!r},"
        with tempfile.TemporaryDirectory(prefix="tailrace-infer-") as scratch:
            connection = connect()
            try:
                return infer_schema(connection, files, options, Path(scratch), declared, hints, place, named)
            finally:
                connection.close()


def parse_columns(text: str, place: Place) -> t.Schema:
    """A schema written as `a INT, b STRING`, as in the options `schema` and `schemaHints`."""
    found = parse(f"CREATE STREAMING TABLE x ({text})", place.file)[0]
    columns = getattr(found.statement, "columns", ())
    if found.problem is not None or not columns:
        reason = found.problem.message if found.problem else "no columns"
        raise ProjectError(
            f"{text!r} is no list of columns: {reason}", place=place, hint="write it as 'a INT, b STRING'"
        )
    fields = []
    for column in columns:
        if column.type is None or column.type.type is None:
            raise ProjectError(f"Column {column.name!r} needs a type that files can have.", place=place)
        fields.append(t.Field(column.name, column.type.type))
    return t.Schema(tuple(fields))


def _widened(known: t.Schema, found: t.Schema) -> t.Schema:
    """Known columns keep their types; new ones come after them, before the rescued data."""
    new = [field for field in found.fields if known.find(field.name) is None]
    head: Iterable[t.Field] = known.fields
    tail: list[t.Field] = []
    if known.fields and known.fields[-1].name.startswith("_rescued"):
        *rest, last = known.fields
        head, tail = rest, [last]
    return t.Schema((*head, *new, *tail))


def _identity(call: FilesCall, format: str) -> str:
    text = json.dumps([call.path, format, sorted(call.options), call.function])
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _file_identity(file: ListedFile) -> str:
    text = f"{file.path}|{file.size}|{file.modified_us}"
    return hashlib.sha256(text.encode()).hexdigest()[:24]
