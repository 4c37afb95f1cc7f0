"""How long a record takes: from its append until a reader of the silver table can see it.

Three processes beside each other: a producer appends 100 records every 10 ms, the engine runs with
`--trigger 0`, and this one waits for commits of the silver table and notes when how many rows are there.
Records are clean and keep their order, so row k of silver is record k.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from statistics import median, quantiles

from tailrace.log.embedded import EmbeddedLog
from tailrace.model.clock import SystemClock
from tailrace.proof import bench

RECORDS_EACH = 100
STEP_SECONDS = 0.01
WARM_UP_SECONDS = 3.0
POLL_SECONDS = 0.001
REFRESH_SECONDS = 5
HELP_RUNS = 5
SEED = 43


@dataclass
class Latency:
    """Milliseconds from append to visible; memory in MB by second; seconds between the view's commits."""

    rate: float = 0.0
    records: int = 0
    p50_ms: float = 0.0
    p99_ms: float = 0.0
    max_ms: float = 0.0
    commits: int = 0
    view_gaps: list[float] = field(default_factory=list)
    memory_mb: list[float] = field(default_factory=list)


class Commits:
    """The commits of a Delta table as they appear: when, and how many rows there are then."""

    def __init__(self, table: Path) -> None:
        self._log = table / "_delta_log"
        self._next = 0
        self.seen: list[tuple[float, int]] = []

    def look(self) -> None:
        """Take note of new commits."""
        while (path := self._log / f"{self._next:020}.json").exists():
            now = time.monotonic()
            rows = self.seen[-1][1] if self.seen else 0
            for line in path.read_text().splitlines():
                add = json.loads(line).get("add")
                if add is not None and add["dataChange"]:
                    rows += json.loads(add["stats"])["numRecords"]
            self.seen.append((now, rows))
            self._next += 1


def measure(work: Path, seconds: float) -> Latency:
    """Let the three run for so long."""
    folder = work / "latency"
    bench.make_bench_project(folder, f"engine: {{refresh: {REFRESH_SECONDS}s}}\n")
    EmbeddedLog(bench.log_folder(folder), SystemClock()).create(bench.TOPIC, 1)
    run = [sys.executable, "-m", "tailrace", "-C", str(folder), "run", "--trigger", "0"]
    times = work / "appended.json"
    silver, gold = Commits(folder / "lake/silver/web_logs"), Commits(folder / "lake/gold/clicks_per_minute")
    found = Latency()
    with (work / "engine.log").open("w") as said:
        engine = subprocess.Popen([*run, "--for", f"{seconds + 4:g}s"], stdout=said, stderr=said)
        while not silver.seen and engine.poll() is None:
            silver.look()
            time.sleep(POLL_SECONDS)
        produce = [sys.executable, "-m", "benchmarks.latency", str(folder), f"{seconds:g}", str(times)]
        producer = subprocess.Popen(produce)
        following = time.monotonic()
        while engine.poll() is None:
            silver.look()
            gold.look()
            if time.monotonic() >= following:
                found.memory_mb.append(_memory_mb(engine.pid))
                following += 1
            time.sleep(POLL_SECONDS)
        producer.wait()
    if engine.returncode:
        raise SystemExit(f"The engine ended with {engine.returncode}: {(work / 'engine.log').read_text()}")
    silver.look()
    _latencies(found, json.loads(times.read_text()), silver.seen)
    found.view_gaps = [b[0] - a[0] for a, b in zip(gold.seen[2:], gold.seen[3:], strict=False)]
    found.memory_mb = [value for value in found.memory_mb if value]
    return found


def _latencies(found: Latency, appended: list[float], seen: list[tuple[float, int]]) -> None:
    """Each append's time against that of the first commit that holds its last record."""
    ends = accumulate([RECORDS_EACH] * len(appended))
    waits, commit = [], 0
    for time_, end in zip(appended, ends, strict=True):
        while commit < len(seen) and seen[commit][1] < end:
            commit += 1
        if commit == len(seen):
            raise SystemExit(f"{len(appended) * RECORDS_EACH} records were appended, {seen[-1][1]} came.")
        if time_ - appended[0] >= WARM_UP_SECONDS:
            waits.append((seen[commit][0] - time_) * 1_000)
    found.records = len(appended) * RECORDS_EACH
    found.rate = found.records / (appended[-1] - appended[0])
    found.p50_ms, found.p99_ms, found.max_ms = median(waits), quantiles(waits, n=100)[98], max(waits)
    found.commits = len(seen)


def produce(folder: Path, seconds: float, times: Path) -> None:
    """Append on time; a delayed append is made up for, so the rate holds. Notes when each was done."""
    log = EmbeddedLog(bench.log_folder(folder), SystemClock())
    count = round(seconds / STEP_SECONDS)
    tables = [bench.arrow(bench.records(i * RECORDS_EACH, RECORDS_EACH, SEED)) for i in range(count)]
    started, done = time.monotonic(), []
    for number, table in enumerate(tables):
        time.sleep(max(0.0, started + number * STEP_SECONDS - time.monotonic()))
        log.append_arrow(bench.TOPIC, 0, table)
        done.append(time.monotonic())
    times.write_text(json.dumps(done))


def up_to_first_rows(work: Path) -> float:
    """Seconds from `tailrace up` on a new web logs project until a gold table has rows."""
    folder = work / "up"
    subprocess.run(
        [sys.executable, "-m", "tailrace", "init", str(folder), "--template", "weblogs"], check=True
    )
    gold = [Commits(path) for path in (folder / "lake/gold/visits_hourly", folder / "lake/gold/visits_daily")]
    started = time.monotonic()
    with (work / "up.log").open("w") as said:
        up = subprocess.Popen(
            [sys.executable, "-m", "tailrace", "-C", str(folder), "up", "--for", "30s"],
            stdout=said,
            stderr=said,
        )
        while up.poll() is None:
            for table in gold:
                table.look()
                if table.seen and table.seen[-1][1]:
                    up.terminate()
                    up.wait()
                    return table.seen[-1][0] - started
            time.sleep(POLL_SECONDS)
    raise SystemExit(f"`up` ended without rows: {(work / 'up.log').read_text()}")


def help_seconds() -> float:
    """The median time of `tailrace --help`."""
    found = []
    for _ in range(HELP_RUNS):
        started = time.monotonic()
        subprocess.run([sys.executable, "-m", "tailrace", "--help"], capture_output=True, check=True)
        found.append(time.monotonic() - started)
    return median(found)


def _memory_mb(pid: int) -> float:
    """What the process holds now; 0 where the system does not say."""
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return 0.0


if __name__ == "__main__":
    produce(Path(sys.argv[1]), float(sys.argv[2]), Path(sys.argv[3]))
