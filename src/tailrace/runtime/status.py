"""Where every dataset of a project stands, for `status` and the live picture."""

from __future__ import annotations

from typing import Any

from tailrace.engine.ends import check_positions
from tailrace.engine.plan import TopicEnds
from tailrace.engine.standing import Standing, edges, flow_key
from tailrace.log.contract import Log
from tailrace.model.errors import Halt
from tailrace.project.compiled import CompiledProject, Dataset
from tailrace.runtime.reader import Reader
from tailrace.sql.compiled import TopicInput


def dataset_status(reader: Reader) -> list[dict[str, Any]]:
    """One row per dataset: dataset, kind, state, reason, last_batch, rows, files, lag."""
    standing = reader.standing()
    log = reader.open_log() if reader.paths.log.is_dir() else None
    halted = _halted(reader.compiled, standing, log)
    rows = [
        {
            "dataset": fact.name,
            "kind": fact.kind,
            "state": "halted" if fact.name in halted and fact.state != "parked" else fact.state,
            "reason": fact.reason or halted.get(fact.name),
            "last_batch": fact.last_batch,
            "rows": sum(file.rows for file in fact.files),
            "files": len(fact.files),
            "lag": lag(reader.compiled.datasets[fact.name], standing, log),
        }
        for fact in reader.facts()
    ]
    invalid = [name for name in reader.names() if name not in reader.compiled.datasets]
    return rows + [_invalid(reader, name, standing.last.get(name)) for name in invalid]


def _invalid(reader: Reader, name: str, last_batch: int | None) -> dict[str, Any]:
    """The row of a dataset that the lake holds and the project, as it is now, does not give."""
    table = reader.tables.table(name)
    files = table.files() if table.exists() else []
    return {
        "dataset": name,
        "kind": None,
        "state": "invalid",
        "reason": "its SQL is wrong, or it is no longer there",
        "last_batch": last_batch,
        "rows": sum(file.rows for file in files),
        "files": len(files),
        "lag": None,
    }


def _halted(compiled: CompiledProject, standing: Standing, log: Log | None) -> dict[str, str]:
    """Datasets whose component waits for a topic that is not as it was read, with the reason."""
    there = log.topics() if log else ()
    topics = {
        name: TopicEnds(log.describe(name).log_id, log.begin_offsets(name), log.end_offsets(name))
        for name in there
        if log is not None
    }
    found: dict[str, str] = {}
    for component in compiled.components:
        try:
            check_positions(component, standing, compiled, topics)
        except Halt as halt:
            found.update(dict.fromkeys(component.datasets, halt.message))
    return found


def lag(dataset: Dataset, standing: Standing, log: Log | None) -> int | None:
    """Records in the topics of a dataset that it has not read; None where it reads no topic."""
    total: int | None = None
    for flow in dataset.flows:
        known = standing.flows.get(flow_key(dataset.name, flow.name))
        for edge, branch in edges(flow):
            source = branch.input
            if not isinstance(source, TopicInput):
                continue
            position = known.inputs.get(edge) if known else None
            offsets = {int(p): o for p, o in position["offsets"].items()} if position else {}
            ends = log.end_offsets(source.topic) if log and source.topic in log.topics() else {}
            total = (total or 0) + sum(max(0, end - offsets.get(p, 0)) for p, end in ends.items())
    return total
