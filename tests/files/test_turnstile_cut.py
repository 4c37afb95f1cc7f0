"""The template's files keep the quirks of the real ones."""

from __future__ import annotations

import gzip
from itertools import pairwise
from pathlib import Path

import pytest

import tailrace

DATA = Path(tailrace.__file__).parent / "templates" / "turnstile" / "data"


def _text(name: str) -> list[str]:
    return gzip.decompress((DATA / name).read_bytes()).decode().splitlines()


def test_the_cut_is_small() -> None:
    assert sum(file.stat().st_size for file in DATA.iterdir()) <= 150_000


@pytest.mark.parametrize("name", ["turnstile_230603.csv.gz", "240106.csv.gz", "240113.csv.gz"])
def test_quirks_are_there(name: str) -> None:
    header, *lines = _text(name)
    old = name.startswith("turnstile")
    assert header.startswith(",C/A," if old else ",CA,")
    assert header.endswith(" ") == old
    assert (DATA / name).read_bytes().count(b"\x1f\x8b\x08\x00\x00\x00\x00\x00") == 3
    assert old or any("RECOVR AUD" in line for line in lines)
    assert len({line.split(",")[1] for line in lines}) == 6


def test_registers_reset_count_down_and_jump() -> None:
    readings: dict[tuple[str, ...], list[tuple[str, int]]] = {}
    for name in ("240106.csv.gz", "240113.csv.gz"):
        for line in _text(name)[1:]:
            cells = line.split(",")
            month, day, year = cells[7].split("/")
            readings.setdefault(tuple(cells[1:4]), []).append(
                (f"{year}{month}{day}{cells[8]}", int(cells[10]))
            )
    steps = [
        later[1] - earlier[1]
        for found in map(sorted, readings.values())
        for earlier, later in pairwise(found)
    ]
    assert min(steps) < -10_000
    assert max(steps) > 10_000
    assert any(-10_000 <= step < 0 for step in steps)
