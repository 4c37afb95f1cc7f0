"""Records to bronze, silver and a view per minute: Tailrace, a bare loop, and Spark, in turns.

Every turn runs each of them once over the same records, so that what else happens on the machine meets
all of them; what counts is the median, and the median of the ratios within the turns.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from tailrace.proof import bench

SEED = 42
FILE_BLOCKS = 10
"""Spark's records lie in text files of so many blocks: 100,000 records each."""
PYTHON_VARIABLE = "TAILRACE_SPARK_PYTHON"
JARS_VARIABLE = "TAILRACE_SPARK_JARS"


@dataclass
class Turns:
    """Seconds of each turn, by name; `memory_mb`, `batches`: of Tailrace's turns."""

    events: int
    seconds: dict[str, list[float]] = field(default_factory=dict)
    cpu_seconds: dict[str, list[float]] = field(default_factory=dict)
    memory_mb: list[float] = field(default_factory=list)
    batches: int = 0
    skipped: dict[str, str] = field(default_factory=dict)

    def note(self, name: str, seconds: float, cpu_seconds: float) -> None:
        self.seconds.setdefault(name, []).append(seconds)
        self.cpu_seconds.setdefault(name, []).append(cpu_seconds)

    def rate(self, name: str) -> float:
        """Events per second, by the median turn."""
        return self.events / median(self.seconds[name])

    def ratio(self, name: str) -> float:
        """How many times faster than `name` Tailrace was: the median over the turns."""
        pairs = zip(self.seconds[name], self.seconds["tailrace"], strict=True)
        return median(theirs / ours for theirs, ours in pairs)


class Spark:
    """A Spark session in a process of its own; one folder in, one answer out."""

    def __init__(self, python: str, jars: str, log: Path) -> None:
        script = Path(__file__).with_name("spark.py")
        self._said = log.open("w")
        self._process = subprocess.Popen(
            [python, str(script), jars],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            text=True,
            cwd=log.parent,
        )

    def turn(self, folder: Path, events: int) -> tuple[float, float]:
        """Seconds and CPU seconds of one run."""
        shutil.rmtree(folder / "spark", ignore_errors=True)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{folder}\n")
        self._process.stdin.flush()
        for line in self._process.stdout:
            if line.startswith("answer "):
                return _seconds(line.removeprefix("answer "), events)
        raise SystemExit(f"Spark ended; it said: {Path(self._said.name).read_text()[-2000:]}")

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()
        self._said.close()


def compare(work: Path, events: int, turns: int, with_spark: bool) -> Turns:
    """Fill a topic with so many records and let each carry them, in turns."""
    found = Turns(events)
    folder = work / f"weblogs-{events}"
    bench.make_bench_project(folder)
    bench.fill(folder, events, SEED)
    reason = _why_no_spark() if with_spark else "not wanted"
    spark = None
    if reason:
        found.skipped["spark"] = reason
    else:
        write_lines(folder / "records", events)
        spark = Spark(os.environ[PYTHON_VARIABLE], os.environ[JARS_VARIABLE], work / "spark.log")
        spark.turn(folder, events)
    for _ in range(turns):
        bench.forget_results(folder)
        measured = bench.measure(folder, events)
        found.note("tailrace", measured.seconds, measured.cpu_seconds)
        found.memory_mb.append(measured.memory_mb)
        found.batches = measured.batches
        found.note("bare loop", *bare(folder, events))
        if spark is not None:
            found.note("spark", *spark.turn(folder, events))
    if spark is not None:
        spark.close()
    shutil.rmtree(folder)
    return found


def bare(folder: Path, events: int) -> tuple[float, float]:
    """Seconds and CPU seconds of the bare loop."""
    shutil.rmtree(folder / "bare", ignore_errors=True)
    command = [sys.executable, "-m", "benchmarks.bare", str(bench.log_folder(folder)), str(folder / "bare")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"The bare loop failed: {done.stderr[-2000:]}")
    return _seconds(done.stdout, events)


def write_lines(folder: Path, events: int) -> None:
    """The records as text files."""
    folder.mkdir()
    part: list[bytes] = []
    for number, values in enumerate(bench.blocks(events, SEED), 1):
        part += values
        if number % FILE_BLOCKS == 0 or number * bench.BLOCK_ROWS >= events:
            (folder / f"{number:06}.json").write_bytes(b"\n".join(part) + b"\n")
            part = []


def _seconds(answer: str, events: int) -> tuple[float, float]:
    value = json.loads(answer)
    if value["events"] != events:
        raise SystemExit(f"{events} records went in, {value['events']} were counted.")
    return float(value["seconds"]), float(value["cpu_seconds"])


def _why_no_spark() -> str | None:
    for name in (PYTHON_VARIABLE, JARS_VARIABLE):
        if not os.environ.get(name):
            return f"{name} is not set"
    if shutil.which("java") is None and not os.environ.get("JAVA_HOME"):
        return "there is no JDK"
    return None
