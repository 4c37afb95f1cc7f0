"""Step 2, read: the plan's records become source relations of the executor.

Topic reads are cut by record time once they are there (PROTOCOL, section 4): among the partitions that
hold more than fits, the one whose prefix ends earliest says how far all of them go.
"""

from __future__ import annotations

from collections.abc import Mapping

from tailrace.duck.connection import Connection, first_row
from tailrace.duck.source import count_rows, lane_source, table_scan, topic_source
from tailrace.engine.doors import Doors
from tailrace.engine.files import SeenFiles, load_files
from tailrace.engine.loaded import Loaded
from tailrace.engine.plan import BatchPlan, FilesRead, TableRead, TopicRead, settle
from tailrace.lake import schema as delta_schema
from tailrace.log.contract import LogGap
from tailrace.model.errors import Halt


def read(
    doors: Doors, plan: BatchPlan, planned_us: int, bytes_max: int, cut: bool, seen: SeenFiles
) -> tuple[BatchPlan, dict[str, Loaded]]:
    """Read everything the plan names; returns the plan with its final ends. `cut` is False where the
    ends are given (a plan that is carried out again)."""
    connection = doors.connection
    arrows: dict[str, dict[int, object]] = {}
    ends: dict[str, dict[int, int]] = {}
    for number, (key, source) in enumerate(plan.reads().items()):
        if isinstance(source, TopicRead):
            arrows[key], ends[key] = _read_topic(doors, source, bytes_max)
            topic_source(connection, f"t{number}_all", source.topic, arrows[key] or _nothing(doors, source))
    names = {key: f"t{number}_all" for number, key in enumerate(plan.reads()) if key in ends}
    if cut:
        ends = _cut(doors, plan, names, ends, planned_us)
    plan = settle(plan, ends)
    loaded = {}
    for number, (key, source) in enumerate(plan.reads().items()):
        if isinstance(source, TopicRead):
            loaded[key] = _topic_relation(connection, source, names[key], f"t{number}")
        elif isinstance(source, FilesRead):
            loaded[key] = load_files(doors, source, f"t{number}", seen)
        else:
            loaded[key] = _load_table(doors, source, f"t{number}")
    return plan, loaded


def _read_topic(doors: Doors, source: TopicRead, bytes_max: int) -> tuple[dict[int, object], dict[int, int]]:
    """Records of each partition and where they end: the byte bound may end them early."""
    tables: dict[int, object] = {}
    ends = dict(source.begin)
    for partition, begin in sorted(source.begin.items()):
        position = begin
        wanted = source.end[partition]
        if position >= wanted:
            continue
        try:
            table = doors.log.read(source.topic, partition, position, wanted - position, bytes_max)
        except LogGap as gap:
            raise Halt(
                f"Topic {source.topic!r}, partition {partition}: offset {position} is gone ({gap.message}).",
                hint=f"`tailrace topic reset {source.topic} --to earliest --lost-ok` goes on and counts the gap",
            ) from gap
        if table.num_rows:
            tables[partition] = table
            ends[partition] = position + table.num_rows
    return tables, ends


def _nothing(doors: Doors, source: TopicRead) -> dict[int, object]:
    """An empty table, so that a source with no unread rows has its columns."""
    partition = min(source.begin)
    return {partition: doors.log.read(source.topic, partition, source.begin[partition], 0, 0)}


def _topic_relation(connection: Connection, source: TopicRead, everything: str, name: str) -> Loaded:
    tests = " OR ".join(f'("partition" = {p} AND "offset" < {end})' for p, end in sorted(source.end.items()))
    connection.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS SELECT * FROM {everything} WHERE {tests}")
    return Loaded(name, count_rows(connection, name), source.rows)


def _cut(
    doors: Doors,
    plan: BatchPlan,
    names: Mapping[str, str],
    ends: dict[str, dict[int, int]],
    planned_us: int,
) -> dict[str, dict[int, int]]:
    """End every partition at the earlier of its bound and its first record later than T."""
    unread = {}
    for key, source in plan.reads().items():
        if isinstance(source, TopicRead):
            available = doors.log.end_offsets(source.topic)
            unread[key] = {p for p, end in ends[key].items() if end < available[p] and end > source.begin[p]}
    several = sum(len(found) for found in ends.values()) > 1
    if not several or not any(unread.values()):
        return ends
    time = f'least("timestamp", make_timestamptz({planned_us}::BIGINT))'
    tops = []
    for key, partitions in unread.items():
        for partition in partitions:
            row = first_row(
                doors.connection.execute(
                    f'SELECT epoch_us(max({time})) FROM {names[key]} WHERE "partition" = {partition}'
                )
            )
            assert row is not None
            tops.append(int(row[0]))
    top = min(tops)
    result = {}
    for key, found in ends.items():
        later = doors.connection.execute(
            f'SELECT "partition", min("offset") FROM {names[key]} WHERE epoch_us({time}) > {top} GROUP BY ALL'
        ).fetchall()
        firsts = {int(partition): int(offset) for partition, offset in later}
        result[key] = {p: min(end, firsts.get(p, end)) for p, end in found.items()}
    return result


def _load_table(doors: Doors, source: TableRead, name: str) -> Loaded:
    table = doors.tables.table(source.table)
    table.refresh()
    columns = delta_schema.from_json(table.schema())
    files = [file.path for file in table.files()]
    scan = table_scan(table.folder, files, columns, table.partition_by())
    lane_source(doors.connection, name, scan, source.after, source.upto)
    rows = count_rows(doors.connection, name)
    return Loaded(name, rows, rows)
