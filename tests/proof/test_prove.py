"""The pairwise cover of {point} x {batch} x {runners} x {lost} on a project in SQL, each case by SIGKILL."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest

from tailrace.model.clock import SystemClock
from tailrace.proof.prove import KILL_POINTS, Case, Prover, all_cases, pairwise_cases
from tailrace.proof.sample import make_sample


@pytest.fixture(scope="module")
def prover(tmp_path_factory: pytest.TempPathFactory) -> tuple[Prover, int]:
    folder = tmp_path_factory.mktemp("proof")
    made = Prover(make_sample(folder / "project", SystemClock()), None, folder / "work")
    return made, made.record()


@pytest.mark.parametrize("case", pairwise_cases(), ids=str)
def test_every_pair_of_disturbances_changes_nothing(case: Case, prover: tuple[Prover, int]) -> None:
    outcome = prover[0].outcome(case, prover[1])
    assert outcome.differences == ()


def test_the_sample_has_a_first_a_middle_and_a_last_batch(prover: tuple[Prover, int]) -> None:
    assert prover[1] == 4


def test_the_cover_holds_every_pair_and_is_small() -> None:
    def pairs(cases: list[Case]) -> set[tuple[int, object, int, object]]:
        values = [(case.point, case.batch, case.runners, case.lost) for case in cases]
        return {(i, v[i], j, v[j]) for v in values for i, j in combinations(range(4), 2)}

    cover = pairwise_cases()
    assert pairs(cover) == pairs(all_cases())
    assert len(cover) <= 60 < len(all_cases())


@pytest.mark.parametrize("point", KILL_POINTS)
def test_each_point_is_reached_in_the_first_batch(point: str, prover: tuple[Prover, int]) -> None:
    assert prover[0].outcome(Case(point), prover[1]).reached


def test_a_difference_is_seen(prover: tuple[Prover, int], tmp_path: Path) -> None:
    """The proof has teeth: with one staged file less the tables are not the same."""
    from tailrace.lake.tables import Tables
    from tailrace.proof.compare import compare_lakes

    made, _ = prover
    made.outcome(Case("told"), prover[1])
    wanted, found = made.lakes()
    assert compare_lakes(wanted, found) == []
    victim = found.table("bronze.events")
    victim.refresh()
    victim.rewrite([], victim.files()[:1])
    again = Tables(found.lake, "", SystemClock())
    assert [d.subject for d in compare_lakes(wanted, again)] == ["bronze.events"]
