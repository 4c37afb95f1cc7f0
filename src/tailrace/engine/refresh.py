"""A view's refresh: a batch of its own over pinned versions of its inputs.

A view that fails keeps its old rows and is marked `stale` with the reason; it is tried again when its
inputs change. An equal result is decided without a commit: only the positions move.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tailrace.duck import rejects
from tailrace.duck.connection import ExecutionError, InterruptedQuery, ResourceErrors, set_time
from tailrace.duck.errors import marked_text_of
from tailrace.duck.source import table_scan
from tailrace.duck.view import ViewRows, compute_view
from tailrace.engine import account
from tailrace.engine.batch import Given
from tailrace.engine.decide import decide
from tailrace.engine.doors import Doors
from tailrace.engine.files import batch_files
from tailrace.engine.parking import ParkDataset
from tailrace.engine.stage import Staging, drop_relations
from tailrace.engine.standing import Standing
from tailrace.lake import schema as delta_schema
from tailrace.model import faults
from tailrace.model.account import DatasetAccount, EdgeAccount
from tailrace.model.batch import Decision, FlowStanding, FlowState, Position, StagedFile
from tailrace.model.errors import DataError, EnvironmentFailure
from tailrace.project.compiled import CompiledProject, Dataset
from tailrace.sql.compiled import BatchInput, FilesInput, TableInput


def view_positions(doors: Doors, dataset: Dataset, standing: Standing) -> dict[str, Position]:
    """What the view's inputs hold now: the newest batch of each table, the files of each path."""
    assert dataset.view is not None
    positions: dict[str, Position] = {}
    for item in dataset.view.inputs:
        if isinstance(item.input, TableInput):
            positions[item.input.name] = {"up_batch": standing.last.get(item.input.name, 0)}
        elif isinstance(item.input, FilesInput):
            positions[f"files:{item.alias}"] = {"listed": batch_files(doors, item.input).fingerprint}
    return positions


def is_due(dataset: Dataset, standing: Standing, positions: Mapping[str, Position]) -> bool:
    """Whether the view's inputs changed since it was computed (or tried) last, or its query did."""
    known = standing.flows.get(dataset.name)
    return known is None or dict(known.inputs) != dict(positions)


