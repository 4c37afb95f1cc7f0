"""`tailrace topic`: look after topics."""

from __future__ import annotations

import click

from tailrace.cli.verb import Invocation, pass_invocation, verb
from tailrace.model.errors import UsageError

COLUMNS = ("topic", "partition", "begin", "end", "records", "log_id")


@verb("list", "tailrace topic list", "tailrace topic list --output json")
@pass_invocation
def list_topics(call: Invocation) -> int:
    """Show every topic with its partitions and offsets."""
    from tailrace.runtime.project import open_log

    log, _ = open_log(call.directory, call.profile)
    rows = []
    for topic in log.topics():
        identity = log.describe(topic).log_id
        begins, ends = log.begin_offsets(topic), log.end_offsets(topic)
        for partition, end in ends.items():
            begin = begins[partition]
            values = (topic, partition, begin, end, end - begin, identity)
            rows.append(dict(zip(COLUMNS, values, strict=True)))
    call.answer(rows, COLUMNS)
    return 0


@verb("create", "tailrace topic create clicks --partitions 4")
@click.argument("topic", metavar="T")
@click.option(
    "--partitions", type=click.IntRange(1, 1024), help="How many (default: as tailrace.yaml says, or 1)."
)
@pass_invocation
def create(call: Invocation, topic: str, partitions: int | None) -> int:
    """Make a topic; one that is there stays as it is. How many partitions it has never changes."""
    from tailrace.runtime.project import open_log
    from tailrace.runtime.topics import made_topic

    log, wanted = open_log(call.directory, call.profile, topic)
    info = made_topic(log, topic, partitions, wanted)
    call.answer(
        [{"topic": topic, "partitions": info.partitions, "log_id": info.log_id}],
        ("topic", "partitions", "log_id"),
    )
    return 0


@verb("describe", "tailrace topic describe clicks")
@click.argument("topic", metavar="T")
@pass_invocation
def describe(call: Invocation, topic: str) -> int:
    """Show what a topic is: identity, partitions, how long it keeps records."""
    from tailrace.runtime.project import open_log

    log, _ = open_log(call.directory, call.profile)
    info = log.describe(topic)
    begins, ends = log.begin_offsets(topic), log.end_offsets(topic)
    row = {
        "topic": info.name,
        "partitions": info.partitions,
        "records": sum(ends.values()) - sum(begins.values()),
        "retention_seconds": info.retention_seconds,
        "retention_bytes": info.retention_bytes,
        "log_id": info.log_id,
    }
    call.answer([row], tuple(row))
    return 0


@verb("reset", "tailrace topic reset clicks --to earliest --lost-ok")
@click.argument("topic", metavar="T")
@click.option(
    "--to", default="earliest", show_default=True, metavar="N", help="earliest, latest, or an offset."
)
@click.option("--lost-ok", is_flag=True, help="Yes, records between are passed over.")
@click.option("--again-ok", is_flag=True, help="Yes, records that were read are read again.")
@pass_invocation
def reset(call: Invocation, topic: str, to: str, lost_ok: bool, again_ok: bool) -> int:
    """Let all readers of a topic go on from another place, when it was lost or is another one.

    An empty batch is decided that counts the gap. The command is left for the engine, and taken at the
    next batch border or by the next `tailrace run`.
    """
    from tailrace.engine.commands import Command, send
    from tailrace.engine.plan import TopicEnds
    from tailrace.engine.reset import read_again
    from tailrace.runtime.project import open_log, open_reader

    log, _ = open_log(call.directory, call.profile)
    info = log.describe(topic)
    if not lost_ok:
        raise UsageError(
            "Records between the old and the new place will not be read.", hint="say so with --lost-ok"
        )
    if to not in ("earliest", "latest") and not to.isdigit():
        raise UsageError(f"--to {to!r} is none of earliest, latest or an offset.")
    reader = open_reader(call.directory, call.profile)
    ends = TopicEnds(info.log_id, log.begin_offsets(topic), log.end_offsets(topic))
    again = read_again(reader.compiled, reader.standing(), ends, topic, to)
    if again and not again_ok:
        raise UsageError(
            f"{again:,} records of {topic} that were read would be read again: their rows would come twice.",
            hint="say so with --again-ok, or name a later place by --to",
        )
    send(reader.paths.data, Command("reset", topic, to, lost_ok), f"{reader.clock.now_us():020}")
    click.echo(
        f"{topic} is reset at the next batch border of the engine, or with the next `tailrace run`.", err=True
    )
    return 0


def _group() -> click.Group:
    return click.Group(
        "topic",
        commands={found.name or "": found for found in (list_topics, create, describe, reset)},
        help="Look after topics: list, create, describe, reset.",
    )


command: click.Group = _group()
