"""Step 1, plan: which rows the next batch of a component reads. Pure.

Each (flow, edge) has a position. An edge is *level* when it stands where its input's foremost reader
stands; level edges share one read, or take the upstream rows of this batch from memory. An edge that
is behind has a lane: a read of its own that goes on from its position and never passes the foremost
reader, so that it becomes level at a batch border. `settle` is called once the records are there: the
cut by record time may have shortened topic reads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tailrace.engine.standing import Standing, edges, flow_key
from tailrace.files.listing import ListedFile, take
from tailrace.files.options import parse_options
from tailrace.model.batch import FlowStanding, Position
from tailrace.project.compiled import CompiledProject, Component, Dataset, Flow
from tailrace.sql.compiled import Branch, FilesInput, TableInput, TopicInput


@dataclass(frozen=True)
class Limits:
    """Bounds of one batch, per read."""

    rows_max: int = 200_000
    bytes_max: int = 64 * 1024 * 1024


@dataclass(frozen=True)
class TopicEnds:
    """What a topic holds: partition to its first offset and to the one after its last.

    `latest`: where a flow with `startingOffsets` latest begins, if a stored plan has cut `end`.
    """

    log_id: str
    begin: Mapping[int, int]
    end: Mapping[int, int]
    latest: Mapping[int, int] | None = None


@dataclass(frozen=True)
class Ends:
    """What all inputs of a component hold now.

    `files`: reader to its files that are new, in the order to be read. `replayed_files`: reader to
    (batch, file) of those it took already. A reader is `<flow key>|<edge>`. `lanes`: (table, after) to
    the batch up to which a lane may read in one go.
    """

    topics: Mapping[str, TopicEnds] = field(default_factory=dict)
    files: Mapping[str, Sequence[ListedFile]] = field(default_factory=dict)
    replayed_files: Mapping[str, Sequence[tuple[int, ListedFile]]] = field(default_factory=dict)
    lanes: Mapping[tuple[str, int], int] = field(default_factory=dict)


@dataclass(frozen=True)
class TopicRead:
    """Offsets `begin` to before `end` of each partition."""

    topic: str
    log_id: str
    begin: Mapping[int, int]
    end: Mapping[int, int]
    lane: bool = False

    @property
    def id(self) -> str:
        places = ",".join(f"{p}:{o}" for p, o in sorted(self.begin.items()))
        return f"topic:{self.topic}@{places}"

    @property
    def rows(self) -> int:
        return sum(self.end[p] - self.begin[p] for p in self.end)


@dataclass(frozen=True)
class FilesRead:
    """Files for one reader; `replay` where they were read before by the view that a lane replays."""

    reader: str
    files: tuple[ListedFile, ...]
    source: FilesInput
    upto: int | None = None

    @property
    def id(self) -> str:
        return f"files:{self.reader}"


@dataclass(frozen=True)
class TableRead:
    """Rows of the batches `after` < n <= `upto` of a table in the lake."""

    table: str
    after: int
    upto: int

    @property
    def id(self) -> str:
        return f"table:{self.table}@{self.after}"


@dataclass(frozen=True)
class Memory:
    """What a dataset puts out in this batch; `lane` is empty for its current run."""

    dataset: str
    lane: str = ""


Source = TopicRead | FilesRead | TableRead | Memory


@dataclass(frozen=True)
class Run:
    """One flow's work in the batch. `lane`: empty, or the flow for which a temporary view is replayed."""

    dataset: str
    flow: str
    key: str
    lane: str
    sources: Mapping[str, Source]


@dataclass(frozen=True)
class BatchPlan:
    """All work of one batch, in topological order."""

    component: str
    runs: tuple[Run, ...]
    standings: Mapping[str, FlowStanding]
    """Every flow of the component before the batch."""

    def reads(self) -> dict[str, TopicRead | FilesRead | TableRead]:
        """Each distinct read once."""
        found: dict[str, TopicRead | FilesRead | TableRead] = {}
        for run in self.runs:
            for source in run.sources.values():
                if not isinstance(source, Memory):
                    found.setdefault(source.id, source)
        return found

    def is_empty(self) -> bool:
        """Whether there is nothing to read."""
        return not any(_has_rows(read) for read in self.reads().values())

    def to_json(self) -> tuple[dict[str, Any], ...]:
        """As in the decision: what was read, so that it can be read again."""
        return tuple(_read_json(read) for read in self.reads().values() if _has_rows(read))