class ViewBatch:
    """Steps 1 to 6 for one view."""

    def __init__(
        self, doors: Doors, project: CompiledProject, dataset: Dataset, standing: Standing, definition: str
    ) -> None:
        self._doors = doors
        self._project = project
        self._dataset = dataset
        self._standing = standing
        self._definition = definition
        self.account_bug = False

    def decide(self, given: Given, positions: Mapping[str, Position]) -> Decision:
        """Compute the view over its inputs as they are now, and decide the batch."""
        doors = self._doors
        faults.reach("planned")
        set_time(doors.connection, given.planned_us)
        doors.state.begin()
        started = doors.clock.monotonic()
        try:
            rows, edges = self._compute(given.n)
        except InterruptedQuery:
            self._abandon()
            raise
        except ResourceErrors as error:
            self._abandon()
            reason = str(error).partition("\n")[0]
            raise EnvironmentFailure(
                f"Computing view {self._dataset.name} failed: {reason}.",
                hint="`tailrace fsck` looks at all files",
            ) from error
        except ExecutionError as error:
            self._abandon()
            return self._stale(given, positions, marked_text_of(str(error)))
        except ParkDataset as park:
            self._abandon()
            return self._stale(given, positions, park.reason)
        except DataError as error:
            self._abandon()
            return self._stale(given, positions, error.message)
        except BaseException:
            self._abandon()
            raise
        duration_ms = round((doors.clock.monotonic() - started) * 1_000)
        try:
            decision = self._stage(given, positions, rows, edges, duration_ms)
        except ParkDataset as park:
            self.account_bug = park.cause == "account"
            self._abandon()
            return self._stale(given, positions, park.reason)
        except BaseException:
            self._abandon()
            raise
        self._put(decision)
        drop_relations(doors.connection)
        return decision

    def _compute(self, n: int) -> tuple[ViewRows, list[EdgeAccount]]:
        view = self._dataset.view
        assert view is not None
        scans = {}
        edges = []
        for item in view.inputs:
            scan, count = self._scan(item)
            scans[item.alias] = scan
            name = item.input.name if isinstance(item.input, TableInput) else "files"
            edges.append(EdgeAccount(self._dataset.name, self._dataset.name, name, count))
        faults.reach("read")
        rejects.create(self._doors.connection)
        rows = compute_view(self._doors.connection, view, scans, self._dataset.expectations, n, "view")
        if rows.output.broken_rule:
            raise ParkDataset(
                self._dataset.name,
                "expectation",
                f"a row violates {rows.output.broken_rule} (FAIL UPDATE): {rows.output.broken_row}",
            )
        faults.reach("transformed")
        return rows, _numbered(edges)

    def _scan(self, item: BatchInput) -> tuple[str, int | None]:
        """A SELECT of an input's rows at the pinned version, and how many its footers say there are."""
        doors = self._doors
        if isinstance(item.input, FilesInput):
            return batch_files(doors, item.input).load(doors, f"view_{item.alias}")
        assert isinstance(item.input, TableInput)
        table = doors.tables.table(item.input.name)
        table.refresh()
        columns = delta_schema.from_json(table.schema())
        files = table.files()
        scan = table_scan(table.folder, [file.path for file in files], columns, table.partition_by())
        return scan, sum(file.rows for file in files)

    def _stage(
        self,
        given: Given,
        positions: Mapping[str, Position],
        rows: ViewRows,
        edges: list[EdgeAccount],
        duration_ms: int,
    ) -> Decision:
        doors, dataset = self._doors, self._dataset
        output = rows.output
        if output.violated and output.violated_relation:
            rejects.add_view_violated(
                doors.connection, dataset.name, output.violated_relation, dataset.schema.names
            )
        faults.reach("accounted")
        staging = Staging(doors, given.n, given.attempt, self._standing.last)
        equal = rows.digest == self._standing.digests.get(dataset.name) and not self._schema_changed()
        if not equal:
            files = staging.stage_view(dataset, rows.relation)
            account.check_lake(dataset.name, output.out, sum(file.rows for file in files))
            faults.reach("staged-some")
            staging.stage_rejected(self._rejected_before())
        faults.reach("staged")
        total = DatasetAccount(
            dataset.name,
            emitted=output.emitted,
            violated=output.violated,
            out=output.out,
            expectations=output.expectations,
            mode="unchanged" if equal else "recomputed",
            duration_ms=duration_ms,
        )
        account.check_output(account.Tally(dataset.name, (), (), (), total))
        return self._decision(given, positions, (*edges, total), staging, rows.digest)

    def _schema_changed(self) -> bool:
        table = self._doors.tables.table(self._dataset.name)
        wanted = delta_schema.schema_json(self._dataset.schema, False)["fields"]
        found = table.schema()["fields"]
        return [(f["name"], f["type"]) for f in wanted] != [(f["name"], f["type"]) for f in found]

    def _rejected_before(self) -> list[StagedFile]:
        """Files of this view's partition of the rejected table: the new ones replace them."""
        table = self._doors.tables.table(rejects.TABLE)
        table.refresh()
        return [file for file in table.files() if file.partition_values.get("dataset") == self._dataset.name]

    def _stale(self, given: Given, positions: Mapping[str, Position], reason: str) -> Decision:
        doors = self._doors
        doors.state.begin()
        staging = Staging(doors, given.n, given.attempt, self._standing.last)
        digest = self._standing.digests.get(self._dataset.name, "")
        decision = self._decision(given, positions, (), staging, digest, reason)
        self._put(decision)
        return decision

    def _put(self, decision: Decision) -> None:
        try:
            decide(self._doors, decision)
        except BaseException:
            self._abandon()
            raise

    def _decision(
        self,
        given: Given,
        positions: Mapping[str, Position],
        accounts: tuple[EdgeAccount | DatasetAccount, ...],
        staging: Staging,
        digest: str,
        reason: str | None = None,
    ) -> Decision:
        name = self._dataset.name
        component = f"view:{name}"
        before = self._standing.flows.get(name)
        state: FlowState = "stale" if reason else "current"
        since = before.since_n if before is not None and before.state == state else given.n
        plan: list[dict[str, Any]] = [
            {"id": f"view:{edge}", "edge": edge, **position} for edge, position in positions.items()
        ]
        return Decision(
            n=given.n,
            prev=self._standing.heads.get(component),
            attempt=given.attempt,
            component=component,
            kind="view",
            lake_id=self._doors.lake_id,
            planned_us=given.planned_us,
            plan=tuple(plan),
            definitions={name: self._definition},
            accounts=accounts,
            flows={name: FlowStanding(state, dict(positions), reason, since)},
            tables=staging.changes,
            heads=self._standing.heads,
            last=self._standing.last,
            digests={name: digest},
        )

    def _abandon(self) -> None:
        self._doors.state.rollback()
        drop_relations(self._doors.connection)


def _numbered(edges: list[EdgeAccount]) -> list[EdgeAccount]:
    """Repeated edges get `#2`, `#3`, ..."""
    seen: dict[str, int] = {}
    result = []
    for edge in edges:
        seen[edge.edge] = seen.get(edge.edge, 0) + 1
        number = seen[edge.edge]
        result.append(edge if number == 1 else replace(edge, edge=f"{edge.edge}#{number}"))
    return result
