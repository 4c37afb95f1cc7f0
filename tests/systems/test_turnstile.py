"""Turnstiles, register part: files once, rule R, a star schema; on the real files where they are."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from .projects import answer, make
from .rule_r import Expected, compute

REAL = os.environ.get("TAILRACE_MTA_DIR")
CUT = Path(__file__).parents[2] / "src" / "tailrace" / "templates" / "turnstile" / "data"

FACTS = "SELECT count(*) AS facts, sum(entries) AS entries, sum(exits) AS exits FROM gold.fact_turnstile"
REFUSED = "SELECT measure, reason, count(*) AS n FROM silver.turnstile_refused GROUP BY measure, reason"
WHOLE_FACT = (
    "SELECT c_a, unit, scp, time, entries, exits, station, linename, division, date, source "
    "FROM gold.fact_turnstile ORDER BY c_a, unit, scp, time"
)


def check(project: Path, expected: Expected, env: dict[str, str] | None = None) -> None:
    """Everything that the plain computation knows."""
    assert answer(project, "query", FACTS, env=env) == [
        {"facts": expected.facts, "entries": expected.entries, "exits": expected.exits}
    ]
    refused = {(r["measure"], r["reason"]): r["n"] for r in answer(project, "query", REFUSED, env=env)}
    assert Counter(refused) == expected.refused
    report = (
        "SELECT count(*) AS days, sum(entries) AS entries, sum(exits) AS exits, sum(intervals) AS intervals "
        "FROM gold.report_station_day"
    )
    assert answer(project, "query", report, env=env) == [
        {
            "days": len(expected.station_days),
            "entries": expected.entries,
            "exits": expected.exits,
            "intervals": expected.facts,
        }
    ]
    lines = "SELECT count(*) AS n FROM bronze.turnstile_files"
    assert answer(project, "query", lines, env=env) == [{"n": expected.lines}]
    intervals = "SELECT count(*) AS n FROM silver.turnstile_intervals"
    assert answer(project, "query", intervals, env=env) == [{"n": expected.intervals}]


@pytest.fixture(scope="module")
def expected() -> Expected:
    return compute(sorted(CUT.glob("*.csv.gz")))


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template with its own data, run once."""
    project = make(tmp_path_factory.mktemp("turnstile") / "t", "turnstile")
    answer(project, "run", "--available-now")
    return project


def test_the_cut_gives_what_a_plain_computation_gives(ran: Path, expected: Expected) -> None:
    check(ran, expected)


def test_a_second_run_adds_nothing_and_takes_no_batch(ran: Path) -> None:
    before = answer(ran, "query", "SELECT max(_batch) AS n FROM system.batches")
    answer(ran, "run", "--available-now")
    assert answer(ran, "query", "SELECT max(_batch) AS n FROM system.batches") == before


def test_files_in_any_order_one_by_one_and_under_a_second_name_give_the_same_fact(
    ran: Path, tmp_path: Path
) -> None:
    project = make(tmp_path / "t", "turnstile")
    data = project / "data"
    held = tmp_path / "held"
    shutil.move(data, held)
    data.mkdir()
    for file in sorted(held.glob("*.csv.gz"), reverse=True):
        shutil.copy(file, data / file.name)
        os.utime(data / file.name, (1_700_000_000, 1_700_000_000))
        answer(project, "run", "--available-now")
    again = sorted(held.glob("*.csv.gz"))[0]
    shutil.copy(again, data / f"again-{again.name}")
    os.utime(data / f"again-{again.name}", (1_700_000_000, 1_700_000_000))
    answer(project, "run", "--available-now")
    assert answer(project, "query", WHOLE_FACT) == answer(ran, "query", WHOLE_FACT)


def test_keys_are_unique_and_every_fact_has_its_station_booth_and_date(ran: Path) -> None:
    def one(sql: str) -> Any:
        return answer(ran, "query", sql)[0]["n"]

    assert one("SELECT count(*) - count(DISTINCT station_key) AS n FROM gold.dim_station") == 0
    assert one("SELECT count(*) - count(DISTINCT c_a, unit) AS n FROM gold.dim_booth") == 0
    assert one("SELECT count(*) - count(DISTINCT date) AS n FROM gold.dim_date") == 0
    for missing in (
        "gold.dim_station d ON f.unit = d.unit AND f.linename = d.linename",
        "gold.dim_booth d ON f.c_a = d.c_a AND f.unit = d.unit",
        "gold.dim_date d ON f.date = d.date",
    ):
        assert one(f"SELECT count(*) AS n FROM gold.fact_turnstile f LEFT ANTI JOIN {missing}") == 0
    weekdays = "SELECT count(*) AS n FROM gold.dim_date WHERE weekday < 1 OR weekday > 7 OR weekday IS NULL"
    assert one(weekdays) == 0
    assert answer(ran, "query", "SELECT weekday FROM gold.dim_date WHERE date = DATE '2024-01-01'") == [
        {"weekday": 1}
    ]


def test_accounts_balance_and_fsck_finds_nothing(ran: Path) -> None:
    for row in answer(ran, "accounts"):
        if row["mode"] == "":
            assert row["in"] == row["kept"] + row["filtered"] + row["error"]
            assert row["out"] == row["emitted"] - row["violated"]
    assert all(row["result"] == "ok" for row in answer(ran, "fsck"))


@pytest.mark.skipif(not REAL, reason="TAILRACE_MTA_DIR is not set: the real weekly files are not here")
def test_the_real_files_give_what_a_plain_computation_gives(tmp_path: Path) -> None:
    assert REAL is not None
    project = make(tmp_path / "t", "turnstile")
    env = {"TAILRACE_MTA_DIR": REAL}
    answer(project, "run", "--available-now", env=env)
    check(project, compute(sorted(Path(REAL).glob("*.csv.gz"))), env)
