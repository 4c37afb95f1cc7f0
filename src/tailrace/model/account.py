"""The account: the row counts of one dataset in one batch that must balance.

Rows of `system.accounts`. NULL (None) means that a count does not apply; a count that exists but is
not known is None and named in `unknown`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

COUNTS = ("in", "error", "filtered", "late", "duplicate", "kept", "coerced", "gap")
"""Counts of an edge, in the order of the table."""


@dataclass(frozen=True)
class EdgeAccount:
    """What became of the rows of one edge of one flow: each has exactly one fate."""

    dataset: str
    flow: str
    edge: str
    in_: int | None
    error: int | None = None
    filtered: int | None = None
    late: int | None = None
    duplicate: int | None = None
    kept: int | None = None
    coerced: int | None = None
    gap: int | None = None
    unknown: tuple[str, ...] = ()
    mode: str | None = None


@dataclass(frozen=True)
class ExpectationCount:
    """How often a rule held and failed among the emitted rows."""

    passed: int
    failed: int
    action: str


@dataclass(frozen=True)
class DatasetAccount:
    """What a dataset made of the rows that its flows kept."""

    dataset: str
    fan_zero: int | None = None
    fan_filtered: int | None = None
    emitted: int | None = None
    violated: int | None = None
    out: int | None = None
    state_before: int | None = None
    state_after: int | None = None
    released: int | None = None
    expectations: dict[str, ExpectationCount] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    mode: str | None = None
    duration_ms: int | None = None


Account = EdgeAccount | DatasetAccount

COLUMNS: tuple[str, ...] = (
    "_batch",
    "dataset",
    "flow",
    "edge",
    *COUNTS,
    "fan_zero",
    "fan_filtered",
    "emitted",
    "violated",
    "out",
    "state_before",
    "state_after",
    "released",
    "expectations",
    "unknown",
    "mode",
    "duration_ms",
)
"""Columns of `system.accounts`, in order."""


def to_row(n: int, account: Account) -> dict[str, Any]:
    """One row of `system.accounts`."""
    values = asdict(account)
    if "in_" in values:
        values["in"] = values.pop("in_")
    values["unknown"] = list(account.unknown)
    return {"_batch": n, **{name: values.get(name) for name in COLUMNS[1:]}}


def from_row(row: dict[str, Any]) -> Account:
    """The account that `to_row` printed."""
    unknown = tuple(row.get("unknown") or ())
    if row.get("edge") is not None:
        return EdgeAccount(
            dataset=row["dataset"],
            flow=row["flow"],
            edge=row["edge"],
            in_=row.get("in"),
            error=row.get("error"),
            filtered=row.get("filtered"),
            late=row.get("late"),
            duplicate=row.get("duplicate"),
            kept=row.get("kept"),
            coerced=row.get("coerced"),
            gap=row.get("gap"),
            unknown=unknown,
            mode=row.get("mode"),
        )
    expectations = {
        rule: ExpectationCount(**count) for rule, count in (row.get("expectations") or {}).items()
    }
    return DatasetAccount(
        dataset=row["dataset"],
        fan_zero=row.get("fan_zero"),
        fan_filtered=row.get("fan_filtered"),
        emitted=row.get("emitted"),
        violated=row.get("violated"),
        out=row.get("out"),
        state_before=row.get("state_before"),
        state_after=row.get("state_after"),
        released=row.get("released"),
        expectations=expectations,
        unknown=unknown,
        mode=row.get("mode"),
        duration_ms=row.get("duration_ms"),
    )
