"""Step 4, account: the laws that every batch must obey. Pure.

Each law compares counts that were made by different means. A law that does not hold is a bug of ours:
the dataset is parked with the cause `account`, and the run ends with exit code 1.
"""

from __future__ import annotations

from dataclasses import dataclass

from tailrace.engine.parking import ParkDataset
from tailrace.model.account import DatasetAccount, EdgeAccount

BREAKER_ROWS_MIN = 100
BREAKER_SHARE = 0.5


@dataclass(frozen=True)
class Tally:
    """Counts of one run of a dataset, as they came from where each was counted."""

    dataset: str
    edges: tuple[EdgeAccount, ...]
    emitted_by_branch: tuple[int, ...]
    """Rows that each branch put out, counted from the branch."""
    kept_makes: tuple[int, ...]
    """What each branch's kept rows must give: the rows themselves, or the lengths of their lists less
    what a condition on the elements removed."""
    total: DatasetAccount


def check_input(tally: Tally) -> None:
    """in = error + filtered + late + duplicate + kept, for every edge whose `in` is known."""
    for edge in tally.edges:
        if edge.in_ is None:
            continue
        fates = (edge.error, edge.filtered, edge.late, edge.duplicate, edge.kept)
        total = sum(fate or 0 for fate in fates)
        if total != edge.in_:
            raise _unbalanced(tally.dataset, f"input law on {edge.edge}", edge.in_, total)


def check_output(tally: Tally) -> None:
    """emitted = what the kept rows make; out = emitted - violated."""
    for edge, made, wanted in zip(tally.edges, tally.emitted_by_branch, tally.kept_makes, strict=True):
        if made != wanted:
            raise _unbalanced(tally.dataset, f"output law on {edge.edge}", wanted, made)
    total = tally.total
    if tally.emitted_by_branch and total.emitted != sum(tally.emitted_by_branch):
        raise _unbalanced(tally.dataset, "output law", sum(tally.emitted_by_branch), total.emitted or 0)
    left = (total.emitted or 0) - (total.violated or 0)
    if total.out != left:
        raise _unbalanced(tally.dataset, "output law (violated)", left, total.out or 0)


def check_edge(tally: Tally, upstream_out: dict[str, int]) -> None:
    """in(edge) = out(upstream, n), for edges on datasets of this batch. `upstream_out`: edge to out."""
    for edge in tally.edges:
        if edge.edge in upstream_out and edge.in_ != upstream_out[edge.edge]:
            raise _unbalanced(
                tally.dataset, f"edge law on {edge.edge}", upstream_out[edge.edge], edge.in_ or 0
            )


def check_lake(dataset: str, out: int, staged_rows: int) -> None:
    """Rows in the staged files = out."""
    if out != staged_rows:
        raise _unbalanced(dataset, "lake law", out, staged_rows)


def check_rejected(dataset: str, kind: str, counted: int, rows: int) -> None:
    """Every row counted as error or violated is a row of `system.rejected`."""
    if counted != rows:
        raise _unbalanced(dataset, f"rejected rows ({kind})", counted, rows)


def check_breaker(tally: Tally) -> None:
    """More than half of at least a hundred rows failed: the query is wrong, not the data."""
    for edge in tally.edges:
        rows, errors = edge.in_ or 0, edge.error or 0
        if rows >= BREAKER_ROWS_MIN and errors > BREAKER_SHARE * rows:
            raise ParkDataset(
                tally.dataset,
                "breaker",
                f"{errors} of {rows} rows from {edge.edge} failed: the query is wrong, not the data",
            )


def _unbalanced(dataset: str, law: str, left: int, right: int) -> ParkDataset:
    return ParkDataset(dataset, "account", f"{law} does not hold: {left} and {right} rows")
