"""Ctrl-C ends a run at once and harms nothing, also while a query runs."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from .projects import answer

SLOW = """
CREATE MATERIALIZED VIEW slow AS
SELECT count(*) AS n FROM range(100000000) a CROSS JOIN range(100) b WHERE (a.id + b.id) % 7 = 1;
"""
QUICK = "CREATE MATERIALIZED VIEW first AS SELECT 1 AS one;\n"


def test_an_interrupt_in_a_long_query_is_no_failure_of_the_view(tmp_path: Path) -> None:
    (tmp_path / "a_first.sql").write_text(QUICK)
    (tmp_path / "b_slow.sql").write_text(SLOW)
    running = subprocess.Popen(
        [sys.executable, "-m", "tailrace", "-C", str(tmp_path), "run"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stderr is not None
    line = running.stderr.readline()
    assert line.startswith("batch 1 default.first"), line
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=60)
    assert running.returncode == 0, said
    (tmp_path / "b_slow.sql").unlink()
    states = {row["dataset"]: row["state"] for row in answer(tmp_path, "status")}
    assert states == {"default.first": "current"}
