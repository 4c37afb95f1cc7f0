"""`prove`: kill the engine at every step on the project's own pipeline, and compare.

An undisturbed run over the project's topics and files records plans and times. Each case then carries
the same plans out, is killed by SIGKILL at a fault point, loses what it is told to lose, and recovers in
a new process (or two that race). Afterwards everything must be equal: rows with `_batch` and `_row`,
accounts, standings.
"""

from __future__ import annotations

import shutil
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Literal

from tailrace.lake.batch_log import BatchLog
from tailrace.lake.tables import Tables
from tailrace.model.clock import SystemClock
from tailrace.model.errors import DataError
from tailrace.model.faults import POINTS
from tailrace.proof.child import ChildRun, finish, start
from tailrace.proof.compare import Difference, compare_lakes, compare_logs

Lost = Literal["nothing", "ledger", "state", "torn tip"]
Which = Literal["first", "middle", "last"]

KILL_POINTS = tuple(point for point in POINTS if point != "maintained")
LOSSES: tuple[Lost, ...] = ("nothing", "ledger", "state", "torn tip")
BATCHES: tuple[Which, ...] = ("first", "middle", "last")
RUNNERS = (1, 2)


@dataclass(frozen=True)
class Case:
    """One disturbance: killed at `point` of the first, middle or last batch; `lost` is gone then, and as
    many runners recover."""

    point: str
    batch: Which = "first"
    runners: int = 1
    lost: Lost = "nothing"

    def __str__(self) -> str:
        runners = "" if self.runners == 1 else ", two runners recover"
        lost = "" if self.lost == "nothing" else f", {self.lost} lost"
        return f"killed at {self.point} of the {self.batch} batch{lost}{runners}"


@dataclass(frozen=True)
class Outcome:
    """What came of a case: no difference is what it should be."""

    case: Case
    reached: bool
    differences: tuple[Difference, ...] = ()


def all_cases() -> list[Case]:
    """Every combination."""
    return [Case(*values) for values in product(KILL_POINTS, BATCHES, RUNNERS, LOSSES)]


def simple_cases() -> list[Case]:
    """Every point at the first, middle and last batch, one runner, nothing lost."""
    return [Case(point, batch) for point, batch in product(KILL_POINTS, BATCHES)]


def pairwise_cases() -> list[Case]:
    """A small set of cases in which every pair of values of any two dimensions occurs."""
    cases = all_cases()
    wanted = {pair for case in cases for pair in _pairs(case)}
    chosen = []
    while wanted:
        best = max(cases, key=lambda case: len(wanted & _pairs(case)))
        chosen.append(best)
        wanted -= _pairs(best)
    return chosen


def _pairs(case: Case) -> set[tuple[int, int, object, object]]:
    values = (case.point, case.batch, case.runners, case.lost)
    return {(i, j, values[i], values[j]) for i in range(4) for j in range(i + 1, 4)}


class Prover:
    """Runs the cases of one project in a folder of its own."""

    def __init__(self, project: Path, profile: str | None, work: Path) -> None:
        self._project = project
        self._profile = profile
        self._work = work
        self._clock = SystemClock()

    def record(self) -> int:
        """The undisturbed run; returns how many batches it made. Raises DataError if it fails."""
        code, said = finish(start(self._run("base", "base", "u", None, None)))
        if code != 0:
            raise DataError(
                f"The undisturbed run ended with exit code {code}: {said.strip()}",
                hint="mend that first; only a run that ends well can be compared",
            )
        return len(self._log("base").numbers())

    def outcomes(self, cases: Sequence[Case], batches: int) -> Iterator[Outcome]:
        """Each case in turn."""
        for case in cases:
            yield self.outcome(case, batches)

    def outcome(self, case: Case, batches: int) -> Outcome:
        """Kill, lose, recover, compare."""
        lake = "case"
        shutil.rmtree(self._work / lake, ignore_errors=True)
        for runner in range(2):
            shutil.rmtree(self._work / f"data{runner}", ignore_errors=True)
        occurrence = {"first": 1, "middle": (batches + 1) // 2, "last": batches}[case.batch]
        fault = (case.point, occurrence)
        code, said = finish(start(self._run(lake, "data0", "k", "base", fault)))
        if code != -signal.SIGKILL:
            if code != 0:
                raise DataError(f"The run to be killed ended with exit code {code}: {said.strip()}")
            return Outcome(case, reached=False)
        self._lose(case.lost, lake)
        problems = self._recover(case, lake)
        return Outcome(case, True, (*problems, *self._differences(lake)))

    def lakes(self) -> tuple[Tables, Tables]:
        """The undisturbed lake, and that of the last case."""
        return self._tables("base"), self._tables("case")

    def _recover(self, case: Case, lake: str) -> list[Difference]:
        """One runner, or two that race with separate state and one that finishes what is left."""
        if case.runners == 2:
            racing = [start(self._run(lake, f"data{i}", f"r{i}", "base", None)) for i in range(2)]
            for process in racing:
                finish(process)
        code, said = finish(start(self._run(lake, "data0", "f", "base", None)))
        return [] if code == 0 else [Difference("recovery", f"exit code {code}: {said.strip()[-500:]}")]

    def _lose(self, lost: Lost, lake: str) -> None:
        data = self._work / "data0"
        if lost == "ledger":
            for path in data.glob("ledger.sqlite*"):
                path.unlink()
        elif lost == "state":
            shutil.rmtree(data / "state", ignore_errors=True)
        elif lost == "torn tip":
            self._tear(lake)

    def _tear(self, lake: str) -> None:
        """Cut off the newest commit of a table that the newest decided batch changed."""
        log = self._log(lake)
        newest = log.newest()
        if newest == 0:
            return
        decision = log.read(newest)
        tables = self._tables(lake)
        for name in sorted(decision.tables):
            table = tables.table(name)
            if table.exists() and table.transaction_of(decision.lake_id) == newest:
                tip = table.folder / "_delta_log" / f"{table.version():020}.json"
                tip.write_bytes(tip.read_bytes()[:20])
                return

    def _differences(self, lake: str) -> list[Difference]:
        differences = compare_lakes(self._tables("base"), self._tables(lake))
        return differences + compare_logs(self._log("base"), self._log(lake))

    def _run(
        self, lake: str, data: str, attempt: str, script: str | None, fault: tuple[str, int] | None
    ) -> ChildRun:
        return ChildRun(
            str(self._project),
            self._profile,
            str(self._work / lake),
            str(self._work / data) if data != "base" else str(self._work / "base-data"),
            attempt,
            str(self._work / script) if script else None,
            fault,
        )

    def _log(self, lake: str) -> BatchLog:
        return BatchLog(self._work / lake / "_tailrace" / "batches")

    def _tables(self, lake: str) -> Tables:
        return Tables(self._work / lake, "", self._clock)
