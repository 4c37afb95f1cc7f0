"""The batch log: written once, in order, sealed without losing a word."""

from pathlib import Path

import pytest

from tailrace.lake.batch_log import BatchLog
from tailrace.lake.sealed import KEEP_US, seal_old, sealed_decision, write_seal
from tailrace.model.account import DatasetAccount, EdgeAccount, ExpectationCount
from tailrace.model.batch import Decision, FlowStanding, StagedFile, TableChange
from tailrace.model.errors import AnotherRunner, Stop


def decision(n: int, attempt: str = "a", planned_us: int = 1) -> Decision:
    return Decision(
        n=n,
        prev=n - 1 or None,
        attempt=attempt,
        component="bronze.a",
        kind="data",
        lake_id="lake",
        planned_us=planned_us,
        plan=({"id": "topic:t@0:0", "topic": "t", "begin": {"0": 0}, "end": {"0": 5}},),
        definitions={"bronze.a": "id"},
        accounts=(
            EdgeAccount("bronze.a", "bronze.a", "topic:t", 5, 1, 0, None, None, 4, gap=0),
            DatasetAccount("bronze.a", emitted=4, out=4, expectations={"x": ExpectationCount(3, 1, "warn")}),
        ),
        flows={
            "bronze.a": FlowStanding("current", {"topic:t": {"log_id": "l", "offsets": {"0": 5}}}, None, 1)
        },
        tables={
            "bronze.a": TableChange(None, (StagedFile("1-a-0.parquet", 10, 4, {}, {"numRecords": 4}),)),
        },
        heads={"bronze.a": n - 1} if n > 1 else {},
        last={"bronze.a": n - 1} if n > 1 else {},
    )


def test_a_decision_reads_back_equal() -> None:
    wanted = decision(3)
    assert Decision.from_bytes(wanted.to_bytes()) == wanted


def test_the_loser_of_the_race_for_a_number_is_told_so(tmp_path: Path) -> None:
    log = BatchLog(tmp_path)
    log.decide(decision(1, "winner"))
    with pytest.raises(AnotherRunner, match="Batch 1 was decided by another runner"):
        log.decide(decision(1, "loser"))
    assert log.read(1).attempt == "winner"
    assert [path.name for path in tmp_path.iterdir()] == ["1.json"]


def test_deciding_again_with_the_same_attempt_is_no_race(tmp_path: Path) -> None:
    log = BatchLog(tmp_path)
    log.decide(decision(1))
    log.decide(decision(1))
    assert log.newest() == 1


def test_a_number_needs_the_one_before_it(tmp_path: Path) -> None:
    log = BatchLog(tmp_path)
    log.decide(decision(1))
    with pytest.raises(Stop, match="batch 2 is missing"):
        log.decide(decision(3))


def test_temporary_files_of_a_killed_runner_are_swept(tmp_path: Path) -> None:
    log = BatchLog(tmp_path)
    log.decide(decision(1))
    (tmp_path / ".2-x.tmp").write_bytes(b"{")
    log.sweep()
    assert log.numbers() == [1]
    assert not list(tmp_path.glob(".*"))


def test_sealed_batches_are_read_from_their_seal(tmp_path: Path) -> None:
    log = BatchLog(tmp_path)
    for n in range(1, 6):
        log.decide(decision(n))
    write_seal(log, [log.read(n) for n in (1, 2, 3)])
    log.remove([1, 2, 3])
    assert log.seals() == [(1, 3)]
    assert sealed_decision(log, 2) == decision(2)
    assert log.is_decided(2)
    log.decide(decision(6))
    assert log.newest() == 6


def test_only_batches_older_than_the_newest_thousand_and_an_hour_are_sealed(tmp_path: Path) -> None:
    log = BatchLog(tmp_path)
    tmp_path.joinpath("x").mkdir()
    for n in range(1, 1_004):
        (tmp_path / f"{n}.json").write_bytes(decision(n, planned_us=n).to_bytes())
    assert seal_old(log, now_us=KEEP_US) == 0
    assert seal_old(log, now_us=KEEP_US + 2) == 2
    assert log.seals() == [(1, 2)]
    assert log.numbers()[0] == 3
