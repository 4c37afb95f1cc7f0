"""Opening: bytes are read once, hashed, unpacked, looked at; what is broken says why."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from tailrace.files.listing import list_files
from tailrace.files.opening import BrokenFile, PlainFile, open_source
from tailrace.files.options import parse_options
from tailrace.model.errors import EnvironmentFailure


def opened(folder: Path, name: str, data: bytes, format: str = "csv", **given: str) -> PlainFile:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)
    options = parse_options("read_files", format, given)
    (listed,) = list_files(name, folder, options)
    return open_source(listed, options, folder / ".scratch")


TEXT = b"a,b\n1,2\n\n3,4\n"


def test_plain_gz_and_zst_unpack_to_the_same(tmp_path: Path) -> None:
    members = gzip.compress(TEXT[:5]) + gzip.compress(b"") + gzip.compress(TEXT[5:])
    frames = zstandard.compress(TEXT[:7]) + zstandard.compress(TEXT[7:])
    for name, data in {"a.csv": TEXT, "a.csv.gz": members, "b.csv.zst": frames}.items():
        plain = opened(tmp_path, name, data)
        assert plain.path.read_bytes() == TEXT
        assert plain.sha256 == hashlib.sha256(data).hexdigest()
        assert (plain.shape.lines, plain.shape.blank, plain.shape.filled) == (4, 1, 3)
        assert plain.shape.first == "a,b"
        plain.close()
        assert not plain.path.exists()


def test_members_larger_than_a_chunk(tmp_path: Path) -> None:
    text = b"".join(b"%d,%d\n" % (i, i * 7919 % 1000) for i in range(300_000))
    data = gzip.compress(text[:2_000_000], 1) + gzip.compress(text[2_000_000:], 1)
    plain = opened(tmp_path, "a.csv.gz", data)
    assert plain.path.read_bytes() == text
    assert plain.shape.lines == 300_000


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.csv.gz", gzip.compress(TEXT * 99)[:-5], "without its end"),
        ("a.csv.gz", gzip.compress(TEXT * 99)[:-8] + b"12345678", "damaged"),
        ("a.csv.gz", TEXT, "damaged"),
        ("a.csv.gz", gzip.compress(TEXT) + b"rest", "damaged"),
        ("a.csv.gz", b"", "without its end"),
        ("a.csv.zst", zstandard.compress(TEXT * 99)[:-5], "without its end"),
        ("a.csv.zst", TEXT, "damaged"),
    ],
    ids=["cut", "checksum", "no gzip", "rest", "empty", "cut zst", "no zst"],
)
def test_damaged_archives_are_broken(tmp_path: Path, name: str, data: bytes, reason: str) -> None:
    with pytest.raises(BrokenFile, match=reason):
        opened(tmp_path, name, data)
    assert list((tmp_path / ".scratch").iterdir()) == []


def test_a_bomb_is_broken(tmp_path: Path) -> None:
    data = gzip.compress(b"0" * 5_000_000)
    with pytest.raises(BrokenFile, match="unpacks to more"):
        opened(tmp_path, "a.csv.gz", data, **{"tailrace.maxDecompressedBytes": "1m"})


def test_zeros_after_the_last_member_are_padding(tmp_path: Path) -> None:
    assert opened(tmp_path, "a.csv.gz", gzip.compress(TEXT) + b"\0" * 100).path.read_bytes() == TEXT


def test_a_file_that_changed_since_it_was_listed_is_to_be_listed_again(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(TEXT)
    options = parse_options("read_files", "csv", {})
    (listed,) = list_files("a.csv", tmp_path, options)
    (tmp_path / "a.csv").write_bytes(TEXT + b"5,6\n")
    with pytest.raises(EnvironmentFailure, match="changed while"):
        open_source(listed, options, tmp_path / ".scratch")
    (tmp_path / "a.csv").unlink()
    with pytest.raises(EnvironmentFailure, match="changed while"):
        open_source(listed, options, tmp_path / ".scratch")


def test_what_a_look_sees(tmp_path: Path) -> None:
    shape = opened(tmp_path, "a.csv", b'\xef\xbb\xbf#c\r\n \t\r\nx,"y"\rz', comment="#").shape
    assert (shape.lines, shape.blank, shape.comments, shape.filled) == (4, 1, 1, 2)
    assert (shape.first, shape.quotes, shape.utf8, shape.nulls) == ('x,"y"', True, True, False)
    assert not opened(tmp_path, "b.csv", b"\xff").shape.utf8
    assert not opened(tmp_path, "c.csv", "ä".encode()[:1]).shape.utf8
    assert opened(tmp_path, "d.csv", b"\0").shape.nulls
    assert opened(tmp_path, "e.json", b'\n [{"a":1}]', "json").shape.brackets


def test_parquet_is_copied_as_it_is(tmp_path: Path) -> None:
    data = b"PAR1\r\n\xef\xbb\xbf\0"
    assert opened(tmp_path, "a.parquet", data, "parquet").path.read_bytes() == data


@settings(max_examples=60, deadline=None)
@given(
    st.binary(max_size=60).map(lambda b: b.replace(b"\xef", b"\n").replace(b"\xfe", b"\n")), st.integers(1, 4)
)
def test_lines_are_counted_the_same_however_the_file_is_packed(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, parts: int
) -> None:
    folder = tmp_path_factory.mktemp("packed")
    step = max(1, len(data) // parts)
    packed = b"".join(gzip.compress(data[i : i + step]) for i in range(0, len(data), step)) or gzip.compress(
        b""
    )
    plain, unpacked = opened(folder, "a.csv", data), opened(folder, "b.csv.gz", packed)
    assert plain.shape == unpacked.shape
    normal = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    assert unpacked.path.read_bytes() == normal
    lines = normal.split(b"\n")
    lines = lines[:-1] if lines[-1] == b"" else lines
    assert plain.shape.lines == len(lines)
    assert plain.shape.blank == sum(all(c <= 32 for c in line) for line in lines)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_a_file_that_says_it_is_utf_16_is_broken(tmp_path: Path, encoding: str) -> None:
    data = ("\ufeff" if encoding == "utf-16-be" else "") + "a,b\n1,2\n"
    with pytest.raises(BrokenFile, match=r"a\.csv is UTF-16"):
        opened(tmp_path, "a.csv", data.encode(encoding))
