"""What was measured, as a page of plain tables: `results/<date>-<commit>.md`.

A page names the machine, the data, the commit and the versions, and how busy the machine was with other
things: figures of two pages compare only where those are alike.
"""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median

from benchmarks.latency import Latency
from benchmarks.pipeline import Turns

RESULTS = Path(__file__).with_name("results")
AIMS = {"rate": 1_000_000, "spark": 10.0, "bare": 0.7, "p50_ms": 80, "p99_ms": 250, "up": 5.0, "help_ms": 150}
PACKAGES = ("duckdb", "deltalake", "arro3-core")


@dataclass
class Page:
    """Everything of one run of the benchmarks; what was not measured is None."""

    pipelines: list[Turns] = field(default_factory=list)
    latency: Latency | None = None
    up_seconds: float | None = None
    help_seconds: float | None = None
    load_before: float = field(default_factory=lambda: os.getloadavg()[0])


def text(page: Page, commit: str, now: datetime) -> str:
    """The page."""
    parts = [f"# Measured {now:%Y-%m-%d %H:%M} UTC, commit {commit}\n", _conditions(page)]
    parts += [_pipeline(turns) for turns in page.pipelines]
    if len(page.pipelines) > 1:
        parts.append(_sizes(page.pipelines))
    parts.append(_latency(page))
    return "\n".join(parts)


def write(page: Page) -> Path:
    """Write the page of the commit that is checked out; returns its path."""
    now, commit = datetime.now(UTC), commit_id()
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{now:%Y-%m-%d}-{commit}.md"
    path.write_text(text(page, commit, now))
    return path


def commit_id() -> str:
    """The commit, short; `+` where files differ from it."""
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty=+", "--exclude=*"],
        capture_output=True,
        text=True,
        check=False,
        cwd=RESULTS.parent,
    )
    return done.stdout.strip() or "unknown"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(str(cell) for cell in line)} |\n" for line in lines)


def _conditions(page: Page) -> str:
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    rows = [
        ("machine", f"{os.cpu_count()} cores, {_processor()}, {memory:.0f} GB, {platform.system()}"),
        (
            "busy with other things",
            f"load {page.load_before:.1f} before, {os.getloadavg()[0]:.1f} at the end",
        ),
        ("versions", f"Python {platform.python_version()}, {versions}"),
        ("data", "web logs as JSON, about 166 bytes, clean, seeded; one partition, blocks of 10,000"),
    ]
    return table(("", ""), rows)


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.machine()


def _pipeline(turns: Turns) -> str:
    rows = []
    for name, seconds in turns.seconds.items():
        cpu = median(turns.cpu_seconds[name]) / turns.events * 1e6
        all_turns = ", ".join(f"{value:.2f}" for value in seconds)
        ratio = "" if name == "tailrace" else f"{turns.ratio(name):.2f}"
        rows.append((name, f"{turns.rate(name):,.0f}", f"{cpu:.2f}", ratio, all_turns))
    head = (
        "",
        "events/s (median)",
        "CPU seconds per million",
        "speed of Tailrace, times this",
        "seconds of each turn",
    )
    skipped = "".join(f"\nNot measured: {name} ({why}).\n" for name, why in turns.skipped.items())
    return (
        f"\n## {turns.events:,} records to bronze, silver and a view per minute\n\n{table(head, rows)}{skipped}"
        f"\nTailrace made {turns.batches} batches; its memory was {max(turns.memory_mb):,.0f} MB at most.\n"
    )


def _sizes(pipelines: Sequence[Turns]) -> str:
    small, large = pipelines[0], pipelines[-1]
    return (
        f"\n{large.events:,} against {small.events:,} records: {large.rate('tailrace'):,.0f} against "
        f"{small.rate('tailrace'):,.0f} events/s, {max(large.memory_mb):,.0f} against "
        f"{max(small.memory_mb):,.0f} MB.\n"
    )


def _latency(page: Page) -> str:
    rows: list[Sequence[object]] = []
    found = page.latency
    if found is not None:
        gaps = found.view_gaps
        early, late = found.memory_mb[len(found.memory_mb) // 2], found.memory_mb[-1]
        rows += [
            ("appended", f"{found.rate:,.0f} records/s, {found.records:,} in all", ""),
            ("append to visible in silver, p50", f"{found.p50_ms:.0f} ms", f"{AIMS['p50_ms']} ms"),
            ("append to visible in silver, p99", f"{found.p99_ms:.0f} ms", f"{AIMS['p99_ms']} ms"),
            ("append to visible in silver, longest", f"{found.max_ms:.0f} ms", ""),
            ("commits of silver", found.commits, ""),
            ("between refreshes of the view (5 s wanted), longest", f"{max(gaps):.1f} s" if gaps else "", ""),
            ("memory at half time, at the end", f"{early:.0f} MB, {late:.0f} MB", "flat"),
        ]
    if page.up_seconds is not None:
        rows.append(("`up` to the first gold rows", f"{page.up_seconds:.1f} s", f"{AIMS['up']:.0f} s"))
    if page.help_seconds is not None:
        rows.append(("`--help`", f"{page.help_seconds * 1_000:.0f} ms", f"{AIMS['help_ms']} ms"))
    return f"\n## Latency and start\n\n{table(('', 'measured', 'aim'), rows)}"
