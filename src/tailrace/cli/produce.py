"""`tailrace produce`: lines into a topic."""

from __future__ import annotations

import sys
from contextlib import nullcontext

import click

from tailrace.cli.verb import Invocation, pass_invocation, verb
from tailrace.model.errors import UsageError


@verb(
    "produce",
    "tailrace produce user_browsing_logs events.jsonl",
    "generate-events | tailrace produce user_browsing_logs - --key-field ip_address",
)
@click.argument("topic", metavar="TOPIC")
@click.argument("file", required=False, default="-", metavar="[FILE|-]")
@click.option("--key-field", metavar="F", help="Take the key from this field of each line's JSON.")
@click.option("--partitions", type=click.IntRange(1, 1024), help="Partitions, if the topic is made now.")
@pass_invocation
def command(call: Invocation, topic: str, file: str, key_field: str | None, partitions: int | None) -> int:
    """Send each line of FILE (or of stdin) as one record, its bytes as they are.

    JSON is looked into only for --key-field. A line that is refused (over 1 MiB, or without a key) is
    named by its number on stderr, the rest is sent, and the exit code is 1. A topic that is missing is
    made.
    """
    from tailrace.runtime.project import open_log
    from tailrace.runtime.topics import Produced, made_topic, produce_lines

    if file == "-" and sys.stdin is None:
        raise UsageError("There is no standard input to read lines from.")
    log, wanted = open_log(call.directory, call.profile, topic)
    told = 0

    def progress(done: Produced) -> None:
        nonlocal told
        for line, reason in done.refused[told:]:
            click.echo(f"line {line} {reason}: not sent", err=True)
        told = len(done.refused)
        if sys.stderr.isatty():
            click.echo(f"\r{done.sent:,} records", err=True, nl=False)

    try:
        with nullcontext(sys.stdin.buffer) if file == "-" else open(file, "rb") as source:
            made_topic(log, topic, partitions, wanted)
            done = produce_lines(log, topic, source, key_field, progress)
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}.") from error
    if sys.stderr.isatty():
        click.echo("", err=True)
    row = {"topic": topic, "sent": done.sent, "refused": len(done.refused), "bytes": done.bytes}
    call.answer([row], tuple(row))
    return 1 if done.refused else 0
