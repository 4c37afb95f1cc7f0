"""One batch of one streaming component: steps 1 to 6. The numbers are those of the protocol.

A data failure in steps 3 to 5 parks its dataset and the batch is planned again without it; an
environment failure is passed on and parks nothing. Until `decide` returns, nothing happened.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tailrace.duck.connection import set_time
from tailrace.engine.decide import decide
from tailrace.engine.doors import Doors
from tailrace.engine.files import SeenFiles
from tailrace.engine.loaded import Loaded, SeenFile
from tailrace.engine.parking import ParkDataset
from tailrace.engine.plan import (
    BatchPlan,
    Ends,
    FilesRead,
    Limits,
    Planner,
    TableRead,
    standings_after,
)
from tailrace.engine.read import read
from tailrace.engine.stage import Staging, drop_relations
from tailrace.engine.standing import Standing, descendants, flow_keys
from tailrace.engine.transform import Transformation, Transformed
from tailrace.model import faults
from tailrace.model.batch import Decision, FlowStanding
from tailrace.project.compiled import CompiledProject, Component


@dataclass(frozen=True)
class Given:
    """What a batch is to be: its number, its time, and where it is carried out again, its plan."""

    n: int
    attempt: str
    planned_us: int
    plan: tuple[Mapping[str, Any], ...] | None = None


class StreamBatch:
    """Steps 1 to 6 for one component."""

    def __init__(
        self,
        doors: Doors,
        project: CompiledProject,
        component: Component,
        standing: Standing,
        limits: Limits,
        definition_ids: Mapping[str, str],
        seen: SeenFiles,
        settle: Callable[[], None],
    ) -> None:
        """`settle` returns when the batch before is finished: n is decided only after step 8 of n-1."""
        self._doors = doors
        self._project = project
        self._component = component
        self._standing = standing
        self._limits = limits
        self._definition_ids = definition_ids
        self._seen = seen
        self._settle = settle
        self.parked: dict[str, str] = {}
        """Flow keys that this batch parks, with the reason."""
        self.account_bug = False

    def decide(self, given: Given, ends: Ends, force: bool = False) -> Decision | None:
        """Plan and carry out the batch up to its decision; None if there is nothing to do.

        `force`: decide even with nothing to read, to make a change of standing durable.
        """
        while True:
            try:
                return self._attempt(given, ends, force or bool(self.parked))
            except ParkDataset as park:
                self._abandon()
                self._park(park)
            except BaseException:
                self._abandon()
                raise

    def _attempt(self, given: Given, ends: Ends, force: bool) -> Decision | None:
        doors = self._doors
        planner = Planner(self._project, self._component, self._standing, ends, self._limits, self.parked)
        plan = planner.plan()  # 1
        faults.reach("planned")
        if plan.is_empty() and not force and not planner.begins_late():
            return None
        if any(isinstance(source, TableRead) for source in plan.reads().values()):
            self._settle()  # a lane reads what the batch before commits
        plan, loaded = read(  # 2
            doors, plan, given.planned_us, self._limits.bytes_max, given.plan is None, self._seen
        )
        faults.reach("read")
        set_time(doors.connection, given.planned_us)
        doors.state.begin()
        work = Transformation(doors.connection, self._project, plan, loaded, given.n, doors.clock)
        result = work.run()  # 3 and 4
        faults.reach("transformed")
        faults.reach("accounted")
        staging = Staging(doors, given.n, given.attempt, self._standing.last)
        staging.stage_outputs(self._project, result.outputs)  # 5
        staging.stage_rejected()
        staging.stage_seen(_seen(plan, loaded))
        faults.reach("staged")
        decision = self._decision(given, plan, result, staging)
        self._settle()
        decide(doors, decision)  # 6
        drop_relations(doors.connection)
        return decision

    def _decision(self, given: Given, plan: BatchPlan, result: Transformed, staging: Staging) -> Decision:
        written = set(staging.changes)
        flows = standings_after(plan, given.n, written, self._standing.last)
        return Decision(
            n=given.n,
            prev=self._standing.heads.get(self._component.name),
            attempt=given.attempt,
            component=self._component.name,
            kind="data" if not plan.is_empty() else "park",
            lake_id=self._doors.lake_id,
            planned_us=given.planned_us,
            plan=plan.to_json(),
            definitions={name: self._definition_ids[name] for name in self._component.datasets},
            accounts=tuple(result.accounts),
            flows={**self._left(), **flows},
            tables=staging.changes,
            heads=self._standing.heads,
            last=self._standing.last,
        )

    def _left(self) -> dict[str, FlowStanding]:
        """Flows that stood in this component's last batch and are in the project no more: their
        positions are carried on, so that they do not read twice if they come back."""
        known = {key for dataset in self._project.datasets.values() for key in flow_keys(dataset)}
        return {
            key: replace(standing, state="left")
            for key, standing in self._standing.flows.items()
            if key not in known
        }

    def _park(self, park: ParkDataset) -> None:
        if park.cause == "account":
            self.account_bug = True
        for key in flow_keys(self._project.datasets[park.dataset]):
            self.parked[key] = park.reason
        for name in descendants(self._project, park.dataset):
            for key in flow_keys(self._project.datasets[name]):
                self.parked.setdefault(key, f"upstream {park.dataset} is parked")

    def _abandon(self) -> None:
        self._doors.state.rollback()
        drop_relations(self._doors.connection)


def _seen(plan: BatchPlan, loaded: Mapping[str, Loaded]) -> list[SeenFile]:
    """The files that this batch takes, in order; what a lane replays was seen before."""
    found: list[SeenFile] = []
    for key, source in plan.reads().items():
        if isinstance(source, FilesRead) and source.upto is None:
            found += loaded[key].seen
    return found
