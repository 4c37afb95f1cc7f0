"""Opening one listed file: its bytes are read once, hashed, decompressed and looked at.

What comes out is a plain file in a scratch folder and what was seen on the way (`Shape`): the SHA-256 of
the file as it is on disk, and the count of lines that the account checks its rows against. Memory is
bounded by the longest line. Whatever is wrong with the file is a `BrokenFile` that says what.
"""

from __future__ import annotations

import codecs
import hashlib
import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import zstandard

from tailrace.files.listing import ListedFile
from tailrace.files.options import TEXTUAL, FileOptions
from tailrace.model.errors import DataError, EnvironmentFailure

CHUNK = 1 << 20
RATIO_MAX = 2_000
"""A file that unpacks to more than this many times its size is no data. zlib itself ends at 1,032."""
RATIO_FREE = 64 << 20
"""Below this size the ratio is not looked at: a small file of zeros is harmless."""
LINE_MAX = 1 << 30

BOM = codecs.BOM_UTF8
WIDE_BOMS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class BrokenFile(DataError):
    """A file that cannot be read: one rejected row, rule `file`. The message is the reason."""


@dataclass(frozen=True)
class Shape:
    """What the bytes of a text file look like. Counts are of lines ended by \\n, \\r or \\r\\n."""

    lines: int = 0
    blank: int = 0
    """Lines of nothing but characters up to the space."""
    comments: int = 0
    """Lines that are not blank and begin with the comment character."""
    longest: int = 0
    first: str = ""
    """The first line that is neither blank nor a comment: the header where there is one."""
    quotes: bool = False
    nulls: bool = False
    utf8: bool = True
    brackets: bool = False
    """A line begins with `[`: a JSON line that may hold several rows."""

    @property
    def filled(self) -> int:
        """Lines that hold a record or are the header."""
        return self.lines - self.blank - self.comments


@dataclass(frozen=True)
class PlainFile:
    """A listed file, unpacked. `path` is a file of ours; the caller removes it by `close`."""

    listed: ListedFile
    path: Path
    sha256: str
    shape: Shape

    def close(self) -> None:
        """Remove the unpacked copy."""
        self.path.unlink(missing_ok=True)


def open_source(listed: ListedFile, options: FileOptions, scratch: Path) -> PlainFile:
    """Copy a file, unpacked, into `scratch`.

    Raises BrokenFile where it cannot be read to its end, and EnvironmentFailure where it has changed or gone
    since it was listed: another listing will tell.
    """
    target = scratch / f"{hashlib.sha256(listed.path.encode()).hexdigest()[:24]}.plain"
    digest = hashlib.sha256()
    textual = options.format in TEXTUAL
    look = _Look(options, listed.path) if textual else None
    try:
        scratch.mkdir(parents=True, exist_ok=True)
        with open(target, "wb") as out:
            for chunk in _content(listed, digest, options, textual):
                clean = look.feed(chunk) if look is not None else chunk
                out.write(clean)
    except BrokenFile:
        target.unlink(missing_ok=True)
        raise
    except FileNotFoundError as error:
        raise _moved(listed) from error
    except OSError as error:
        target.unlink(missing_ok=True)
        if error.filename is not None and Path(str(error.filename)) == listed.absolute:
            raise BrokenFile(f"{listed.path} cannot be read: {error.strerror}.") from error
        raise EnvironmentFailure(f"{str(target)!r} cannot be written: {error.strerror}.") from error
    _check_unchanged(listed, target)
    return PlainFile(listed, target, digest.hexdigest(), look.shape() if look is not None else Shape())


