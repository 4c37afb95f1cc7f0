"""`tailrace bench`: what this machine carries."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from tailrace.cli.verb import Invocation, pass_invocation, verb

EVENTS = 200_000
SEED = 42
COLUMNS = ("events", "seconds", "events_per_second", "batches", "cpu_seconds", "start_seconds", "memory_mb")


@verb("bench", "tailrace bench", "tailrace bench --events 1000000", "tailrace bench --output json")
@click.option(
    "--events",
    type=click.IntRange(min=1),
    default=EVENTS,
    metavar="N",
    help=f"How many records (default: {EVENTS:,}).",
)
@pass_invocation
def command(call: Invocation, events: int) -> int:
    """Measure the engine on this machine: JSON records from a topic to bronze, silver and a view per minute.

    It runs on a project of its own that is removed afterwards; no project folder is needed. Filling the
    topic is not measured. start_seconds is the time to load and compile the project, memory_mb the peak,
    cpu_seconds what all threads used together.
    """
    from tailrace.proof.bench import fill, make_bench_project, measure

    with tempfile.TemporaryDirectory(prefix="tailrace-bench-") as work:
        folder = Path(work) / "weblogs"
        make_bench_project(folder)
        click.echo(f"Filling a topic with {events:,} records.", err=True)
        fill(folder, events, SEED)
        click.echo("Measuring.", err=True)
        measured = measure(folder, events)
    row = {
        "events": measured.events,
        "seconds": round(measured.seconds, 3),
        "events_per_second": round(measured.events_per_second),
        "batches": measured.batches,
        "cpu_seconds": round(measured.cpu_seconds, 3),
        "start_seconds": round(measured.start_seconds, 3),
        "memory_mb": round(measured.memory_mb),
    }
    call.answer([row], COLUMNS)
    return 0
