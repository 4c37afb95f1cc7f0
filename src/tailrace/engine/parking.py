"""Why a dataset must wait: raised in steps 3 to 5, answered by planning the batch again without it."""

from __future__ import annotations

from typing import Literal

from tailrace.model.errors import TailraceError

Cause = Literal["query", "expectation", "breaker", "account", "schema", "input"]


class ParkDataset(TailraceError):
    """`dataset` and its descendants wait with this reason; the rest of the batch goes on."""

    def __init__(self, dataset: str, cause: Cause, reason: str) -> None:
        super().__init__(f"{dataset} is parked: {reason}", hint=f"mend it, then `tailrace resume {dataset}`")
        self.dataset = dataset
        self.cause = cause
        self.reason = f"{cause}: {reason}"
