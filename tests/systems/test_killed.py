"""Web logs fed by `produce` while `run` is killed at random: everything equals a plain computation.

`TAILRACE_KILLS` says how often (5 by default; 30 takes a few minutes).
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from .projects import answer, make

KILLS = int(os.environ.get("TAILRACE_KILLS", "5"))
SEED = 20_260_101
STATES = ("Ohio", "Texas", "Utah", "Maine")
TYPES = ("denims", "shirts", "shoes")
HOURS = tuple(f"2024-05-{day:02d} {hour:02d}" for day in (1, 2) for hour in (0, 9, 23))


@dataclass
class Expected:
    """What the records must give, computed without SQL."""

    lines: list[bytes] = field(default_factory=list)
    sent: list[bytes] = field(default_factory=list)
    refused: int = 0
    silver: Counter[tuple[Any, ...]] = field(default_factory=Counter)
    rejected: Counter[tuple[str, str, bytes]] = field(default_factory=Counter)
    visits: Counter[tuple[Any, ...]] = field(default_factory=Counter)
    carts: Counter[tuple[Any, ...]] = field(default_factory=Counter)


def add(expected: Expected, kind: str, number: int, rng: random.Random) -> None:
    """One record of a kind, and what it must become."""
    hour, state = rng.choice(HOURS), rng.choice(STATES)
    event = {
        "date_time": f"{hour}:{rng.randrange(60):02d}:07",
        "state": state,
        "ip_address": f"10.0.{number % 250}.{number // 250}",
        "category": "Mén",
        "sub_cat": rng.choice(("a", "b")),
        "type": rng.choice(TYPES),
        "pid": rng.randrange(1, 2001) if rng.random() < 0.53 else None,
    }
    line = json.dumps(event, ensure_ascii=False).encode()
    if kind == "malformed":
        line = line[: len(line) // 2]
    elif kind == "wrong type":
        line = json.dumps({**event, "pid": "many"}).encode()
    elif kind == "bad UTF-8":
        line = line.replace("é".encode(), b"\xff")
    elif kind == "future":
        line = json.dumps({**event, "date_time": "2124-05-01 00:00:00"}).encode()
    elif kind == "too large":
        line = json.dumps({**event, "ip_address": "x" * (2 << 20)}).encode()
    expected.lines.append(line)
    if kind == "too large":
        expected.refused += 1
        return
    expected.sent.append(line)
    if kind in ("malformed", "wrong type"):
        expected.rejected["error", "malformed", line] += 1
    elif kind == "bad UTF-8":
        expected.rejected["error", "encoding", line] += 1
    elif kind == "future":
        expected.rejected["violated", "not_future", line] += 1
    else:
        good(expected, event)


def good(expected: Expected, event: dict[str, Any]) -> None:
    """A record that is kept: its silver row, and one more visit or cart add."""
    columns = ("date_time", "state", "ip_address", "category", "sub_cat", "type", "pid")
    expected.silver[tuple(event[name] for name in columns)] += 1
    hour = event["date_time"][:13] + ":00:00"
    key = (hour, event["type"], event["state"], event["category"])
    if event["pid"] is None:
        expected.visits[key] += 1
    else:
        expected.carts[(*key, event["sub_cat"])] += 1


KINDS = ("good",) * 94 + ("malformed", "wrong type", "bad UTF-8", "future", "good", "good")


def records(count: int) -> Expected:
    rng = random.Random(SEED)
    expected = Expected()
    for number in range(count):
        kind = "too large" if number in (100, count - 50) else rng.choice(KINDS)
        add(expected, kind, number, rng)
    return expected


def start_run(project: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "tailrace", "-C", str(project), "run", "--trigger", "20ms"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def feed_and_kill(project: Path, expected: Expected, rng: random.Random) -> int:
    """Send the lines in portions, killing the engine at random moments; how many lines were refused."""
    refused = 0
    size = len(expected.lines) // KILLS + 1
    for portion in range(0, len(expected.lines), size):
        running = start_run(project)
        lines = b"".join(line + b"\n" for line in expected.lines[portion : portion + size])
        produced = subprocess.run(
            [sys.executable, "-m", "tailrace", "-C", str(project), "produce", "user_browsing_logs", "-"],
            input=lines,
            capture_output=True,
            timeout=120,
            check=False,
        )
        assert produced.returncode in (0, 1), produced.stderr
        refused += produced.stderr.count(b"not sent")
        # When exactly is the point of the test: any moment must do.
        time.sleep(rng.uniform(0.0, 2.0))
        running.kill()
        running.wait()
    return refused


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Expected, int]:
    project = make(tmp_path_factory.mktemp("weblogs") / "w", "weblogs")
    expected = records(4_000)
    refused = feed_and_kill(project, expected, random.Random(SEED))
    answer(project, "run", "--available-now")
    return project, expected, refused


def delta(project: Path, table: str) -> pl.DataFrame:
    return pl.read_delta(str(project / "lake" / table))


def test_records_that_are_too_large_are_named_and_the_rest_is_sent(
    outcome: tuple[Path, Expected, int],
) -> None:
    _, expected, refused = outcome
    assert refused == expected.refused == 2


def test_bronze_is_the_topic_byte_for_byte(outcome: tuple[Path, Expected, int]) -> None:
    project, expected, _ = outcome
    bronze = delta(project, "bronze/web_logs_raw").sort("offset")
    assert bronze["value"].to_list() == expected.sent
    assert bronze["offset"].to_list() == list(range(len(expected.sent)))


def test_silver_is_what_parses_and_is_not_from_the_future(outcome: tuple[Path, Expected, int]) -> None:
    project, expected, _ = outcome
    silver = delta(project, "silver/web_logs").with_columns(
        pl.col("date_time").dt.strftime("%Y-%m-%d %H:%M:%S")
    )
    columns = ("date_time", "state", "ip_address", "category", "sub_cat", "type", "pid")
    assert Counter(silver.select(columns).rows()) == expected.silver


def test_what_is_rejected_has_its_kind_rule_and_bytes(outcome: tuple[Path, Expected, int]) -> None:
    project, expected, _ = outcome
    rejected = delta(project, "_tailrace/rejected")
    assert Counter(rejected.select("kind", "rule", "raw").rows()) == expected.rejected
    assert rejected.filter(pl.col("offset").is_null()).height == 0


def by_day(hourly: Counter[tuple[Any, ...]]) -> Counter[tuple[Any, ...]]:
    daily: Counter[tuple[Any, ...]] = Counter()
    for (hour, *rest), count in hourly.items():
        daily[hour[:10] + " 00:00:00", *rest] += count
    return daily


def test_views_count_every_kept_row_once(outcome: tuple[Path, Expected, int]) -> None:
    project, expected, _ = outcome

    def counted(table: str, time: str, *columns: str) -> Counter[tuple[Any, ...]]:
        frame = delta(project, f"gold/{table}").with_columns(
            pl.col(time).cast(pl.Datetime).dt.strftime("%Y-%m-%d %H:%M:%S")
        )
        return Counter({row[:-1]: row[-1] for row in frame.select(time, *columns).rows()})

    key = ("type", "state", "category")
    assert counted("visits_hourly", "hour", *key, "visits") == expected.visits
    assert counted("cart_adds_hourly", "hour", *key, "sub_cat", "cart_adds") == expected.carts
    assert counted("visits_daily", "day", *key, "visits") == by_day(expected.visits)
    assert counted("cart_adds_daily", "day", *key, "sub_cat", "cart_adds") == by_day(expected.carts)


def test_accounts_add_up_to_the_records(outcome: tuple[Path, Expected, int]) -> None:
    project, expected, _ = outcome
    rows = {row["dataset"]: row for row in answer(project, "accounts")}
    bronze, silver = rows["bronze.web_logs_raw"], rows["silver.web_logs"]
    errors = sum(n for (kind, _, _), n in expected.rejected.items() if kind == "error")
    violated = sum(n for (kind, _, _), n in expected.rejected.items() if kind == "violated")
    assert (bronze["in"], bronze["out"]) == (len(expected.sent), len(expected.sent))
    assert (silver["in"], silver["error"]) == (len(expected.sent), errors)
    assert (silver["violated"], silver["out"]) == (violated, expected.silver.total())
    assert all(row["result"] == "ok" for row in answer(project, "fsck"))
