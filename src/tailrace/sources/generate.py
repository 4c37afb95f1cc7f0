"""The generator: rows that are a pure function of seed and row number, with dirt on purpose.

A row's number is the sequence of its append, so the log itself knows how far the generator is: after a
kill it goes on with the next row, and `made` counts again, exactly, what it has made so far. Only times
depend on the clock, and only where `start` is not given.
"""

from __future__ import annotations

import csv
import importlib.util
import io
import json
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from arro3.core import Array, DataType, Table

from tailrace.log.murmur2 import partition_of
from tailrace.model.clock import Clock
from tailrace.model.errors import ProjectError
from tailrace.sources import options as o
from tailrace.sources.contract import Appender
from tailrace.sources.fields import BLOCK_ROWS, columns

DIRT = ("missing", "outlier", "duplicate", "late", "malformed")
ROWS_AT_ONCE = 50_000
STEP_SECONDS = 0.1
"""High rates bring what is due this often, so that an append holds many rows."""
OUTLIER_FACTOR = 1_000
Function = Callable[[Random, int], Any]


@dataclass(frozen=True)
class Made:
    """What a generator has made: `rows`, the `records` of them (duplicates too), rows per kind of dirt."""

    rows: int
    records: int
    dirt: dict[str, int]


@dataclass
class Rows:
    """Records of consecutive rows: number of the row, key and value of each record."""

    numbers: list[int] = field(default_factory=list)
    keys: list[bytes | None] = field(default_factory=list)
    values: list[bytes] = field(default_factory=list)


