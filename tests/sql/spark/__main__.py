# ruff: noqa: T201
"""`python -m tests.sql.spark [FIXTURE ...] [--only SQL]`: print what differs and what is refused."""

from __future__ import annotations

import sys

from tests.sql.spark.replay import FIXTURES, SHOWN_MAX, replay, tally

words = sys.argv[1:]
only = words.pop(words.index("--only") + 1) if "--only" in words else None
names = [w for w in words if not w.startswith("--")]
quiet = "--quiet" in words
for path in sorted(FIXTURES.glob("*.jsonl")):
    if names and path.stem not in names:
        continue
    outcomes = list(replay(path, only))
    for outcome in outcomes if not quiet else []:
        if outcome.verdict in ("different", "lenient") or (
            outcome.verdict == "refused" and "--refused" in words
        ):
            print(f"{outcome.verdict:10} {outcome.on} {outcome.sql}")
            for detail in outcome.details[:SHOWN_MAX]:
                print("     ", detail[:300])
    print(path.stem, dict(tally(outcomes)))
