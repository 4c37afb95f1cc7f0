"""CSV records as Spark's parser cuts them, for files that are not plain.

A file without quotes and with as many values in every line as the header goes straight to the executor.
Any other is written once more, so that nothing is left to interpret: every value quoted, NULL as nothing,
and at the end of each record what the account needs: how many values it had, those that were too many,
and its raw bytes. Rules that were measured on Spark 4.2 are written where they are applied.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tailrace.files.opening import PlainFile
from tailrace.files.options import FileOptions

_BLANKS = "".join(map(chr, range(0x21)))


@dataclass(frozen=True)
class Rewritten:
    """A file of quoted values: `width` of them, then `__count`, `__extra` (JSON object or nothing) and
    `__hex`, the raw bytes, and `__text`, the record as text where its bytes are no UTF-8. Text files have one
    value."""

    path: Path
    rows: int

    def close(self) -> None:
        """Remove the file."""
        self.path.unlink(missing_ok=True)


def rewrite_csv(plain: PlainFile, options: FileOptions, width: int) -> Rewritten:
    """All records but the header, in order."""
    target = plain.path.with_suffix(".cells")
    records = _spanning(plain, options) if options.multi_line else _lines(plain, options)
    skip = options.header
    rows = 0
    with open(target, "w", encoding="utf-8", newline="") as out:
        for raw, values in records:
            if skip:
                skip = False
                continue
            rows += 1
            shown = [_quoted(value) for value in values[:width]]
            shown += [""] * (width - len(shown))
            extra = {f"_c{p}": v for p, v in enumerate(values[width:], width) if v is not None}
            more = _quoted(json.dumps(extra)) if extra else ""
            out.write(
                f'{",".join(shown)},"{len(values)}",{more},"{raw.hex()}",{"" if plain.shape.utf8 else _text_of(raw)}\n'
            )
    return Rewritten(target, rows)


def _text_of(raw: bytes) -> str:
    """A record that is no UTF-8, as text."""
    try:
        raw.decode()
    except UnicodeDecodeError:
        return _quoted(raw.decode("utf-8", "replace"))
    return ""


def rewrite_lines(plain: PlainFile, options: FileOptions, blanks: bool) -> Rewritten:
    """All lines, in order; lines of blanks only if wanted."""
    target = plain.path.with_suffix(".cells")
    rows = 0
    with open(target, "w", encoding="utf-8", newline="") as out:
        for line in _raw_lines(plain, options.line_sep):
            if blanks or line.strip(_BLANKS.encode()):
                rows += 1
                out.write(f'{_quoted(line.decode("utf-8", "replace"))},"{line.hex()}"\n')
    return Rewritten(target, rows)


def header_values(plain: PlainFile, options: FileOptions) -> list[str | None]:
    """The values of the first record."""
    if options.multi_line:
        return next((values for _, values in _spanning(plain, options)), [])
    return split_line(plain.shape.first, options)


def _quoted(value: str | None) -> str:
    return "" if value is None else '"' + value.replace('"', '""') + '"'


def _raw_lines(plain: PlainFile, line_sep: str | None) -> Iterator[bytes]:
    if line_sep is not None:
        parts = plain.path.read_bytes().split(line_sep.encode())
        yield from parts[:-1] if parts and parts[-1] == b"" else parts
        return
    with open(plain.path, "rb") as stream:
        for line in stream:
            yield line.removesuffix(b"\n")


def _lines(plain: PlainFile, options: FileOptions) -> Iterator[tuple[bytes, list[str | None]]]:
    blanks, comment = _BLANKS.encode(), options.comment.encode()
    for raw in _raw_lines(plain, None):
        if raw.strip(blanks) and not (comment and raw.startswith(comment)):
            yield raw, split_line(raw.decode("utf-8", "replace"), options)


def _spanning(plain: PlainFile, options: FileOptions) -> Iterator[tuple[bytes, list[str | None]]]:
    """Records of a file in which a quoted value may hold line breaks."""
    text = plain.path.read_bytes().decode("utf-8", "replace")
    position = 0
    while position < len(text):
        if text[position] == "\n":  # an empty line is no record
            position += 1
            continue
        if options.comment and text.startswith(options.comment, position):
            end = text.find("\n", position)
            position = len(text) if end < 0 else end + 1
            continue
        values, end = _record(text, position, "\n", options)
        yield text[position:end].encode(), values
        position = end + 1


def split_line(line: str, options: FileOptions) -> list[str | None]:
    """The values of one line."""
    if options.quote and options.quote in line:
        return _record(line, 0, "", options)[0]
    if not (options.ignore_leading or options.ignore_trailing or options.null_value):
        return [value or None for value in line.split(options.sep)]
    return [_plain_value(value, options) for value in line.split(options.sep)]


def _record(text: str, start: int, ending: str, options: FileOptions) -> tuple[list[str | None], int]:
    """One record from `start` on and where it ends: at `ending` or at the end of the text."""
    values: list[str | None] = []
    position = start
    while True:
        opening = _quote_at(text, position, options)
        if opening is not None:
            raw, position = _quoted_value(text, opening, ending, options)
            value: str | None = options.empty_value if raw == "" else raw
            values.append(None if value == options.null_value else value)
        else:
            end = _value_end(text, position, ending, options)
            values.append(_plain_value(text[position:end], options))
            position = end
        if position >= len(text) or (ending and text.startswith(ending, position)):
            return values, position
        position += len(options.sep)


def _quote_at(text: str, position: int, options: FileOptions) -> int | None:
    if options.ignore_leading:
        while position < len(text) and text[position] in _BLANKS and not _at_break(text, position, options):
            position += 1
    return position if options.quote and text.startswith(options.quote, position) else None


def _at_break(text: str, position: int, options: FileOptions) -> bool:
    return text[position] == "\n" or text.startswith(options.sep, position)


def _value_end(text: str, position: int, ending: str, options: FileOptions) -> int:
    end = text.find(options.sep, position)
    end = len(text) if end < 0 else end
    if ending:
        stop = text.find(ending, position, end)
        end = end if stop < 0 else stop
    return end


def _quoted_value(text: str, start: int, ending: str, options: FileOptions) -> tuple[str, int]:
    """The value of a quoted field whose quote stands at `start`, and where the field ends.

    A quote closes the field only before a separator, the end, or blanks and then one of these. Of several
    quotes there all but the last are part of the value. A quote before anything else means that the field
    was not meant as quoted: its text is taken as it stands up to the next separator, what came before the
    quote with its escapes resolved. A field without an end takes the rest.
    """
    quote, escape = options.quote, options.escape
    closing = text.find(quote, start + 1)
    if closing > 0 and (closing + 1 == len(text) or _stops(text, closing + 1, ending, options)):
        body = text[start + 1 : closing]
        if not escape or escape not in body:
            return body, closing + 1
    doubled = escape == quote
    out: list[str] = []
    position = start + 1
    size = len(text)
    while position < size:
        char = text[position]
        if char == escape and not doubled and escape:
            following = text[position + 1 : position + 2]
            if following in (quote, escape) and following:
                out.append(following)
                position += 2
                continue
            if following:
                out.append(char)
            position += 1
            continue
        if char != quote:
            out.append(char)
            position += 1
            continue
        if doubled and text.startswith(quote, position + 1):
            out.append(quote)
            position += 2
            continue
        run = position
        while run < size and text[run] == quote:
            run += 1
        after = run
        while after < size and text[after] in _BLANKS and not _stops(text, after, ending, options):
            after += 1
        if after >= size or _stops(text, after, ending, options):
            return "".join(out) + quote * (run - position - 1), after
        end = _value_end(text, run, ending, options)
        return quote + "".join(out) + text[position:end], end
    return "".join(out), size


def _stops(text: str, position: int, ending: str, options: FileOptions) -> bool:
    return text.startswith(options.sep, position) or bool(ending and text.startswith(ending, position))


def _plain_value(value: str, options: FileOptions) -> str | None:
    if options.ignore_leading:
        value = value.lstrip(_BLANKS)
    if options.ignore_trailing:
        value = value.rstrip(_BLANKS)
    return None if value in ("", options.null_value) else value
