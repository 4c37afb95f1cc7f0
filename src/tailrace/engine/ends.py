"""What the inputs of a component hold now: offsets of topics, new files, how far lanes may read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from tailrace.duck.connection import first_row
from tailrace.duck.source import table_scan
from tailrace.engine.doors import Doors
from tailrace.engine.files import SeenFiles, list_all, list_new, wait_until_stable
from tailrace.engine.plan import Ends, Limits, TopicEnds
from tailrace.engine.standing import Standing, edges, flow_key
from tailrace.files.listing import ListedFile
from tailrace.lake import schema as delta_schema
from tailrace.model.batch import Position
from tailrace.model.errors import Halt
from tailrace.project.compiled import CompiledProject, Component
from tailrace.sql.compiled import Branch, FilesInput, Input, TableInput, TopicInput


def find_ends(
    doors: Doors,
    project: CompiledProject,
    component: Component,
    standing: Standing,
    seen: SeenFiles,
    limits: Limits,
    settle: Callable[[], None],
) -> Ends:
    """Ask the log, the folders and, for edges that are behind, the lake.

    `settle` returns when the newest decided batch is committed: a lane reads what it wrote.
    """
    topics: dict[str, TopicEnds] = {}
    files: dict[str, list[ListedFile]] = {}
    replayed: dict[str, list[tuple[int, ListedFile]]] = {}
    lanes: dict[tuple[str, int], int] = {}
    for key, edge, branch in _branches(project, component):
        source = branch.input
        if isinstance(source, TopicInput) and source.topic not in topics:
            topics[source.topic] = topic_ends(doors, source.topic)
        elif isinstance(source, FilesInput):
            reader = f"{key}|{edge}"
            files[reader] = list_new(doors, source, seen.of(reader))
            if project.datasets[key.partition("/")[0]].kind == "temporary_view":
                replayed[reader] = seen.in_order(reader, list_all(doors, source))
        elif isinstance(source, TableInput):
            known = standing.flows.get(key)
            position = known.inputs.get(edge) if known else {"up_batch": 0}
            after = (position or {}).get("up_batch")
            newest = standing.last.get(source.name, 0)
            if after is not None and after < newest and (source.name, after) not in lanes:
                settle()
                lanes[source.name, after] = lane_end(doors, source.name, after, newest, limits.rows_max)
    check_positions(component, standing, project, topics)
    return Ends(topics, files, replayed, lanes)


def wait_stable(doors: Doors, project: CompiledProject, component: Component) -> None:
    """Wait until the files that are there now are stable, so that a run takes them."""
    sources: list[Input] = [branch.input for _, _, branch in _branches(project, component)]
    for name in component.datasets:
        view = project.datasets[name].view
        sources += [item.input for item in view.inputs] if view is not None else []
    for source in sources:
        if isinstance(source, FilesInput):
            wait_until_stable(doors, source)


def topic_ends(doors: Doors, topic: str) -> TopicEnds:
    """Offsets of a topic; a missing topic is created with one partition."""
    if topic not in doors.log.topics():
        doors.log.create(topic, 1)
    info = doors.log.describe(topic)
    return TopicEnds(info.log_id, doors.log.begin_offsets(topic), doors.log.end_offsets(topic))


def bounded(ends: Ends, fixed: Ends) -> Ends:
    """`ends`, but nothing beyond what `fixed` held: for a run that stops where it found its inputs."""
    topics = {
        name: replace(topic, end={p: min(o, fixed.topics[name].end.get(p, 0)) for p, o in topic.end.items()})
        if name in fixed.topics
        else topic
        for name, topic in ends.topics.items()
    }
    files = {
        reader: [file for file in found if file.path in {f.path for f in fixed.files.get(reader, ())}]
        for reader, found in ends.files.items()
    }
    return replace(ends, topics=topics, files=files)


def given_ends(ends: Ends, plan: tuple[Mapping[str, object], ...]) -> Ends:
    """`ends` cut to what a stored plan read: a batch that is carried out again reads the same."""
    topics = dict(ends.topics)
    files = {reader: [] for reader in ends.files}  # type: dict[str, list[ListedFile]]
    lanes = dict(ends.lanes)
    read_topics = set()
    for item in plan:
        if "topic" in item:
            name = str(item["topic"])
            read_topics.add(name)
            end = {int(p): o for p, o in item["end"].items()}  # type: ignore[attr-defined]
            topics[name] = replace(topics[name], end=end, latest=topics[name].end)
        elif "files" in item:
            reader = str(item["id"]).removeprefix("files:")
            wanted = list(item["files"])  # type: ignore[call-overload]
            by_path = {file.path: file for file in ends.files.get(reader, ())}
            files[reader] = [by_path[path] for path in wanted if path in by_path]
        elif "table" in item:
            lanes[str(item["table"]), int(item["after"])] = int(item["upto"])  # type: ignore[call-overload]
    for name, topic in topics.items():
        if name not in read_topics:
            topics[name] = replace(topic, end=dict(topic.begin), latest=topic.end)
    return replace(ends, topics=topics, files=files, lanes=lanes)


def lane_end(doors: Doors, name: str, after: int, newest: int, rows_max: int) -> int:
    """Up to which batch a lane reads in one go: whole batches, at least one, within the bound."""
    table = doors.tables.table(name)
    table.refresh()
    columns = delta_schema.from_json(table.schema())
    paths = [file.path for file in table.files()]
    scan = table_scan(table.folder, paths, columns, table.partition_by())
    row = first_row(
        doors.connection.execute(
            "SELECT max(_batch) FILTER (WHERE total <= ?), min(_batch) FROM (SELECT _batch, "
            "sum(count(*)) OVER (ORDER BY _batch) AS total "
            f"FROM ({scan}) WHERE _batch > ? GROUP BY _batch)",
            [rows_max, after],
        )
    )
    assert row is not None
    fits, first = row
    found = fits if fits is not None else first
    rest = first_row(
        doors.connection.execute(
            f"SELECT count(*) FROM ({scan}) WHERE _batch > ?", [found if found is not None else newest]
        )
    )
    assert rest is not None
    return newest if found is None or rest[0] == 0 else int(found)


def check_positions(
    component: Component, standing: Standing, project: CompiledProject, topics: Mapping[str, TopicEnds]
) -> None:
    """Halt the component if a topic is not the one that was read, or has lost or forgotten records, or is not
    among `topics`."""
    for key, edge, branch in _branches(project, component):
        known = standing.flows.get(key)
        if not isinstance(branch.input, TopicInput) or known is None or edge not in known.inputs:
            continue
        topic = branch.input.topic
        if topic not in topics:
            raise Halt(f"Topic {topic!r} is gone.", hint="put the log back from a copy")
        _check_topic(topic, known.inputs[edge], topics[topic])


def _check_topic(topic: str, position: Position, ends: TopicEnds) -> None:
    command = f"`tailrace topic reset {topic} --to"
    hint = f"{command} earliest --lost-ok` goes on and counts the gap"
    if position["log_id"] != ends.log_id:
        raise Halt(
            f"Topic {topic!r} is another one (id {ends.log_id}) than the one read so far ({position['log_id']}).",
            hint=hint,
        )
    for partition, offset in position["offsets"].items():
        begin, end = ends.begin.get(int(partition), 0), ends.end.get(int(partition), 0)
        if end < offset:
            raise Halt(
                f"Topic {topic!r}, partition {partition} ends at {end}, before our position {offset}.",
                hint=f"{command} latest --lost-ok` goes on from there; from earlier on rows would come twice",
            )
        if begin > offset:
            raise Halt(
                f"Topic {topic!r}, partition {partition} begins at {begin}, after our position {offset}.",
                hint=hint,
            )


def _branches(project: CompiledProject, component: Component) -> Iterator[tuple[str, str, Branch]]:
    for name in component.datasets:
        for flow in project.datasets[name].flows:
            for edge, branch in edges(flow):
                yield flow_key(name, flow.name), edge, branch
