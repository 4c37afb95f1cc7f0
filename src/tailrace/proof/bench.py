"""`bench`: how fast the engine carries records from a topic to bronze, silver and a view per minute.

The project is the web logs template with one view of clicks per minute. The topic is filled first (not
measured) with clean records that are a function of the seed; then the engine runs in a process of its
own until nothing is left. `seconds` is the engine's run alone: recovery, the making of the tables, all
batches with every guarantee, the refresh; Python's start and the compiling of the project are apart.

    python -m tailrace.proof.bench FOLDER        runs the engine, prints one JSON object
"""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from arro3.core import Array, DataType, Table

from tailrace.log.embedded import EmbeddedLog
from tailrace.model.clock import SystemClock
from tailrace.model.errors import DataError, TailraceError
from tailrace.runtime.project import open_project
from tailrace.runtime.run import RunOptions, run_project
from tailrace.runtime.session import Session
from tailrace.runtime.templates import make_project

TOPIC = "user_browsing_logs"
VIEW = "gold.clicks_per_minute"
SETTINGS = f"topics: {{{TOPIC}: {{partitions: 1}}}}\n"
VIEW_SQL = f"""CREATE MATERIALIZED VIEW {VIEW} AS
SELECT date_trunc('MINUTE', date_time) AS minute, category, count(*) AS clicks
FROM silver.web_logs GROUP BY date_trunc('MINUTE', date_time), category;
"""
START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
EVENTS_PER_SECOND = 1_000
"""Of the records' own time: a million of them are 17 minutes of clicks."""
BLOCK_ROWS = 10_000
STATES = (
    "Alabama",
    "California",
    "Colorado",
    "Florida",
    "Hawaii",
    "Nevada",
    "New York",
    "Ohio",
    "Texas",
    "Utah",
)
PAGES = (
    ("products", "mens-wear"),
    ("products", "womens-wear"),
    ("men-clothing", "list"),
    ("women-clothing", "list"),
)
TYPES = ("denims", "dresses", "jackets", "shirts", "shoes", "t-shirts", "trousers")


@dataclass(frozen=True)
class Measured:
    """One run of the engine. `start_seconds`: loading and compiling the project; memory is the peak.

    `cpu_seconds` are those of all its threads in the run: on a machine that does other things as well they
    say more than the time on the clock.
    """

    events: int
    seconds: float
    start_seconds: float
    batches: int
    memory_mb: float
    cpu_seconds: float

    @property
    def events_per_second(self) -> float:
        return self.events / self.seconds


def records(first: int, count: int, seed: int) -> list[bytes]:
    """Clicks number `first` and following as JSON; the same for the same seed and block borders."""
    random = Random(f"{seed}/{first}")
    states = random.choices(STATES, k=count)
    pages = random.choices(PAGES, k=count)
    types = random.choices(TYPES, k=count)
    numbers = random.choices(range(1 << 24), k=count)
    made = []
    for i in range(count):
        number, (category, sub_cat) = numbers[i], pages[i]
        moment = START + timedelta(seconds=(first + i) // EVENTS_PER_SECOND)
        pid = 1 + number % 2_000 if category == "products" else "null"
        ip = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
        made.append(
            f'{{"date_time": "{moment:%Y-%m-%d %H:%M:%S}", "state": "{states[i]}", "ip_address": "{ip}", '
            f'"category": "{category}", "sub_cat": "{sub_cat}", "type": "{types[i]}", "pid": {pid}}}'.encode()
        )
    return made


def blocks(events: int, seed: int) -> Iterator[list[bytes]]:
    """All records, in blocks as a producer appends them."""
    for first in range(0, events, BLOCK_ROWS):
        yield records(first, min(BLOCK_ROWS, events - first), seed)


def arrow(values: list[bytes]) -> Table:
    """A block as the log takes it."""
    return Table.from_pydict({"value": Array(values, DataType.binary())})


def make_bench_project(folder: Path, settings: str = "") -> None:
    """The web logs project with one view, in a new folder. `settings`: more of `tailrace.yaml`."""
    make_project(folder, "weblogs")
    for path in (folder / "gold").glob("*.sql"):
        path.unlink()
    (folder / "gold" / "clicks_per_minute.sql").write_text(VIEW_SQL)
    (folder / "tailrace.yaml").write_text(SETTINGS + settings)


def log_folder(folder: Path) -> Path:
    """Where the project's topics are."""
    return folder / ".tailrace" / "log"


def fill(folder: Path, events: int, seed: int) -> None:
    """Append the records to the project's topic."""
    log = EmbeddedLog(log_folder(folder), SystemClock())
    log.create(TOPIC, 1)
    for values in blocks(events, seed):
        log.append_arrow(TOPIC, 0, arrow(values))
    log.close()


def forget_results(folder: Path) -> None:
    """Remove the lake and what the engine knows; the topic stays, so that it can be read again."""
    shutil.rmtree(folder / "lake", ignore_errors=True)
    for path in (folder / ".tailrace").iterdir():
        if path.name != "log":
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def measure(folder: Path, events: int) -> Measured:
    """Run the engine over the topic in a process of its own, and check that all rows came through.

    Raises DataError if the run fails or rows are missing.
    """
    command = [sys.executable, "-m", "tailrace.proof.bench", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise DataError(f"The measured run ended with exit code {done.returncode}: {done.stderr.strip()}")
    measured = Measured(events=events, **json.loads(done.stdout))
    check(folder, events)
    return measured


def check(folder: Path, events: int) -> None:
    """Every record is a row of bronze and of silver, and is counted once. Raises DataError."""
    session = Session(open_project(str(folder)))
    questions = {
        "bronze": "SELECT count(*) FROM bronze.web_logs_raw",
        "silver": "SELECT count(*) FROM silver.web_logs",
        "the view": f"SELECT sum(clicks) FROM {VIEW}",
    }
    for what, question in questions.items():
        found = session.sql(question).fetchall()[0][0]
        if found != events:
            raise DataError(f"The topic has {events} records, {what} {found}.")


def cpu_seconds() -> float:
    """What this process used so far, all threads."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def peak_memory_mb() -> float:
    """The most memory this process held. Linux tells it; `getrusage` would count the parent's too."""
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def main(folder: str) -> int:
    """Run the engine and print what was measured in this process."""
    clock = SystemClock()
    began = clock.monotonic()
    opened = open_project(folder)
    started, cpu_before = clock.monotonic(), cpu_seconds()
    summary = run_project(opened, RunOptions(available_now=True), "bench")
    ended = clock.monotonic()
    cpu = cpu_seconds() - cpu_before
    found = Measured(0, ended - started, started - began, summary.batches, peak_memory_mb(), cpu)
    figures = {key: value for key, value in asdict(found).items() if key != "events"}
    sys.stdout.write(json.dumps(figures) + "\n")
    return summary.exit_code


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1]))
    except TailraceError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)
