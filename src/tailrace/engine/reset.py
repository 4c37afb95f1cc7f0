"""`topic reset`: a lost or alien topic is taken as it is now, by an empty batch that counts the gap."""

from __future__ import annotations

from collections.abc import Mapping

from tailrace.engine.batch import Given
from tailrace.engine.commands import Command
from tailrace.engine.decide import decide
from tailrace.engine.doors import Doors
from tailrace.engine.ends import topic_ends
from tailrace.engine.plan import TopicEnds
from tailrace.engine.standing import Standing, edges, flow_key
from tailrace.model.account import EdgeAccount
from tailrace.model.batch import Decision, FlowStanding, Position
from tailrace.model.errors import UsageError
from tailrace.project.compiled import CompiledProject, Component
from tailrace.sql.compiled import TopicInput


def reset_topic(
    doors: Doors,
    project: CompiledProject,
    component: Component,
    standing: Standing,
    given: Given,
    command: Command,
) -> Decision | None:
    """Decide the reset for one component; None if it does not read the topic."""
    flows: dict[str, FlowStanding] = {}
    accounts = []
    ends = topic_ends(doors, command.target)
    for name in component.datasets:
        for flow in project.datasets[name].flows:
            key = flow_key(name, flow.name)
            known = standing.flows.get(key)
            for edge, branch in edges(flow):
                source = branch.input
                if known is None or not isinstance(source, TopicInput) or source.topic != command.target:
                    continue
                position, gap = _new_position(known.inputs.get(edge), ends, command)
                known = known.moved(edge, position)
                accounts.append(
                    EdgeAccount(
                        name,
                        key,
                        edge,
                        0,
                        0,
                        0,
                        None,
                        None,
                        0,
                        gap=gap,
                        unknown=() if gap is not None else ("gap",),
                    )
                )
            if known is not None:
                flows[key] = known
    if not accounts:
        return None
    decision = Decision(
        n=given.n,
        prev=standing.heads.get(component.name),
        attempt=given.attempt,
        component=component.name,
        kind="reset",
        lake_id=doors.lake_id,
        planned_us=given.planned_us,
        plan=({"topic_reset": command.target, "to": command.to or "earliest"},),
        accounts=tuple(accounts),
        flows=flows,
        heads=standing.heads,
        last=standing.last,
    )
    doors.state.begin()
    decide(doors, decision)
    return decision


def read_again(project: CompiledProject, standing: Standing, ends: TopicEnds, topic: str, to: str) -> int:
    """How many records a reader of the topic has read already that a reset would have it read again."""
    target = _target(ends, to)
    most = 0
    for name, dataset in project.datasets.items():
        for flow in dataset.flows:
            known = standing.flows.get(flow_key(name, flow.name))
            for edge, branch in edges(flow):
                position = known.inputs.get(edge) if known else None
                of_topic = isinstance(branch.input, TopicInput) and branch.input.topic == topic
                if of_topic and position is not None and position["log_id"] == ends.log_id:
                    offsets = position["offsets"].items()
                    most = max(most, sum(max(0, o - target.get(int(p), o)) for p, o in offsets))
    return most


def _new_position(before: Position | None, ends: TopicEnds, command: Command) -> tuple[Position, int | None]:
    """The new position, and how many offsets it passes over; None where that cannot be known."""
    target = _target(ends, command.to or "earliest")
    position = {"log_id": ends.log_id, "offsets": {str(p): o for p, o in sorted(target.items())}}
    if before is None or before["log_id"] != ends.log_id:
        return position, None
    gap = sum(max(0, target.get(int(p), o) - o) for p, o in before["offsets"].items())
    return position, gap


def _target(ends: TopicEnds, to: str) -> Mapping[int, int]:
    if to == "earliest":
        return ends.begin
    if to == "latest":
        return ends.end
    if to.isdigit():
        return {p: min(max(int(to), ends.begin[p]), ends.end[p]) for p in ends.begin}
    raise UsageError(f"--to {to!r} is none of earliest, latest or an offset.")
