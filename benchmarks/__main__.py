"""All measurements in one run, and a page about them: `python -m benchmarks --help`."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from benchmarks import latency, report
from benchmarks.pipeline import JARS_VARIABLE, PYTHON_VARIABLE, compare


def main() -> None:
    """Measure what is wanted, write the page, and print it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000, help="records of the comparison")
    parser.add_argument("--large", type=int, default=10_000_000, help="records of the large run; 0: none")
    parser.add_argument("--turns", type=int, default=3, help="how often each is run")
    parser.add_argument("--seconds", type=float, default=60, help="length of the latency run; 0: none")
    parser.add_argument(
        "--no-spark",
        action="store_true",
        help=f"without it; it takes part where {PYTHON_VARIABLE} names a Python with pyspark 4.2 and "
        f"{JARS_VARIABLE} a folder with the jars of Delta 4.4",
    )
    wanted = parser.parse_args()
    page = report.Page()
    with tempfile.TemporaryDirectory(prefix="tailrace-benchmarks-") as folder:
        work = Path(folder)
        if wanted.seconds:
            page.latency = latency.measure(work, wanted.seconds)
            page.up_seconds = latency.up_to_first_rows(work)
            page.help_seconds = latency.help_seconds()
        page.pipelines.append(compare(work, wanted.events, wanted.turns, not wanted.no_spark))
        if wanted.large:
            page.pipelines.append(compare(work, wanted.large, 1, False))
        path = report.write(page)
    print(path.read_text())
    print(f"Written to {path}.")


if __name__ == "__main__":
    main()