def hash_file(listed: ListedFile) -> str:
    """SHA-256 of a file as it is on disk; raises BrokenFile if it cannot be read."""
    try:
        with open(listed.absolute, "rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise BrokenFile(f"{listed.path} cannot be read: {error.strerror}.") from error


def _check_unchanged(listed: ListedFile, target: Path) -> None:
    try:
        status = os.stat(listed.absolute)
        after = (status.st_size, status.st_mtime_ns // 1_000)
    except OSError:
        after = (-1, -1)
    if after != (listed.size, listed.modified_us):
        target.unlink(missing_ok=True)
        raise _moved(listed)


def _moved(listed: ListedFile) -> EnvironmentFailure:
    return EnvironmentFailure(
        f"{listed.path} changed while it was read.",
        hint="list again; write files under a name that begins with `_` and rename them",
    )


def _content(
    listed: ListedFile, digest: hashlib._Hash, options: FileOptions, textual: bool
) -> Iterator[bytes]:
    name = listed.name.lower()
    with open(listed.absolute, "rb") as stream:
        raw = _hashed(stream, digest, listed)
        if textual and name.endswith((".gz", ".gzip")):
            unpacked = _gunzip(raw, listed)
        elif textual and name.endswith((".zst", ".zstd")):
            unpacked = _unzstd(raw, listed)
        else:
            yield from raw
            return
        total = 0
        for chunk in unpacked:
            total += len(chunk)
            if total > options.max_decompressed or total > max(RATIO_FREE, RATIO_MAX * listed.size):
                raise BrokenFile(
                    f"{listed.path} unpacks to more than {total - len(chunk)} bytes.",
                    hint="tailrace.maxDecompressedBytes sets the limit",
                )
            yield chunk


def _hashed(stream: BinaryIO, digest: hashlib._Hash, listed: ListedFile) -> Iterator[bytes]:
    while True:
        try:
            chunk = stream.read(CHUNK)
        except OSError as error:
            raise BrokenFile(f"{listed.path} cannot be read: {error.strerror}.") from error
        if not chunk:
            return
        digest.update(chunk)
        yield chunk


def _gunzip(raw: Iterator[bytes], listed: ListedFile) -> Iterator[bytes]:
    """All members, one after the other; zeros after the last are padding."""
    member = zlib.decompressobj(wbits=31)
    begun = False
    try:
        for chunk in raw:
            data = chunk
            while data:
                if not begun:
                    data = data.lstrip(b"\0")
                    if not data:
                        break
                    begun = True
                yield member.decompress(data, CHUNK)
                data = member.unconsumed_tail
                if member.eof:
                    data = member.unused_data
                    member = zlib.decompressobj(wbits=31)
                    begun = False
            if begun:
                yield from _drain(member)
            if member.eof:
                member = zlib.decompressobj(wbits=31)
                begun = False
    except zlib.error as error:
        raise BrokenFile(f"{listed.path} is a damaged gzip file: {error}.") from error
    if begun or listed.size == 0:
        raise BrokenFile(f"{listed.path} is a gzip file without its end.")


def _drain(member: zlib._Decompress) -> Iterator[bytes]:
    """What a member still holds back although it has all its input."""
    while not member.eof:
        more = member.decompress(b"", CHUNK)
        if not more:
            return
        yield more


def _unzstd(raw: Iterator[bytes], listed: ListedFile) -> Iterator[bytes]:
    frame = zstandard.ZstdDecompressor().decompressobj()
    begun = False
    try:
        for chunk in raw:
            data = chunk
            while data:
                begun = True
                # Small steps bound what one call can unpack.
                step, rest = data[: CHUNK >> 4], data[CHUNK >> 4 :]
                yield frame.decompress(step)
                data = rest
                if frame.eof:
                    data = frame.unused_data + rest
                    frame = zstandard.ZstdDecompressor().decompressobj()
                    begun = False
    except zstandard.ZstdError as error:
        raise BrokenFile(f"{listed.path} is a damaged zstd file: {error}.") from error
    if begun or listed.size == 0:
        raise BrokenFile(f"{listed.path} is a zstd file without its end.")


class _Look:
    """Sees the bytes of a text file pass, chunk by chunk."""

    def __init__(self, options: FileOptions, path: str) -> None:
        self._path = path
        self._comment = options.comment.encode()
        self._quote = options.quote.encode()
        self._json = options.format == "json"
        self._keep_ends = options.whole_text or options.line_sep is not None
        self._rest = b""
        self._begun = False
        self._returned = False
        self._decoder = codecs.getincrementaldecoder("utf-8")("strict")
        self._lines = self._blank = self._comments = self._longest = 0
        self._first: bytes | None = None
        self._quotes = self._nulls = self._brackets = False
        self._utf8 = True

    def feed(self, chunk: bytes) -> bytes:
        """The same bytes, without a byte order mark at the start and with \\n as the end of every line."""
        if not self._begun and chunk:
            self._begun = True
            if chunk.startswith(WIDE_BOMS):
                raise BrokenFile(f"{self._path} is UTF-16 by its first bytes; only UTF-8 is read.")
            chunk = chunk.removeprefix(BOM)
        self._quotes = self._quotes or (bool(self._quote) and self._quote in chunk)
        self._nulls = self._nulls or b"\0" in chunk
        if self._utf8:
            try:
                self._decoder.decode(chunk)
            except UnicodeDecodeError:
                self._utf8 = False
        data = chunk
        if b"\r" in chunk or self._returned:
            # A \r\n torn between two chunks ends one line, not two.
            data = data[1:] if self._returned and data.startswith(b"\n") else data
            self._returned = chunk.endswith(b"\r")
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        lines = (self._rest + data).split(b"\n")
        self._rest = lines.pop()
        if len(self._rest) > LINE_MAX:
            raise BrokenFile(f"{self._path} has a line of more than {LINE_MAX} bytes.")
        self._count(lines)
        return chunk if self._keep_ends else data

    def _count(self, lines: list[bytes]) -> None:
        if not lines:
            return
        self._lines += len(lines)
        self._blank += sum(1 for line in lines if not line.strip(_BLANKS))
        self._longest = max(self._longest, max(map(len, lines)))
        if self._comment:
            self._comments += sum(
                1 for line in lines if line.startswith(self._comment) and line.strip(_BLANKS)
            )
        if self._json and not self._brackets:
            self._brackets = any(line.lstrip()[:1] == b"[" for line in lines)
        if self._first is None:
            self._first = next((line for line in lines if self._is_record(line)), None)

    def _is_record(self, line: bytes) -> bool:
        return bool(line.strip(_BLANKS)) and not (self._comment and line.startswith(self._comment))

    def shape(self) -> Shape:
        """Everything seen, once the last chunk has passed."""
        if self._rest:
            self._count([self._rest])
            self._rest = b""
        if self._utf8:
            try:
                self._decoder.decode(b"", True)
            except UnicodeDecodeError:
                self._utf8 = False
        return Shape(
            self._lines,
            self._blank,
            self._comments,
            self._longest,
            (self._first or b"").decode("utf-8", "replace"),
            self._quotes,
            self._nulls,
            self._utf8,
            self._brackets,
        )


_BLANKS = bytes(range(0x21))
