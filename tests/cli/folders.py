"""A small project for the verbs, and how the command line answers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BRONZE = """CREATE STREAMING TABLE orders AS
SELECT CAST(value AS STRING) AS body, timestamp FROM STREAM read_kafka(subscribe => 'orders');
"""
SILVER = """CREATE STREAMING TABLE orders (CONSTRAINT paid EXPECT (amount > 0) ON VIOLATION DROP ROW) AS
SELECT o.id, o.amount FROM (
  SELECT from_json(body, 'id INT, amount DECIMAL(8,2)', map('mode', 'FAILFAST')) AS o FROM STREAM(bronze.orders));
"""
GOLD = """CREATE MATERIALIZED VIEW revenue AS
SELECT count(*) AS orders, sum(amount) AS amount, DATE '2024-02-29' AS day FROM silver.orders;
"""
LINES = b'{"id": 1, "amount": 9.5}\n{"id": 2, "amount": -1}\nnot json\n'


@dataclass(frozen=True)
class Said:
    """What one command line answered."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The JSON answer: one array of objects."""
        found = json.loads(self.out)
        assert isinstance(found, list)
        assert all(isinstance(row, dict) for row in found)
        return found


def command(folder: Path, *words: str) -> list[str]:
    """The words of a process that runs `tailrace` in a folder."""
    return [sys.executable, "-m", "tailrace", "-C", str(folder), *words]


def tailrace(folder: Path, *words: str, given: bytes = b"", **environment: str) -> Said:
    """Run a command line in a process of its own; no traceback may ever be in what it says."""
    done = subprocess.run(
        command(folder, *words),
        input=given,
        capture_output=True,
        env={**os.environ, **environment},
        check=False,
        timeout=60,
    )
    said = Said(done.returncode, done.stdout.decode(), done.stderr.decode())
    assert "Traceback" not in said.out + said.err
    return said


def make_shop(folder: Path) -> Path:
    """The project of the README, with a decimal and a date in its view."""
    for name, text in (("bronze/orders", BRONZE), ("silver/orders", SILVER), ("gold/revenue", GOLD)):
        path = folder / f"{name}.sql"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder
