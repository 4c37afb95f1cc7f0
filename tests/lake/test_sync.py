"""Two processes writing the same file: one of them, whole, and neither fails."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tailrace.lake.batch_log import BatchLog
from tailrace.lake.definitions import Definitions
from tailrace.lake.identity import open_identity
from tailrace.lake.sync import create_synced, observe, replace_synced


class Between:
    """Does something once, the moment the first temporary file is on disk and has no name yet."""

    def __init__(self) -> None:
        self.what = lambda: None

    def __call__(self, path: Path) -> None:
        if path.name.endswith(".tmp"):
            observe(None)
            self.what()


@pytest.fixture
def between() -> Iterator[Between]:
    between = Between()
    observe(between)
    yield between
    observe(None)


def test_a_definition_stored_by_two_at_the_same_time(between: Between, tmp_path: Path) -> None:
    between.what = lambda: Definitions(tmp_path).store({"a": 1})
    identity = Definitions(tmp_path).store({"a": 1})
    assert [path.name for path in tmp_path.iterdir()] == [f"{identity}.json"]
    assert Definitions(tmp_path).load(identity) == {"a": 1}


def test_a_replaced_file_holds_what_was_written_last(between: Between, tmp_path: Path) -> None:
    between.what = lambda: replace_synced(tmp_path / "x", b"other")
    replace_synced(tmp_path / "x", b"mine")
    assert (tmp_path / "x").read_bytes() == b"mine"
    assert len(list(tmp_path.iterdir())) == 1


def test_the_first_to_create_a_file_wins(between: Between, tmp_path: Path) -> None:
    between.what = lambda: create_synced(tmp_path / "x", b"other")
    assert not create_synced(tmp_path / "x", b"mine")
    assert (tmp_path / "x").read_bytes() == b"other"
    assert len(list(tmp_path.iterdir())) == 1


def test_two_that_open_a_new_lake_agree_who_it_is(between: Between, tmp_path: Path) -> None:
    between.what = lambda: open_identity(tmp_path, "other")
    assert open_identity(tmp_path, "mine").lake_id == "other"


def test_a_file_swept_away_by_another_process_is_written_again(between: Between, tmp_path: Path) -> None:
    between.what = BatchLog(tmp_path).sweep
    assert create_synced(tmp_path / "1.json", b"mine")
    assert (tmp_path / "1.json").read_bytes() == b"mine"
