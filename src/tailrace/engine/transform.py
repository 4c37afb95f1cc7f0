"""Steps 3 and 4, transform and account: every run of the plan, in topological order.

Upstream rows come from memory. What is computed stays in temporary relations of the executor's
connection, all dropped with the batch. Nothing outside is touched here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from tailrace.duck import rejects
from tailrace.duck.connection import (
    Connection,
    ExecutionError,
    InterruptedQuery,
    ResourceErrors,
    first_row,
)
from tailrace.duck.diagnose import diagnose
from tailrace.duck.output import Output, Part, build_output
from tailrace.duck.row_program import BranchResult, run_branch
from tailrace.duck.source import count_rows, lost_values, memory_source
from tailrace.engine import account
from tailrace.engine.loaded import Loaded
from tailrace.engine.parking import ParkDataset
from tailrace.engine.plan import BatchPlan, FilesRead, Memory, Run, Source, TopicRead
from tailrace.engine.standing import edges
from tailrace.model.account import Account, DatasetAccount, EdgeAccount
from tailrace.model.clock import Clock
from tailrace.model.errors import EnvironmentFailure
from tailrace.project.compiled import CompiledProject, Dataset
from tailrace.sql.compiled import Branch


@dataclass
class Transformed:
    """What step 3 leaves: relations to be staged, and the accounts that step 4 checked."""

    outputs: dict[str, Output] = field(default_factory=dict)
    """Streaming table to its output; only those that put out rows."""
    accounts: list[Account] = field(default_factory=list)


@dataclass(frozen=True)
class _BranchRun:
    """One branch of one run: where it stands, what it read, what came of it."""

    run: Run
    edge: str
    branch: Branch
    source: Source
    relation: str
    place: int
    rows: int
    in_: int | None
    broken: int
    result: BranchResult
    lost: int | None = None
    """Values of files that are NULL for their type and kept nowhere, in rows that did not fail."""


class Transformation:
    """Steps 3 and 4 of one batch."""

    def __init__(
        self,
        connection: Connection,
        project: CompiledProject,
        plan: BatchPlan,
        loaded: Mapping[str, Loaded],
        n: int,
        clock: Clock,
    ) -> None:
        self._connection = connection
        self._project = project
        self._plan = plan
        self._loaded = loaded
        self._n = n
        self._clock = clock
        self._outs: dict[tuple[str, str], Output] = {}
        self._result = Transformed()

    def run(self) -> Transformed:
        """All datasets in order. Raises ParkDataset for the first that cannot go on."""
        rejects.create(self._connection)
        for index, ((name, lane), runs) in enumerate(_by_dataset(self._plan.runs)):
            dataset = self._project.datasets[name]
            try:
                self._dataset(dataset, lane, list(runs), f"d{index}")
            except InterruptedQuery:
                raise
            except ResourceErrors as error:
                raise EnvironmentFailure(f"Computing {name} failed: {error}") from error
            except ExecutionError as error:
                raise ParkDataset(name, "query", str(error).strip().splitlines()[0]) from error
        self._check_rejected()
        return self._result

    def _dataset(self, dataset: Dataset, lane: str, runs: list[Run], tag: str) -> None:
        started = self._clock.monotonic()
        branches = list(self._branches(dataset, runs, tag))
        if not any(branch.rows or branch.broken for branch in branches):
            return
        columns = dataset.schema.names
        parts = [Part(b.run.key, b.edge, b.place, b.result.kept_relation) for b in branches if b.rows]
        expectations = () if lane else dataset.expectations
        output = None
        if parts:
            output = build_output(self._connection, tag, columns, parts, expectations, self._n)
            self._outs[dataset.name, lane] = output
            if output.broken_rule is not None:
                raise ParkDataset(
                    dataset.name,
                    "expectation",
                    f"a row violates {output.broken_rule} (FAIL UPDATE): {output.broken_row}",
                )
        duration_ms = round((self._clock.monotonic() - started) * 1_000)
        tally = _tally(dataset, lane, branches, output, duration_ms)
        self._check_breaker(tally, branches, tag)
        self._check(tally, branches)
        if not lane:
            self._reject(dataset, branches, output, tag)
            if output is not None and output.out and dataset.kind == "streaming_table":
                self._result.outputs[dataset.name] = output
        self._result.accounts += [*tally.edges, tally.total]

    def _branches(self, dataset: Dataset, runs: Sequence[Run], tag: str) -> Iterator[_BranchRun]:
        flows = {flow.name: flow for flow in dataset.flows}
        place = 0
        for run in runs:
            for edge, branch in edges(flows[run.flow]):
                yield self._branch(run, edge, branch, place, f"{tag}_{place}")
                place += 1

    def _branch(self, run: Run, edge: str, branch: Branch, place: int, tag: str) -> _BranchRun:
        source = run.sources[edge]
        in_: int | None
        if isinstance(source, Memory):
            upstream = self._outs.get((source.dataset, source.lane))
            rows = 0 if upstream is None else upstream.out
            relation, in_, broken = f"{tag}_src", rows, 0
            if upstream is not None and rows:
                memory_source(self._connection, relation, upstream.relation)
                rows = count_rows(self._connection, relation)
        else:
            loaded = self._loaded[source.id]
            relation, rows, in_, broken = loaded.relation, loaded.rows, loaded.in_, len(loaded.broken)
        if rows:
            result = run_branch(self._connection, branch, relation, tag)
        else:
            result = BranchResult(relation, "", 0, 0, 0, 0)
        lost = None
        if rows and isinstance(source, FilesRead):
            lost = lost_values(self._connection, relation, result.failed_relation)
        return _BranchRun(run, edge, branch, source, relation, place, rows, in_, broken, result, lost)

    def _check_breaker(self, tally: account.Tally, branches: Sequence[_BranchRun], tag: str) -> None:
        """The breaker, with the first error: its rows are in no table, for nothing is decided."""
        try:
            account.check_breaker(tally)
        except ParkDataset as park:
            branch = next((branch for branch in branches if branch.result.error), None)
            if branch is None:
                raise
            first = f"(SELECT __ord FROM {branch.result.failed_relation} ORDER BY __ord LIMIT 1)"
            why = diagnose(self._connection, branch.branch, branch.relation, first, f"{tag}_{branch.place}")
            said = park.reason.removeprefix(f"{park.cause}: ")
            words = f"{said}; the first: {_first_error(self._connection, why)}"
            raise ParkDataset(park.dataset, park.cause, words) from park

    def _check(self, tally: account.Tally, branches: Sequence[_BranchRun]) -> None:
        account.check_input(tally)
        account.check_output(tally)
        upstream = {}
        for branch in branches:
            if isinstance(branch.source, Memory):
                found = self._outs.get((branch.source.dataset, branch.source.lane))
                upstream[branch.edge] = 0 if found is None else found.out
        account.check_edge(tally, upstream)

    def _reject(
        self, dataset: Dataset, branches: Sequence[_BranchRun], output: Output | None, tag: str
    ) -> None:
        connection = self._connection
        for branch in branches:
            place = (dataset.name, branch.run.key, branch.edge, branch.place)
            kind = _kind(branch.source)
            if branch.result.error:
                branch_tag = f"{tag}_{branch.place}"
                why = diagnose(
                    connection, branch.branch, branch.relation, branch.result.failed_relation, branch_tag
                )
                if dataset.properties.get("tailrace.onerror") == "fail":
                    reason = f"{_first_error(connection, why)} (tailrace.onError = fail)"
                    raise ParkDataset(dataset.name, "query", reason)
                rejects.add_errors(connection, place, branch.relation, kind, why)
            if output is not None and output.violated and output.violated_relation and branch.rows:
                columns = dataset.schema.names
                rejects.add_violated(
                    connection, place, branch.relation, kind, output.violated_relation, columns
                )
            if isinstance(branch.source, FilesRead):
                for order, broken in enumerate(self._loaded[branch.source.id].broken):
                    rejects.add_broken_file(connection, place, broken.path, broken.rule, broken.reason, order)

    def _check_rejected(self) -> None:
        """Counted errors and violations are rows of the rejected table, one each."""
        rows = rejects.counts(self._connection)
        errors: dict[str, int] = {}
        violated: dict[str, int] = {}
        for item in self._result.accounts:
            if item.mode == "lane":
                continue
            if isinstance(item, EdgeAccount):
                errors[item.dataset] = errors.get(item.dataset, 0) + (item.error or 0)
            else:
                violated[item.dataset] = item.violated or 0
        for dataset in errors:
            account.check_rejected(dataset, "error", errors[dataset], rows.get((dataset, "error"), 0))
        for dataset in violated:
            found = rows.get((dataset, "violated"), 0)
            account.check_rejected(dataset, "violated", violated[dataset], found)


def _by_dataset(runs: Sequence[Run]) -> Iterator[tuple[tuple[str, str], Iterator[Run]]]:
    return groupby(runs, key=lambda run: (run.dataset, run.lane))


def _kind(source: Source) -> rejects.SourceKind:
    if isinstance(source, TopicRead):
        return "topic"
    return "files" if isinstance(source, FilesRead) else "table"


def _tally(
    dataset: Dataset, lane: str, branches: Sequence[_BranchRun], output: Output | None, duration_ms: int
) -> account.Tally:
    mode = "lane" if lane else None
    edge_accounts = tuple(
        EdgeAccount(
            dataset.name,
            branch.run.key if not lane else f"{branch.run.key}@{lane}",
            branch.edge,
            branch.in_,
            branch.result.error + branch.broken,
            branch.result.filtered,
            None,
            None,
            branch.result.kept,
            coerced=_coerced(branch),
            gap=0 if isinstance(branch.source, TopicRead) else None,
            unknown=_unknown(branch),
            mode=mode,
        )
        for branch in branches
    )
    fan_zero = [b.result.fan_zero for b in branches if b.result.fan_zero is not None]
    fan_filtered = [b.result.fan_filtered for b in branches if b.result.fan_filtered is not None]
    total = DatasetAccount(
        dataset.name,
        fan_zero=sum(fan_zero) if fan_zero else None,
        fan_filtered=sum(fan_filtered) if fan_filtered else None,
        emitted=output.emitted if output else 0,
        violated=output.violated if output else None,
        out=output.out if output else 0,
        expectations=output.expectations if output else {},
        mode=mode,
        duration_ms=duration_ms,
    )
    return account.Tally(
        dataset.name,
        edge_accounts,
        tuple(branch.result.emitted for branch in branches),
        tuple(_makes(branch.result) for branch in branches),
        total,
    )


def _unknown(branch: _BranchRun) -> tuple[str, ...]:
    """Counts that exist and are not known."""
    uncounted = any(program.coerces_uncounted for program in branch.branch.programs)
    return (("in",) if branch.in_ is None else ()) + (("coerced",) if uncounted else ())


def _coerced(branch: _BranchRun) -> int | None:
    """Values that became NULL for their type; None where nothing can, or not all of them are counted."""
    programs = branch.branch.programs
    if any(program.coerces_uncounted for program in programs):
        return None
    if branch.lost is None and not any(program.coerces for program in programs):
        return None
    return branch.result.coerced + (branch.lost or 0)


def _makes(result: BranchResult) -> int:
    """What the kept rows of a branch must give."""
    if result.exploded is None:
        return result.kept
    return result.exploded - (result.fan_filtered or 0)


def _first_error(connection: Connection, why: str) -> str:
    row = first_row(connection.execute(f'SELECT error, "column" FROM {why} ORDER BY __ord LIMIT 1'))
    assert row is not None
    return f"{row[0]} in column {row[1]}"
