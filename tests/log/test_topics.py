"""Lines into a topic and out of it: exact bytes, refused lines named, following."""

from __future__ import annotations

import os
from itertools import islice
from pathlib import Path

import pytest

from tailrace.log.contract import RECORD_BYTES_MAX, CorruptLog, Record
from tailrace.log.embedded import EmbeddedLog
from tailrace.runtime.topics import consume, follow, produce_lines
from tailrace.testing.clock import ManualClock


@pytest.fixture
def log(tmp_path: Path) -> EmbeddedLog:
    made = EmbeddedLog(tmp_path / "log", ManualClock())
    made.create("t")
    return made


def sent(
    log: EmbeddedLog, tmp_path: Path, data: bytes, key_field: str | None = None
) -> list[tuple[int, str]]:
    file = tmp_path / "lines"
    file.write_bytes(data)
    with file.open("rb") as source:
        return produce_lines(log, "t", source, key_field).refused


def read(log: EmbeddedLog) -> list[bytes | None]:
    return [record.value for record in consume(log, "t", "earliest", None, None)]


def test_the_bytes_between_newlines_are_the_values(log: EmbeddedLog, tmp_path: Path) -> None:
    assert sent(log, tmp_path, b"a\r\n\n\xff\x00b\nlast") == []
    assert read(log) == [b"a\r", b"", b"\xff\x00b", b"last"]


def test_refused_lines_are_named_and_the_rest_is_sent(log: EmbeddedLog, tmp_path: Path) -> None:
    large = b'{"k": "' + b"x" * RECORD_BYTES_MAX + b'"}'
    refused = sent(log, tmp_path, b'{"k": "a"}\nno\n{"j": 1}\n' + large + b'\n{"k": 5}\n', "k")
    assert [line for line, _ in refused] == [2, 3, 4]
    assert [record.key for record in consume(log, "t", "earliest", None, None)] == [b"a", b"5"]


def test_a_pipe_that_stays_open_is_sent_while_it_waits(log: EmbeddedLog) -> None:
    reading, writing = os.pipe()
    os.write(writing, b"first\nsecond\nhal")
    seen: list[int] = []

    def progress(done: object) -> None:
        seen.append(log.end_offsets("t")[0])
        if seen[-1] == 2 and len(read(log)) == 2 and seen.count(2) == 1:
            os.write(writing, b"f\n")
            os.close(writing)

    with os.fdopen(reading, "rb") as source:
        assert produce_lines(log, "t", source, None, progress).sent == 3
    assert read(log) == [b"first", b"second", b"half"]


def test_following_goes_on_with_what_is_appended_later(log: EmbeddedLog) -> None:
    log.append("t", 0, [Record(None, b"a")])
    records = follow(log, "t", "earliest", None, None)
    assert [record.value for record in islice(records, 1)] == [b"a"]
    log.append("t", 0, [Record(None, b"b"), Record(None, b"c")])
    assert [record.value for record in islice(records, 2)] == [b"b", b"c"]
    assert [record.value for record in follow(log, "t", "1", 1, 0)] == [b"b"]


def test_a_topic_whose_description_is_damaged_is_named(log: EmbeddedLog, tmp_path: Path) -> None:
    for damage in ("{", "{}", "[]"):
        (tmp_path / "log" / "t" / "topic.json").write_text(damage)
        with pytest.raises(CorruptLog, match=r"topic\.json is damaged"):
            log.describe("t")