class Generator:
    """Makes rows by number; no clock, no log."""

    def __init__(self, options: o.GenerateOptions, function: Function | None = None) -> None:
        self.options = options
        self._function = function
        self._drawn: tuple[int, dict[str, list[Any]]] = (-1, {})

    def rows(self, first: int, times_us: Sequence[int]) -> Rows:
        """The records of rows `first`, `first + 1`, ..., one per time."""
        made = Rows()
        end = first + len(times_us)
        for block in range(first // BLOCK_ROWS, -(-end // BLOCK_ROWS)):
            low, high = max(first, block * BLOCK_ROWS), min(end, (block + 1) * BLOCK_ROWS)
            self._block(block, range(low, high), times_us[low - first : high - first], made)
        return made

    def made(self, rows: int) -> Made:
        """What the first `rows` rows were, counted again from the seed; takes as long as drawing them."""
        counts: Counter[str] = Counter(dict.fromkeys(DIRT, 0))
        for block in range(-(-rows // BLOCK_ROWS)):
            marks = self._dirt(block)
            if self.options.fields and set(marks.values()) & {"missing", "outlier", "late"}:
                self._spoil(self._drawn_columns(block, [0] * BLOCK_ROWS), block, marks)
            left = rows - block * BLOCK_ROWS
            counts.update(kind for row, kind in marks.items() if row < left)
        return Made(rows, rows + counts["duplicate"], dict(counts))

    def _dirt(self, block: int) -> dict[int, str]:
        """Rows of a block, counted from 0, that have something wrong."""
        dirt = self.options.dirt
        chances = [getattr(dirt, kind) for kind in DIRT]
        if not any(chances):
            return {}
        draw = Random(f"{self.options.seed}/dirt/{block}").random
        marks: dict[int, str] = {}
        for row in range(BLOCK_ROWS):
            point = draw()
            for kind, chance in zip(DIRT, chances, strict=True):
                if point < chance:
                    marks[row] = kind
                    break
                point -= chance
        return marks

    def _block(self, block: int, wanted: range, times_us: Sequence[int], made: Rows) -> None:
        start = block * BLOCK_ROWS
        marks = self._dirt(block)
        keys: list[bytes | None]
        if self._function is None:
            keys, values = self._columns(block, wanted, times_us, marks)
        else:
            keys = [None] * len(wanted)
            values = [self._called(self._function, number) for number in wanted]
        for i, number in enumerate(wanted):
            kind = marks.get(number - start)
            value = values[i][: len(values[i]) // 2] if kind == "malformed" else values[i]
            for _ in range(2 if kind == "duplicate" else 1):
                made.numbers.append(number)
                made.keys.append(keys[i])
                made.values.append(value)

    def _called(self, function: Function, number: int) -> bytes:
        try:
            value = function(Random(f"{self.options.seed}/{number}"), number)
            if isinstance(value, bytes):
                return value
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        except Exception as error:
            raise ProjectError(
                f"function {self.options.function} failed for row {number}: {type(error).__name__}: {error}.",
                hint="it gives a dict of what JSON can hold, a string or bytes",
            ) from error
        return text.encode()

    def _columns(
        self, block: int, wanted: range, times_us: Sequence[int], marks: dict[int, str]
    ) -> tuple[list[bytes | None], list[bytes]]:
        fields = self.options.fields
        assert fields is not None
        low = wanted.start - block * BLOCK_ROWS
        late_us = round(self.options.dirt.late_by * 1_000_000)
        times = [0] * BLOCK_ROWS
        for i, time in enumerate(times_us, low):
            times[i] = time - late_us if marks.get(i) == "late" else time
        table = self._drawn_columns(block, times)
        keys: list[bytes | None] = [None] * len(wanted)
        if self.options.key:  # before the dirt: a row whose key field goes missing stays in its partition
            clean = table[self.options.key][low : low + len(wanted)]
            keys = [None if key is None else str(key).encode() for key in clean]
        self._spoil(table, block, marks)
        table = {name: values[low : low + len(wanted)] for name, values in table.items()}
        shown = {name: table[name] for name, part in fields.items() if not part.hidden}
        return keys, _csv_lines(shown) if self.options.format == "csv" else _json_lines(shown)

    def _drawn_columns(self, block: int, times_us: Sequence[int]) -> dict[str, list[Any]]:
        if self._drawn[0] != block:
            self._drawn = (block, {})
        return columns(self.options.fields or {}, self.options.seed, block, times_us, self._drawn[1])

    def _spoil(self, table: dict[str, list[Any]], block: int, marks: dict[int, str]) -> None:
        """Nulls and outliers where the dirt says so; which field is drawn per row.

        A mark goes where nothing can be done, all fields in question being null: such a row stays clean.
        """
        fields = self.options.fields or {}
        shown = {name: part for name, part in fields.items() if not part.hidden}
        able = {
            "missing": list(shown),
            "outlier": [name for name, part in shown.items() if isinstance(part, o.Number)],
            "late": [name for name, part in shown.items() if isinstance(part, o.Timestamp)],
        }
        for name in shown if marks else ():
            table[name] = list(table[name])
        for row, kind in list(marks.items()):
            if kind not in able:
                continue
            names = [name for name in able[kind] if table[name][row] is not None]
            if not names:
                del marks[row]
            elif kind != "late":
                name = Random(f"{self.options.seed}/dirt/{block}/{row}").choice(names)
                part = shown[name]
                far = part.spread() * OUTLIER_FACTOR if isinstance(part, o.Number) else 0
                table[name][row] = None if kind == "missing" else table[name][row] + far


class GenerateSource:
    """Implements `sources.contract.Source`."""

    def __init__(self, generator: Generator, appender: Appender, clock: Clock) -> None:
        self._generator = generator
        self._options = generator.options
        self._appender = appender
        self._clock = clock
        lasts = [appender.last(partition) for partition in range(appender.partitions)]
        self._have = [-1 if last is None else last for last in lasts]
        self._next = min(self._have) + 1
        self._base = self._next
        self._started = clock.monotonic()
        self._start_us = _start_us(self._options.start)

    @property
    def made(self) -> Made:
        """What was made and appended so far, over all runs."""
        return self._generator.made(self._next)

    def step(self) -> float | None:
        count = self._options.count
        left = ROWS_AT_ONCE if count is None else min(ROWS_AT_ONCE, count - self._next)
        if left <= 0:
            return None
        due = min(left, self._due())
        if due > 0:
            self._bring(due)
        if count is not None and self._next >= count:
            return None
        return self._wait()

    def _due(self) -> int:
        rate = self._options.rate
        if rate is None:
            return ROWS_AT_ONCE
        # Row `base` is due at once, each further one 1/rate seconds later.
        return self._base + int((self._clock.monotonic() - self._started) * rate) + 1 - self._next

    def _wait(self) -> float:
        rate = self._options.rate
        if rate is None:
            return 0.0
        following = self._started + (self._next - self._base) / rate - self._clock.monotonic()
        return max(0.0, following if 1 / rate > STEP_SECONDS else following + STEP_SECONDS)

    def _times(self, count: int) -> list[int]:
        rate = self._options.rate
        if self._start_us is not None:
            step = self._options.step if self._options.step is not None else 1 / rate if rate else 1.0
            each = step * 1_000_000
            return [self._start_us + round((self._next + i) * each) for i in range(count)]
        now = self._clock.now_us()
        each = 0.0 if rate is None else 1_000_000 / rate
        return [now - round((count - 1 - i) * each) for i in range(count)]

    def _bring(self, count: int) -> None:
        """Append rows to their partitions; each partition gets the last row's number as sequence."""
        rows = self._generator.rows(self._next, self._times(count))
        last = self._next + count - 1
        partitions = self._appender.partitions
        chosen: list[list[int]] = [[] for _ in range(partitions)]
        for i, (number, key) in enumerate(zip(rows.numbers, rows.keys, strict=True)):
            partition = number % partitions if key is None else partition_of(key, partitions)
            if number > self._have[partition]:
                chosen[partition].append(i)
        for partition, picked in enumerate(chosen):
            if self._have[partition] >= last:
                continue
            table = _table(
                [rows.keys[i] for i in picked] if self._options.key else None,
                [rows.values[i] for i in picked],
            )
            self._appender.append(partition, table, last)
            self._have[partition] = last
        self._next = last + 1


def open_generate(
    options: o.GenerateOptions, appender: Appender, clock: Clock, project: Path
) -> GenerateSource:
    """The source for validated options; `project` is where the file of a function is looked for."""
    function = load_function(options.function, project) if options.function else None
    return GenerateSource(Generator(options, function), appender, clock)


def load_function(reference: str, project: Path) -> Function:
    """The function of `file.py:name` in the project: called as name(random, number), gives a record."""
    file, _, name = reference.partition(":")
    path = (project / file).resolve()
    if not path.is_relative_to(project.resolve()) or not path.is_file():
        raise ProjectError(f"function: there is no file {file} in the project.", hint="generators.py:rows")
    spec = importlib.util.spec_from_file_location(f"tailrace_project_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look up their module there
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise ProjectError(f"{file} cannot be imported: {type(error).__name__}: {error}.") from error
    function = getattr(module, name, None)
    if not callable(function):
        raise ProjectError(f"{file} has no function {name!r}.")
    found: Function = function
    return found


def _table(keys: list[bytes | None] | None, values: list[bytes]) -> Table:
    made: dict[str, Any] = {"value": Array(values, DataType.binary())}
    if keys is not None:
        made["key"] = Array(keys, DataType.binary())
    return Table.from_pydict(made)


def _start_us(text: str | None) -> int | None:
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1_000_000)


def _json_lines(shown: dict[str, list[Any]]) -> list[bytes]:
    """Objects written column by column: much faster than one `dumps` per row."""
    pattern = ", ".join(f"{json.dumps(name, ensure_ascii=False).replace('%', '%%')}: %s" for name in shown)
    write = f"{{{pattern}}}".__mod__
    texts = [[_json(value) for value in values] for values in shown.values()]
    return [write(row).encode() for row in zip(*texts, strict=True)]


def _json(value: Any) -> str:
    if type(value) is str:
        return json.encoder.encode_basestring(value)
    return str(value) if type(value) is int else json.dumps(value, ensure_ascii=False)


def _csv_lines(shown: dict[str, list[Any]]) -> list[bytes]:
    lines = []
    for row in zip(*shown.values(), strict=True):
        text = io.StringIO()
        csv.writer(text, lineterminator="").writerow(["" if value is None else value for value in row])
        lines.append(text.getvalue().encode())
    return lines
