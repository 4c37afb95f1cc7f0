"""Accounts for people: what became of the rows of each dataset, summed over batches.

For a streaming table counts add up over its batches; a view's are those of its newest refresh, since each
refresh counts all its rows again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

from tailrace.model.account import DatasetAccount, EdgeAccount
from tailrace.model.batch import Decision


@dataclass
class Total:
    """One dataset's account. `in` = kept + filtered + late + duplicate + error, where it applies: to a view,
    which reads whole tables, it does not, and its counts from `kept` to `coerced` are None.

    `in` is None where a batch does not know it (records of several lines have no count of their own).
    """

    dataset: str
    batches: int = 0
    in_: int | None = 0
    kept: int | None = 0
    filtered: int | None = 0
    late: int | None = 0
    duplicate: int | None = 0
    error: int | None = 0
    coerced: int | None = 0
    """Values that became NULL for their type, among rows that did not fail."""
    emitted: int = 0
    violated: int = 0
    out: int = 0
    last_batch: int = 0
    mode: str = ""


COLUMNS = tuple("in" if f.name == "in_" else f.name for f in fields(Total))


def counted(count: int | None) -> str:
    """A count as people read it; `?` where it is not known."""
    return "?" if count is None else f"{count:,}"


class Totals:
    """Adds up decisions as they come."""

    def __init__(self, decisions: Iterable[Decision] = ()) -> None:
        self.by_dataset: dict[str, Total] = {}
        for decision in decisions:
            self.add(decision)

    def add(self, decision: Decision) -> None:
        """Count one more batch."""
        fresh: set[str] = set()
        for item in decision.accounts:
            if item.mode == "lane":
                continue
            total = self.by_dataset.setdefault(item.dataset, Total(item.dataset))
            if item.dataset not in fresh:
                fresh.add(item.dataset)
                if decision.kind == "view":
                    total = self.by_dataset[item.dataset] = _of_view(item.dataset, total.batches)
                total.batches += 1
                total.last_batch = decision.n
            _count(total, item)

    def rows(self) -> list[dict[str, Any]]:
        """Rows with the columns of COLUMNS, in the order in which the datasets first appeared."""
        return [
            {("in" if name == "in_" else name): value for name, value in vars(total).items()}
            for total in self.by_dataset.values()
        ]


_FATES = ("kept", "filtered", "late", "duplicate", "error", "coerced")


def _of_view(dataset: str, batches: int) -> Total:
    total = Total(dataset, batches)
    for name in _FATES:
        setattr(total, name, None)
    return total


def _count(total: Total, item: EdgeAccount | DatasetAccount) -> None:
    if isinstance(item, EdgeAccount):
        unknown = total.in_ is None or "in" in item.unknown
        total.in_ = None if unknown else (total.in_ or 0) + (item.in_ or 0)
        for name in _FATES:
            before = getattr(total, name)
            setattr(total, name, None if before is None else before + (getattr(item, name) or 0))
        return
    total.emitted += item.emitted or 0
    total.violated += item.violated or 0
    total.out += item.out or 0
    total.mode = item.mode or total.mode
