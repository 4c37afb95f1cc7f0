"""`tailrace consume`: records of a topic."""

from __future__ import annotations

import base64
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from tailrace.cli.verb import Invocation, pass_invocation, verb
from tailrace.model.errors import UsageError
from tailrace.runtime.topics import Consumed

COLUMNS = ("partition", "offset", "timestamp", "key", "value")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@verb(
    "consume",
    "tailrace consume user_browsing_logs --limit 5",
    "tailrace consume user_browsing_logs --from 1000 --output json",
)
@click.argument("topic", metavar="TOPIC")
@click.option(
    "--from",
    "begin",
    default="earliest",
    show_default=True,
    metavar="N",
    help="earliest, latest, or an offset.",
)
@click.option("--limit", type=click.IntRange(min=0), metavar="N", help="At most this many records.")
@click.option("--follow", is_flag=True, help="Go on with what is appended later.")
@click.option("--partition", type=click.IntRange(min=0), metavar="P", help="Only this partition.")
@pass_invocation
def command(
    call: Invocation, topic: str, begin: str, limit: int | None, follow: bool, partition: int | None
) -> int:
    """Print the values of a topic's records, byte for byte, one per line.

    With --output json or csv: partition, offset, timestamp, key and value; bytes that are not UTF-8 are
    base64.
    """
    from tailrace.runtime import topics
    from tailrace.runtime.project import open_log

    log, _ = open_log(call.directory, call.profile, topic)
    if follow:
        if call.output != "table":
            raise UsageError("--follow has no end, so it cannot give one answer.", hint="leave --output out")
        for record in topics.follow(log, topic, begin, limit, partition):
            sys.stdout.buffer.write((record.value or b"") + b"\n")
            sys.stdout.buffer.flush()
        return 0
    records = topics.consume(log, topic, begin, limit, partition)
    if call.output != "table":
        call.answer([_row(record) for record in records], COLUMNS)
        return 0
    for record in records:
        sys.stdout.buffer.write((record.value or b"") + b"\n")
    sys.stdout.buffer.flush()
    return 0


def _row(record: Consumed) -> dict[str, Any]:
    return {
        "partition": record.partition,
        "offset": record.offset,
        "timestamp": _EPOCH + timedelta(microseconds=record.timestamp_us),
        "key": _text(record.key),
        "value": _text(record.value),
    }


def _text(value: bytes | None) -> str | None:
    if value is None:
        return None
    try:
        return value.decode()
    except UnicodeDecodeError:
        return base64.b64encode(value).decode()
