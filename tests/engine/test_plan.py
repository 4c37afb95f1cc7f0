"""Planning: shared ranges, lanes that never pass the foremost reader, positions after a batch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tailrace.engine.plan import (
    BatchPlan,
    Ends,
    Limits,
    Memory,
    Planner,
    TableRead,
    TopicEnds,
    TopicRead,
    settle,
    standings_after,
)
from tailrace.engine.standing import Standing, descendants
from tailrace.model.batch import FlowStanding
from tailrace.project.compiled import CompiledProject
from tailrace.sql.compiled import TableInput, TopicInput

from .pipelines import COPY_IDS, IDS, IDS_SCHEMA, RAW, RAW_SCHEMA, TOPIC, ids, numbers, project, raw, stream


def ends(end: int, begin: int = 0, lanes: Mapping[tuple[str, int], int] | None = None) -> Ends:
    return Ends({TOPIC: TopicEnds("log", {0: begin}, {0: end})}, lanes=lanes or {})


def plan(
    pipeline: CompiledProject,
    standing: Standing,
    available: Ends,
    rows_max: int = 100,
    parked: dict[str, str] | None = None,
) -> BatchPlan:
    component = pipeline.components[0]
    return Planner(pipeline, component, standing, available, Limits(rows_max), parked or {}).plan()


def at_offset(offset: int, state: Any = "current") -> FlowStanding:
    position = {"log_id": "log", "offsets": {"0": offset}}
    return FlowStanding(state, {f"topic:{TOPIC}": position}, None, 1)


def after_table(table: str, n: int, state: Any = "current") -> FlowStanding:
    return FlowStanding(state, {table: {"up_batch": n}}, None, 1)


def source(made: BatchPlan, key: str, lane: str = "") -> Any:
    run = next(run for run in made.runs if run.key == key and run.lane == lane)
    return next(iter(run.sources.values()))


def test_a_first_batch_reads_from_the_beginning_up_to_its_bound() -> None:
    made = plan(numbers(), Standing(), ends(250))
    read = source(made, "bronze.raw")
    assert (read.begin, read.end) == ({0: 0}, {0: 100})
    assert source(made, "silver.ids") == Memory("bronze.raw")


def test_nothing_new_is_an_empty_plan() -> None:
    standing = Standing(3, flows={"bronze.raw": at_offset(250), "silver.ids": after_table("bronze.raw", 0)})
    assert plan(numbers(), standing, ends(250)).is_empty()


def test_a_dataset_added_later_reads_the_table_in_its_lane_while_bronze_goes_on() -> None:
    pipeline = project(raw(), ids(), ids("silver.late"))
    standing = Standing(
        7,
        last={"bronze.raw": 7, "silver.ids": 7},
        flows={"bronze.raw": at_offset(700), "silver.ids": after_table("bronze.raw", 7)},
    )
    made = plan(pipeline, standing, ends(750, lanes={("bronze.raw", 0): 3}))
    assert source(made, "silver.ids") == Memory("bronze.raw")
    assert source(made, "silver.late") == TableRead("bronze.raw", 0, 3)
    after = standings_after(made, 8, {"bronze.raw", "silver.ids", "silver.late"}, standing.last)
    assert after["silver.ids"].inputs == {"bronze.raw": {"up_batch": 8}}
    assert after["silver.late"].inputs == {"bronze.raw": {"up_batch": 3}}
    assert after["silver.late"].state == "catching_up"


def test_a_lane_that_has_caught_up_is_current_from_the_next_border_on() -> None:
    pipeline = project(raw(), ids("silver.late"))
    standing = Standing(
        8,
        last={"bronze.raw": 8},
        flows={
            "bronze.raw": at_offset(800),
            "silver.late": after_table("bronze.raw", 8, "catching_up"),
        },
    )
    made = plan(pipeline, standing, ends(900))
    assert source(made, "silver.late") == Memory("bronze.raw")
    assert standings_after(made, 9, {"bronze.raw"}, standing.last)["silver.late"].state == "current"


def test_two_readers_of_a_topic_share_one_read_and_one_behind_has_its_own() -> None:
    other = stream("bronze.other", RAW_SCHEMA, (TopicInput(TOPIC), RAW))
    behind = stream("bronze.behind", RAW_SCHEMA, (TopicInput(TOPIC), RAW))
    pipeline = project(raw(), other, behind)
    standing = Standing(
        5,
        flows={
            "bronze.raw": at_offset(500),
            "bronze.other": at_offset(500),
            "bronze.behind": at_offset(450, "catching_up"),
        },
    )
    made = plan(pipeline, standing, ends(560))
    assert source(made, "bronze.raw") == source(made, "bronze.other")
    lane = source(made, "bronze.behind")
    assert lane.lane
    assert (lane.begin, lane.end) == ({0: 450}, {0: 550})
    assert len(made.reads()) == 2


def test_a_lane_never_passes_the_foremost_reader_even_when_that_one_is_cut() -> None:
    behind = stream("bronze.behind", RAW_SCHEMA, (TopicInput(TOPIC), RAW))
    standing = Standing(
        5, flows={"bronze.raw": at_offset(500), "bronze.behind": at_offset(490, "catching_up")}
    )
    made = plan(project(raw(), behind), standing, ends(560))
    foremost = source(made, "bronze.raw")
    settled = settle(made, {foremost.id: {0: 510}})
    assert source(settled, "bronze.behind").end == {0: 510}
    after = standings_after(settled, 6, set(), {})
    assert after["bronze.behind"].inputs == after["bronze.raw"].inputs


def test_a_parked_flow_keeps_its_position_and_its_reason() -> None:
    standing = Standing(
        2,
        last={"bronze.raw": 2},
        flows={"bronze.raw": at_offset(200), "silver.ids": after_table("bronze.raw", 2)},
    )
    made = plan(numbers(), standing, ends(250), parked={"silver.ids": "query: no"})
    assert [run.key for run in made.runs] == ["bronze.raw"]
    after = standings_after(made, 3, {"bronze.raw"}, standing.last)
    assert after["silver.ids"] == FlowStanding("parked", {"bronze.raw": {"up_batch": 2}}, "query: no", 3)


def test_a_reader_that_is_behind_a_temporary_view_replays_it_from_its_own_positions() -> None:
    between = stream("silver.between", IDS_SCHEMA, (TopicInput(TOPIC), IDS), kind="temporary_view")
    first = stream("silver.first", IDS_SCHEMA, (TableInput("silver.between"), COPY_IDS))
    second = stream("silver.second", IDS_SCHEMA, (TableInput("silver.between"), COPY_IDS))
    pipeline = project(between, first, second)
    inputs = {f"topic:{TOPIC}": {"log_id": "log", "offsets": {"0": 300}}}
    standing = Standing(
        3,
        flows={
            "silver.between": FlowStanding("current", inputs, None, 1),
            "silver.first": FlowStanding(
                "current", {"silver.between": {"via": {"silver.between": inputs}}}, None, 1
            ),
        },
    )
    made = plan(pipeline, standing, ends(350))
    assert source(made, "silver.first") == Memory("silver.between")
    assert source(made, "silver.second") == Memory("silver.between", "silver.second")
    replayed = source(made, "silver.between", lane="silver.second")
    assert isinstance(replayed, TopicRead)
    assert (replayed.begin, replayed.end) == ({0: 0}, {0: 100})
    after = standings_after(made, 4, {"silver.first", "silver.second"}, {})
    via = after["silver.second"].inputs["silver.between"]["via"]["silver.between"]
    assert via[f"topic:{TOPIC}"]["offsets"] == {"0": 100}
    assert after["silver.second"].state == "catching_up"
    assert after["silver.first"].inputs["silver.between"]["via"]["silver.between"] == dict(
        after["silver.between"].inputs
    )


def test_descendants_follow_streaming_edges() -> None:
    pipeline = project(raw(), ids(), stream("gold.copy", IDS_SCHEMA, (TableInput("silver.ids"), COPY_IDS)))
    assert descendants(pipeline, "bronze.raw") == ["silver.ids", "gold.copy"]
    assert descendants(pipeline, "gold.copy") == []
