"""Recovery: every start runs it. What was decided is rolled forward, what was not never happened.

Authority: the tables' transactions, then the batch log, then the state, then the ledger.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace

from tailrace.engine.complete import Carrier, commit, finish, none_but_us, record, tell
from tailrace.engine.doors import Doors
from tailrace.engine.standing import Standing
from tailrace.lake.identity import N_HIGH_STEP, Identity, read_identity, write_identity
from tailrace.lake.sealed import sealed_decision
from tailrace.lake.tables import move_torn_tip
from tailrace.model.batch import Decision
from tailrace.model.errors import Stop


def recover(doors: Doors, carriers: Mapping[str, Carrier]) -> Standing:
    """Bring tables, state and ledger to the last decided batch; returns where the project stands."""
    shutil.rmtree(doors.scratch, ignore_errors=True)
    doors.scratch.mkdir(parents=True)
    doors.batch_log.sweep()
    move_torn_tips(doors)
    newest = doors.batch_log.newest()
    check_log_is_there(doors, newest)
    standing = standing_from_log(doors, newest)
    if newest:
        tip = read_decision(doors, newest)
        commit(doors, tip)
        if doors.ledger.finished(newest) is None:
            finish(doors, tip)
    check_tables(doors, standing)
    bring_state(doors, standing)
    bring_ledger(doors, standing)
    remove_orphans(doors, newest)
    tell(doors, carriers)
    return standing


def move_torn_tips(doors: Doors) -> None:
    """A commit file cut off by a power failure was never acknowledged: it goes aside, and n again."""
    for name in doors.tables.names():
        move_torn_tip(doors.tables.folder(name), doors.lake / "_tailrace" / "torn")


def check_log_is_there(doors: Doors, newest: int) -> None:
    """Tables with transactions and no batch log: the log was lost, and only fsck may go on."""
    name = None if newest else next(tables_with_batches(doors), None)
    if name is not None:
        raise Stop(
            f"The batch log {doors.batch_log.folder} is empty, but table {name} has batches.",
            hint="put it back from a copy, or run `tailrace fsck --rebuild`",
        )


def tables_with_batches(doors: Doors) -> Iterator[str]:
    """Tables that some batch committed to."""
    return (name for name in doors.tables.names() if doors.tables.table(name).transaction() is not None)


def standing_from_log(doors: Doors, newest: int) -> Standing:
    """The newest decision names the newest of every component; each tells its flows."""
    if newest == 0:
        return Standing()
    tip = read_decision(doors, newest)
    standing = Standing()
    for n in sorted(set(tip.heads_after().values())):
        standing = standing.after(tip if n == newest else read_decision(doors, n))
    return replace(standing, n=newest, heads=tip.heads_after(), last=tip.last_after())


def read_decision(doors: Doors, n: int) -> Decision:
    """Batch n, from its own file or from its seal."""
    if doors.batch_log.has_file(n):
        return doors.batch_log.read(n)
    return sealed_decision(doors.batch_log, n)


def check_tables(doors: Doors, standing: Standing) -> None:
    """Every table is at the batch that the log says: none was put back from a copy, none is newer."""
    with none_but_us(doors, standing.n):
        for name, last in standing.last.items():
            doors.tables.table(name).check(last)


def bring_state(doors: Doors, standing: Standing) -> None:
    """A stateless component's state is the number of its last batch."""
    held = doors.state.all()
    for component, n in standing.heads.items():
        if held.get(component) != n:
            doors.state.begin()
            doors.state.set(component, n)
            doors.state.commit()


def bring_ledger(doors: Doors, standing: Standing) -> None:
    """Rows of the ledger that are missing are written again from the batch log.

    Which Delta version an old batch left is not known any more; the newest batch's versions are.
    """
    known = doors.ledger.newest()
    if known >= standing.n:
        return
    for decision in doors.batch_log.decisions(after=known):
        versions = {}
        if decision.n == standing.n:
            versions = {name: doors.tables.table(name).version() for name in standing.last}
        record(doors, decision, versions)


def remove_orphans(doors: Doors, newest: int) -> None:
    """Remove staged files whose batch is decided and does not name them.

    Files of a number that is not decided yet stay: another runner may be about to decide them.
    """
    for name in doors.tables.names():
        folder = doors.tables.folder(name)
        live = {file.path for file in doors.tables.table(name).files()}
        for path in folder.rglob("*.parquet"):
            relative = str(path.relative_to(folder))
            number = path.name.partition("-")[0]
            if "_delta_log" in path.parts or relative in live or not number.isdigit():
                continue
            if int(number) <= newest and not _names(doors, int(number), name, relative):
                path.unlink()


def _names(doors: Doors, n: int, table: str, path: str) -> bool:
    """Whether batch n names the file; a sealed batch is taken to, its files are the vacuum's business."""
    if not doors.batch_log.has_file(n):
        return True
    change = doors.batch_log.read(n).tables.get(table)
    return change is not None and any(file.path == path for file in change.add)


def raise_n_high(doors: Doors, n: int) -> None:
    """Keep `n_high` ahead of every number that may be decided."""
    identity = read_identity(doors.lake)
    assert identity is not None
    if n + N_HIGH_STEP // 2 > identity.n_high:
        write_identity(doors.lake, Identity(identity.lake_id, identity.engine, n + N_HIGH_STEP))
