"""`fsck`: the lake against the batch log, and the log's rebuilding when it is lost.

`check` changes nothing and lists what is wrong. `rebuild` writes the seal `0-<m>.parquet` of a lost
batch log: m is beyond every number that may have been decided, and the positions are those that the
newest commit of each component carries.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from tailrace.duck.source import count_rows, table_scan
from tailrace.engine.doors import Doors
from tailrace.engine.recover import move_torn_tips, read_decision, tables_with_batches
from tailrace.lake import schema as delta_schema
from tailrace.lake.identity import read_identity
from tailrace.lake.sealed import write_seal
from tailrace.lake.tables import Table
from tailrace.model.account import DatasetAccount, EdgeAccount
from tailrace.model.batch import Decision, standing_from_json
from tailrace.model.errors import Stop


@dataclass(frozen=True)
class Finding:
    """One thing that was checked: `problem` is None where it holds."""

    subject: str
    check: str
    problem: str | None


def check(doors: Doors) -> list[Finding]:
    """Everything that must agree: numbers, laws, tables, files, system columns."""
    newest = doors.batch_log.newest()
    findings = [_numbers(doors, newest)]
    findings += _laws(doors)
    if newest:
        last = read_decision(doors, newest).last_after()
        for name, n in sorted(last.items()):
            findings += _looked_at(doors, doors.tables.table(name), n)
    return findings


def _numbers(doors: Doors, newest: int) -> Finding:
    low = max((high for _, high in doors.batch_log.seals()), default=0)
    missing = sorted(set(range(low + 1, newest + 1)) - set(doors.batch_log.numbers()))
    problem = f"missing: {', '.join(map(str, missing[:20]))}" if missing else None
    found = f"batches 1 to {newest} are there" if newest else "there is no batch yet"
    if not newest and (committed := list(tables_with_batches(doors))):
        problem = f"it is lost, for {committed[0]} has batches: `tailrace fsck --rebuild` makes it anew"
    return Finding("batch log", found, problem)


def _laws(doors: Doors) -> Iterator[Finding]:
    """The input law and the output law over the stored accounts."""
    bad: list[str] = []
    checked = 0
    for decision in doors.batch_log.decisions():
        for item in decision.accounts:
            checked += 1
            if not _holds(item):
                bad.append(f"batch {decision.n}, {item.dataset}")
    yield Finding("accounts", f"{checked} accounts balance", ", ".join(bad[:20]) or None)


def _holds(item: EdgeAccount | DatasetAccount) -> bool:
    if isinstance(item, EdgeAccount):
        fates = (item.error, item.filtered, item.late, item.duplicate, item.kept)
        if item.in_ is None or all(fate is None for fate in fates):
            return True
        return item.in_ == sum(fate or 0 for fate in fates)
    if item.emitted is None or item.out is None:
        return True
    return item.out == item.emitted - (item.violated or 0)


def _looked_at(doors: Doors, table: Table, n: int) -> list[Finding]:
    try:
        return list(_table(doors, table, n))
    except Stop as stop:
        return [Finding(table.name, f"is at batch {n}", stop.message)]


def _table(doors: Doors, table: Table, n: int) -> Iterator[Finding]:
    if not table.exists():
        yield Finding(table.name, f"is at batch {n}", "the table is missing")
        return
    table.refresh()
    found = table.transaction()
    yield Finding(table.name, f"is at batch {n}", None if found == n else f"it is at batch {found}")
    files = table.files()
    gone = [
        file.path
        for file in files
        if not (table.folder / file.path).exists() or (table.folder / file.path).stat().st_size != file.size
    ]
    yield Finding(table.name, f"{len(files)} files are whole", ", ".join(gone[:10]) or None)
    columns = delta_schema.from_json(table.schema())
    if gone or columns.find("_row") is None or table.name.startswith("_tailrace/"):
        return
    scan = table_scan(table.folder, [file.path for file in files], columns, table.partition_by())
    holes = count_rows(
        doors.connection,
        f"(SELECT _batch FROM ({scan}) GROUP BY _batch "
        "HAVING count(*) <> max(_row) + 1 OR count(DISTINCT _row) <> count(*) OR min(_row) <> 0)",
    )
    yield Finding(table.name, "_row has no holes", f"{holes} batches with holes" if holes else None)
    rows = _rows_by_batch(doors, scan)
    wrong = [
        f"batch {decision.n}: {rows[decision.n]} rows, decided {out}"
        for decision in doors.batch_log.decisions()
        for out in _out(decision, table.name)
        if decision.tables.get(table.name) and rows[decision.n] != out
    ]
    yield Finding(table.name, "rows are those decided", ", ".join(wrong[:10]) or None)


def _rows_by_batch(doors: Doors, scan: str) -> Counter[int]:
    found = doors.connection.execute(f"SELECT _batch, count(*) FROM ({scan}) GROUP BY _batch").fetchall()
    return Counter({int(n): int(rows) for n, rows in found})


def _out(decision: Decision, dataset: str) -> Iterator[int]:
    for item in decision.accounts:
        if isinstance(item, DatasetAccount) and item.dataset == dataset and item.out is not None:
            yield item.out


def rebuild(doors: Doors) -> int:
    """Write the seal of a lost batch log and return m, its number. Raises Stop if the log is there."""
    if doors.batch_log.newest():
        raise Stop(
            f"The batch log {doors.batch_log.folder} is not lost: it has batch {doors.batch_log.newest()}.",
            hint="`tailrace fsck` checks it",
        )
    move_torn_tips(doors)
    commits = _newest_commits(doors)
    identity = read_identity(doors.lake)
    assert identity is not None
    last = {
        name: found
        for name in doors.tables.names()
        if (found := doors.tables.table(name).transaction()) is not None
    }
    m = max([*last.values(), doors.ledger.newest(), identity.n_high, 0])
    flows = {}
    heads: dict[str, int] = {}
    for commit in sorted(commits, key=lambda item: int(item["n"])):
        flows.update({key: standing_from_json(value) for key, value in commit["flows"].items()})
        heads.update(commit["heads"])
    decision = Decision(
        n=m,
        prev=None,
        attempt="fsck",
        component="fsck",
        kind="reset",
        lake_id=identity.lake_id,
        planned_us=doors.clock.now_us(),
        flows=flows,
        heads={},
        last=last,
    )
    write_seal(doors.batch_log, [decision], low=0)
    return m


def _newest_commits(doors: Doors) -> list[dict[str, Any]]:
    """What the newest commit of each component carries."""
    newest: dict[str, dict[str, Any]] = {}
    for name in doors.tables.names():
        for text in doors.tables.table(name).commit_metadata():
            value: dict[str, Any] = json.loads(text)
            known = newest.get(value["component"])
            if known is None or known["n"] < value["n"]:
                newest[value["component"]] = value
    return list(newest.values())


Verdict = Literal["ok", "problem"]


def verdict(finding: Finding) -> Verdict:
    """For the command line."""
    return "ok" if finding.problem is None else "problem"
