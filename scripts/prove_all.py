"""Every fault point x batch x runners x loss on the sample project; the result goes to docs/proof.md."""

from __future__ import annotations

import platform
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tailrace.model.clock import SystemClock
from tailrace.proof.prove import Case, Outcome, Prover, all_cases
from tailrace.proof.sample import make_sample

WORKERS = 2


def prove(share: tuple[int, list[Case]]) -> list[Outcome]:
    """One worker's cases, in a folder of its own."""
    number, cases = share
    with tempfile.TemporaryDirectory(prefix=f"tailrace-prove-{number}-") as folder:
        prover = Prover(make_sample(Path(folder) / "project", SystemClock()), None, Path(folder) / "work")
        batches = prover.record()
        outcomes = []
        for outcome in prover.outcomes(cases, batches):
            outcomes.append(outcome)
            result = "DIFFERENT" if outcome.differences else "equal" if outcome.reached else "not reached"
            print(f"{result:12} {outcome.case}", flush=True)
        return outcomes


def main() -> int:
    started = time.monotonic()
    cases = all_cases()
    with ProcessPoolExecutor(WORKERS) as pool:
        shares = [(i, cases[i::WORKERS]) for i in range(WORKERS)]
        outcomes = [outcome for found in pool.map(prove, shares) for outcome in found]
    different = [o for o in outcomes if o.differences]
    reached = [o for o in outcomes if o.reached]
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    )
    lines = [
        "# The whole matrix of kills",
        "",
        "Written by `make prove-all`: every fault point x {first, middle, last batch} x {1, 2 runners} x",
        "{nothing, ledger, state, torn tip lost} on the sample project of `src/tailrace/proof/sample.py`. Each",
        "case is ended by SIGKILL and recovers in a new process; then rows with `_batch` and `_row`, accounts,",
        "plans and standings are compared with those of an undisturbed run.",
        "",
        "| | |",
        "|---|---|",
        f"| commit | {commit.stdout.strip()} |",
        f"| machine | {platform.machine()}, Python {platform.python_version()} |",
        f"| cases | {len(outcomes)} |",
        f"| reached | {len(reached)} (a point that a batch does not pass is not reached) |",
        f"| equal | {len(reached) - len(different)} |",
        f"| different | {len(different)} |",
        f"| time | {(time.monotonic() - started) / 60:.0f} min |",
        "",
    ]
    lines += [f"- {o.case}: {'; '.join(f'{d.subject}: {d.what}' for d in o.differences)}" for o in different]
    path = Path(__file__).parents[1] / "docs" / "proof.md"
    path.write_text("\n".join(lines).rstrip() + "\n")
    print(f"{len(different)} of {len(outcomes)} cases differ; {path}")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
