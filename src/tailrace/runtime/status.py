"""Where every dataset of a project stands, for `status` and the live picture."""

from __future__ import annotations

from typing import Any

from tailrace.engine.standing import Standing, edges, flow_key
from tailrace.log.contract import Log
from tailrace.project.compiled import Dataset
from tailrace.runtime.reader import Reader
from tailrace.sql.compiled import TopicInput


def dataset_status(reader: Reader) -> list[dict[str, Any]]:
    """One row per dataset: dataset, kind, state, reason, last_batch, rows, files, lag."""
    standing = reader.standing()
    log = reader.open_log() if reader.paths.log.is_dir() else None
    return [
        {
            "dataset": fact.name,
            "kind": fact.kind,
            "state": fact.state,
            "reason": fact.reason,
            "last_batch": fact.last_batch,
            "rows": sum(file.rows for file in fact.files),
            "files": len(fact.files),
            "lag": lag(reader.compiled.datasets[fact.name], standing, log),
        }
        for fact in reader.facts()
    ]


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
