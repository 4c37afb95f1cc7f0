"""Steps 7 to 9: commit the tables, finish in the ledger, tell the effects.

All three are repeated safely: a table that is at n already is skipped, the ledger's row is there or
not, an effect is told again under the same key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from tailrace.engine.doors import Doors
from tailrace.lake.batch_log import compact_json
from tailrace.ledger.store import Effect, FinishedBatch
from tailrace.model import faults
from tailrace.model.batch import Decision, flows_json
from tailrace.model.errors import AnotherRunner, Stop

Carrier = Callable[[Effect], None]
"""Carries an effect out; called again with the same key after a crash."""

COMMIT_THREADS = 4


def complete(doors: Doors, decision: Decision, carriers: Mapping[str, Carrier]) -> None:
    """Roll a decided batch forward to its end."""
    commit(doors, decision)
    finish(doors, decision)
    faults.reach("finished")
    tell(doors, carriers)
    faults.reach("told")


def commit(doors: Doors, decision: Decision) -> None:
    """Step 7: one metadata-only commit per changed table, in parallel; none where nothing changes."""
    with none_but_us(doors, decision.n):
        _commit(doors, decision)
    faults.reach("committed")


@contextmanager
def none_but_us(doors: Doors, n: int) -> Iterator[None]:
    """Tables that are not at batch n as they should be, while batches after n are decided: another engine
    is at work on the lake, and has not lost anything. Raises AnotherRunner then."""
    try:
        yield
    except Stop as stop:
        if isinstance(stop, AnotherRunner) or doors.batch_log.newest() <= n:
            raise
        raise AnotherRunner(
            f"Batch {n} was the newest; another runner has decided batches after it meanwhile.",
            hint="only one engine may run on a lake; stop the other one first",
        ) from stop


def _commit(doors: Doors, decision: Decision) -> None:
    metadata = commit_metadata(decision)
    names = sorted(decision.tables)
    for name in names:
        check_staged(doors, decision, name)

    def one(name: str) -> None:
        doors.tables.table(name).commit(decision.n, decision.tables[name], metadata)

    if names:
        one(names[0])
        faults.reach("commit-some")
    if len(names) > 1:
        with ThreadPoolExecutor(COMMIT_THREADS) as pool:
            list(pool.map(one, names[1:]))


def commit_metadata(decision: Decision) -> str:
    """What each commit carries, so that a lost batch log can be rebuilt from the tables."""
    return compact_json(
        {
            "n": decision.n,
            "component": decision.component,
            "heads": decision.heads_after(),
            "last": decision.last_after(),
            "flows": flows_json(decision.flows),
        }
    )


def check_staged(doors: Doors, decision: Decision, name: str) -> None:
    """Every staged file of a table is there with its size, or the table is at n already."""
    folder = doors.tables.folder(name)
    for file in decision.tables[name].add:
        path = folder / file.path
        if not path.exists() or path.stat().st_size != file.size:
            table = doors.tables.table(name)
            table.refresh()
            if table.transaction() == decision.n:
                return
            raise Stop(
                f"Batch {decision.n} is decided, but its file {path} is missing or cut off.",
                hint="put the lake back from a copy",
            )


def finish(doors: Doors, decision: Decision) -> None:
    """Step 8: the batch and its effects in the ledger, in one transaction."""
    record(doors, decision, {name: doors.tables.table(name).version() for name in decision.tables})


def record(doors: Doors, decision: Decision, versions: Mapping[str, int]) -> None:
    """Write the ledger's row of a batch, with the Delta versions that it left."""
    batch = FinishedBatch(
        decision.n,
        decision.component,
        decision.kind,
        decision.planned_us,
        doors.clock.now_us(),
        versions,
    )
    doors.ledger.finish(batch, ())


def tell(doors: Doors, carriers: Mapping[str, Carrier]) -> None:
    """Step 9: carry out what is still to be told, oldest first, then mark it."""
    for _, effect in doors.ledger.untold():
        if effect.kind in carriers:
            carriers[effect.kind](effect)
            doors.ledger.told(effect.key, doors.clock.now_us())