class Planner:
    """Plans one batch of one component."""

    def __init__(
        self,
        project: CompiledProject,
        component: Component,
        standing: Standing,
        ends: Ends,
        limits: Limits,
        parked: Mapping[str, str],
    ) -> None:
        """`parked`: flow keys to be left out of this batch, with the reason."""
        self._project = project
        self._component = component
        self._standing = standing
        self._ends = ends
        self._limits = limits
        self._parked = parked
        self._standings = {key: self._standing_of(flow, key) for _, flow, key in self._flows()}

    def plan(self) -> BatchPlan:
        """The batch, with topic reads up to their bounds."""
        runs: list[Run] = []
        for dataset, flow, key in self._flows():
            if self._standings[key].state == "parked":
                continue
            sources = {}
            for edge, branch in edges(flow):
                position = self._standings[key].inputs[edge]
                sources[edge] = self._source(branch, position, f"{key}|{edge}", key, runs)
            runs.append(Run(dataset.name, flow.name, key, "", sources))
        return BatchPlan(self._component.name, tuple(runs), self._standings)

    def begins_late(self) -> bool:
        """Whether a flow begins at the end of a topic: where that was must be decided, rows or none, or
        it would begin at a later end each time."""
        for _, flow, key in self._flows():
            known = self._standing.flows.get(key)
            for edge, branch in edges(flow):
                late = isinstance(branch.input, TopicInput) and branch.input.starting_offsets == "latest"
                if late and (known is None or edge not in known.inputs):
                    return True
        return False

    def _flows(self) -> Iterator[tuple[Dataset, Flow, str]]:
        for name in self._component.datasets:
            dataset = self._project.datasets[name]
            for flow in dataset.flows:
                yield dataset, flow, flow_key(name, flow.name)

    def _standing_of(self, flow: Flow, key: str) -> FlowStanding:
        known = self._standing.flows.get(key)
        if key in self._parked:
            base = known or FlowStanding("parked", self._initial(flow, {}))
            since = base.since_n if base.state == "parked" else None
            return replace(base, state="parked", reason=self._parked[key], since_n=since)
        if known is None:
            return FlowStanding("current", self._initial(flow, {}), since_n=self._standing.n + 1)
        inputs = self._initial(flow, known.inputs)
        return replace(known, inputs=inputs, state="current" if known.state == "left" else known.state)

    def _initial(self, flow: Flow, known: Mapping[str, Position]) -> dict[str, Position]:
        """Known positions, and for new edges where a reader begins."""
        return {edge: known.get(edge) or self._beginning(branch) for edge, branch in edges(flow)}

    def _beginning(self, branch: Branch) -> Position:
        source = branch.input
        if isinstance(source, TopicInput):
            ends = self._ends.topics[source.topic]
            start = ends.begin if source.starting_offsets == "earliest" else ends.latest or ends.end
            return {"log_id": ends.log_id, "offsets": {str(p): o for p, o in sorted(start.items())}}
        if isinstance(source, FilesInput):
            return {"files": 0, "up_batch": 0}
        view = self._view(source)
        if view is None:
            return {"up_batch": 0}
        return {"via": {flow_key(view.name, flow.name): self._initial(flow, {}) for flow in view.flows}}

    def _view(self, source: TableInput) -> Dataset | None:
        dataset = self._project.datasets.get(source.name)
        return dataset if dataset is not None and dataset.kind == "temporary_view" else None

    def _source(self, branch: Branch, position: Position, reader: str, lane: str, runs: list[Run]) -> Source:
        source = branch.input
        if isinstance(source, TopicInput):
            return self._topic(source, position)
        if isinstance(source, FilesInput):
            return self._files(source, position, reader)
        view = self._view(source)
        if view is None:
            return self._table(source.name, position)
        if self._is_level_with(view, position):
            return Memory(view.name)
        return self._replay(view, position, lane, runs)

    def _topic(self, source: TopicInput, position: Position) -> TopicRead:
        ends = self._ends.topics[source.topic]
        begin = {int(p): o for p, o in position["offsets"].items()}
        begin.update({p: o for p, o in ends.begin.items() if p not in begin})
        foremost = self._foremost(source.topic)
        behind = any(begin[p] < foremost.get(p, begin[p]) for p in begin)
        unread = [p for p in begin if ends.end.get(p, begin[p]) > begin[p]]
        bound = max(1, self._limits.rows_max // max(1, len(unread)))
        end = {p: min(max(ends.end.get(p, o), o), o + bound) for p, o in begin.items()}
        return TopicRead(source.topic, position["log_id"], begin, end, behind)

    def _foremost(self, topic: str) -> dict[int, int]:
        """The greatest position on a topic among the flows that are not parked."""
        best: dict[int, int] = {}
        for _, flow, key in self._flows():
            if self._standings[key].state == "parked":
                continue
            for edge, branch in edges(flow):
                if isinstance(branch.input, TopicInput) and branch.input.topic == topic:
                    offsets = self._standings[key].inputs[edge]["offsets"]
                    found = {int(p): o for p, o in offsets.items()}
                    best = max(best, found, key=lambda o: sum(o.values()))
        return best

    def _files(self, source: FilesInput, position: Position, reader: str) -> FilesRead:
        new = self._ends.files.get(reader, ())
        if new:
            new = take(new, parse_options(source.function, source.format, source.options))
        return FilesRead(reader, _prefix(new, self._limits.bytes_max), source)

    def _table(self, table: str, position: Position) -> Source:
        newest = self._standing.last.get(table, 0)
        if position["up_batch"] >= newest:
            return Memory(table)
        after = position["up_batch"]
        return TableRead(table, after, self._ends.lanes.get((table, after), newest))

    def _is_level_with(self, view: Dataset, position: Position) -> bool:
        for flow in view.flows:
            key = flow_key(view.name, flow.name)
            if self._standings[key].state == "parked":
                return False
            if dict(position["via"].get(key, {})) != dict(self._standings[key].inputs):
                return False
        return True

    def _replay(self, view: Dataset, position: Position, lane: str, runs: list[Run]) -> Memory:
        """Run a temporary view once more for one reader that is behind, from that reader's positions."""
        for flow in view.flows:
            key = flow_key(view.name, flow.name)
            inputs = position["via"].get(key) or self._initial(flow, {})
            sources: dict[str, Source] = {}
            for edge, branch in edges(flow):
                if isinstance(branch.input, FilesInput):
                    sources[edge] = self._seen_files(branch.input, f"{key}|{edge}", inputs[edge])
                else:
                    sources[edge] = self._source(branch, inputs[edge], f"{key}|{edge}", lane, runs)
            runs.append(Run(view.name, flow.name, key, lane, sources))
        return Memory(view.name, lane)

    def _seen_files(self, source: FilesInput, reader: str, position: Position) -> FilesRead:
        """The next batch of files that the view took after `position`."""
        later = [(n, f) for n, f in self._ends.replayed_files.get(reader, ()) if n > position["up_batch"]]
        upto = min((n for n, _ in later), default=position["up_batch"])
        files = tuple(file for n, file in later if n == upto)
        return FilesRead(f"{reader}@{position['up_batch']}", files, source, upto)


def settle(plan: BatchPlan, ends: Mapping[str, Mapping[int, int]]) -> BatchPlan:
    """The plan with topic reads ending at `ends` (read id to partition ends); lanes never pass the
    foremost reader of their topic."""
    foremost: dict[str, Mapping[int, int]] = {}
    for read in plan.reads().values():
        if isinstance(read, TopicRead) and not read.lane:
            foremost[read.topic] = ends.get(read.id, read.end)
    runs = []
    for run in plan.runs:
        sources = {edge: _settled(source, ends, foremost) for edge, source in run.sources.items()}
        runs.append(replace(run, sources=sources))
    return replace(plan, runs=tuple(runs))


def _settled(
    source: Source, ends: Mapping[str, Mapping[int, int]], foremost: Mapping[str, Mapping[int, int]]
) -> Source:
    if not isinstance(source, TopicRead):
        return source
    end = dict(ends.get(source.id, source.end))
    if source.lane and source.topic in foremost:
        limit = foremost[source.topic]
        end = {p: max(source.begin[p], min(o, limit.get(p, o))) for p, o in end.items()}
    return replace(source, end=end)


def standings_after(
    plan: BatchPlan, n: int, written: set[str], last: Mapping[str, int]
) -> dict[str, FlowStanding]:
    """Where each flow of the component stands once batch n is decided.

    `written`: tables that it changes; `last`: table to the newest batch before n that changed it. A flow
    with an edge that is behind is catching up; it is current from the border on where none is.
    """
    ends = {s.topic: dict(s.end) for s in plan.reads().values() if isinstance(s, TopicRead) and not s.lane}
    newest = {**last, **dict.fromkeys(written, n)}
    inputs: dict[tuple[str, str], dict[str, Position]] = {}
    behind: dict[tuple[str, str], bool] = {}
    for run in plan.runs:
        moved = {}
        for edge, source in run.sources.items():
            before = _position_before(plan, run, edge)
            moved[edge] = _position_after(source, before, n, written, inputs)
        inputs[run.key, run.lane] = moved
        behind[run.key, run.lane] = any(
            _is_behind(source, moved[edge], ends, newest, inputs) for edge, source in run.sources.items()
        )
    result = {}
    for key, standing in plan.standings.items():
        moved = inputs.get((key, ""), dict(standing.inputs))
        state = standing.state
        if state != "parked":
            state = "catching_up" if behind.get((key, ""), False) else "current"
        since = standing.since_n if state == standing.state and standing.since_n is not None else n
        result[key] = replace(
            standing,
            state=state,
            inputs=moved,
            since_n=since,
            reason=standing.reason if state == "parked" else None,
        )
    return result


def _position_before(plan: BatchPlan, run: Run, edge: str) -> Position:
    if not run.lane:
        return plan.standings[run.key].inputs[edge]
    for position in plan.standings[run.lane].inputs.values():
        found = _find_via(position, run.key, edge)
        if found is not None:
            return found
    return plan.standings[run.key].inputs[edge]


def _find_via(position: Position, key: str, edge: str) -> Position | None:
    for view_key, inputs in position.get("via", {}).items():
        if view_key == key and edge in inputs:
            found: Position = inputs[edge]
            return found
        for inner in inputs.values():
            nested = _find_via(inner, key, edge)
            if nested is not None:
                return nested
    return None


def _position_after(
    source: Source,
    before: Position,
    n: int,
    written: set[str],
    moved: Mapping[tuple[str, str], Mapping[str, Position]],
) -> Position:
    if isinstance(source, TopicRead):
        return {**before, "offsets": {str(p): o for p, o in sorted(source.end.items())}}
    if isinstance(source, FilesRead):
        if source.upto is not None:
            return {**before, "files": before["files"] + len(source.files), "up_batch": source.upto}
        if not source.files:
            return before
        return {**before, "files": before["files"] + len(source.files), "up_batch": n}
    if isinstance(source, TableRead):
        return {**before, "up_batch": source.upto}
    if "via" in before:
        via = {key: dict(moved.get((key, source.lane), before["via"].get(key, {}))) for key in before["via"]}
        return {**before, "via": via}
    return {**before, "up_batch": n} if source.dataset in written else before


def _is_behind(
    source: Source,
    after: Position,
    ends: Mapping[str, Mapping[int, int]],
    newest: Mapping[str, int],
    moved: Mapping[tuple[str, str], Mapping[str, Position]],
) -> bool:
    """Whether an edge that was read in a lane stands behind its input's foremost reader still."""
    if isinstance(source, TopicRead):
        return source.lane and dict(source.end) != ends.get(source.topic)
    if isinstance(source, TableRead):
        return source.upto < newest.get(source.table, 0)
    if isinstance(source, Memory) and source.lane:
        return any(dict(inputs) != dict(moved.get((key, ""), {})) for key, inputs in after["via"].items())
    return False


def _has_rows(read: TopicRead | FilesRead | TableRead) -> bool:
    if isinstance(read, TopicRead):
        return read.rows > 0
    if isinstance(read, FilesRead):
        return bool(read.files) or read.upto is not None
    return read.upto > read.after


def _prefix(files: Sequence[ListedFile], bytes_max: int) -> tuple[ListedFile, ...]:
    """As many files as fit the bound, at least one; packed files count as eight times their size."""
    taken: list[ListedFile] = []
    total = 0
    for file in files:
        total += file.size * (8 if file.path.endswith((".gz", ".zst")) else 1)
        if taken and total > bytes_max:
            break
        taken.append(file)
    return tuple(taken)


def _read_json(read: TopicRead | FilesRead | TableRead) -> dict[str, Any]:
    if isinstance(read, TopicRead):
        return {
            "id": read.id,
            "topic": read.topic,
            "log_id": read.log_id,
            "begin": {str(p): o for p, o in sorted(read.begin.items())},
            "end": {str(p): o for p, o in sorted(read.end.items())},
        }
    if isinstance(read, FilesRead):
        return {"id": read.id, "files": [file.path for file in read.files]}
    return {"id": read.id, "table": read.table, "after": read.after, "upto": read.upto}
