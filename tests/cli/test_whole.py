"""Verbs that run something whole: init, demo, up, prove."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from pathlib import Path

from .folders import LINES, command, make_shop, tailrace


def test_init_makes_a_project_that_is_valid(tmp_path: Path) -> None:
    said = tailrace(tmp_path, "init", str(tmp_path / "new"), "--output", "json")
    assert said.code == 0
    assert {row["file"] for row in said.rows} >= {"tailrace.yaml", ".gitignore"}
    assert tailrace(tmp_path / "new", "validate").code == 0
    again = tailrace(tmp_path, "init", str(tmp_path / "new"))
    assert again.code == 2
    assert "hint: " in again.err


def stopped_when_rows_arrived(folder: Path, *words: str) -> tuple[int, str]:
    """Run until a line of the picture counts rows of silver.web_logs, then Ctrl-C: exit code and answer."""
    process = subprocess.Popen(
        command(folder, *words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    said = []
    for line in process.stderr:
        said.append(line)
        if re.search(r"silver\.web_logs [1-9]", line):
            break
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert "Traceback" not in "".join(said) + err
    return process.returncode, out


def test_up_feeds_and_carries_the_template(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    assert tailrace(tmp_path, "init", str(folder), "--template", "weblogs").code == 0
    words = ("--profile", "load", "up", "--for", "60s", "--trigger", "200ms", "--output", "json")
    code, out = stopped_when_rows_arrived(folder, *words)
    assert code == 0
    rows = {row["dataset"]: row for row in json.loads(out)}
    bronze, silver = rows["bronze.web_logs_raw"], rows["silver.web_logs"]
    assert bronze["out"] > 0
    assert silver["in"] == bronze["out"]
    assert silver["in"] == silver["kept"] + silver["error"] + silver["filtered"]


def test_up_ends_when_its_time_is_over(tmp_path: Path) -> None:
    said = tailrace(make_shop(tmp_path), "up", "--for", "1s", "--output", "json")
    assert said.code == 0
    assert {row["in"] for row in said.rows} <= {0}, "nothing was produced"


def test_demo_shows_what_it_made(tmp_path: Path) -> None:
    code, out = stopped_when_rows_arrived(tmp_path, "demo", "weblogs", "--for", "60s")
    assert code == 0
    assert "visits" in out
    assert (tmp_path / "demo" / "weblogs" / "lake" / "silver" / "web_logs" / "_delta_log").is_dir()
    rows = tailrace(tmp_path / "demo" / "weblogs", "accounts", "--output", "json").rows
    accounts = {row["dataset"]: row for row in rows}
    assert accounts["gold.visits_daily"]["in"] == accounts["silver.web_logs"]["out"], "views are up to date"


def test_prove_kills_at_one_point_and_finds_no_difference(tmp_path: Path) -> None:
    shop = make_shop(tmp_path)
    tailrace(shop, "produce", "orders", "-", given=LINES)
    before = sorted(os.listdir(shop))
    said = tailrace(shop, "prove", "--point", "decided", "--output", "json")
    assert said.code == 0
    assert [row["result"] for row in said.rows] == ["equal"] * 3
    assert sorted(os.listdir(shop)) == before, "the project's own lake is not touched"
