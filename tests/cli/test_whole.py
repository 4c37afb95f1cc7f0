"""Verbs that run something whole: init, demo, up, prove."""

from __future__ import annotations

import os
from pathlib import Path

from .folders import LINES, make_shop, tailrace


def test_init_makes_a_project_that_is_valid(tmp_path: Path) -> None:
    said = tailrace(tmp_path, "init", str(tmp_path / "new"), "--output", "json")
    assert said.code == 0
    assert {row["file"] for row in said.rows} >= {"tailrace.yaml", ".gitignore"}
    assert tailrace(tmp_path / "new", "validate").code == 0
    again = tailrace(tmp_path, "init", str(tmp_path / "new"))
    assert again.code == 2
    assert "hint: " in again.err


def test_up_feeds_and_carries_the_template(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    assert tailrace(tmp_path, "init", str(folder), "--template", "weblogs").code == 0
    said = tailrace(
        folder, "--profile", "load", "up", "--for", "3s", "--trigger", "200ms", "--output", "json"
    )
    assert said.code == 0
    rows = {row["dataset"]: row for row in said.rows}
    bronze, silver = rows["bronze.web_logs_raw"], rows["silver.web_logs"]
    assert bronze["out"] > 0
    assert silver["in"] == bronze["out"]
    assert silver["in"] == silver["kept"] + silver["error"] + silver["filtered"]


def test_demo_shows_what_it_made(tmp_path: Path) -> None:
    said = tailrace(tmp_path, "demo", "weblogs", "--for", "2s")
    assert said.code == 0
    assert "visits" in said.out
    assert (tmp_path / "demo" / "weblogs" / "lake" / "silver" / "web_logs" / "_delta_log").is_dir()


def test_prove_kills_at_one_point_and_finds_no_difference(tmp_path: Path) -> None:
    shop = make_shop(tmp_path)
    tailrace(shop, "produce", "orders", "-", given=LINES)
    before = sorted(os.listdir(shop))
    said = tailrace(shop, "prove", "--point", "decided", "--output", "json")
    assert said.code == 0
    assert [row["result"] for row in said.rows] == ["equal"] * 3
    assert sorted(os.listdir(shop)) == before, "the project's own lake is not touched"
