"""Rule R in plain Python: registers to increments, independent of SQL and of any engine."""

from __future__ import annotations

import csv
import gzip
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

LIMIT = 10_000


@dataclass
class Expected:
    """What the files must give."""

    lines: int = 0
    intervals: int = 0
    facts: int = 0
    entries: int = 0
    exits: int = 0
    refused: Counter[tuple[str, str]] = field(default_factory=Counter)
    station_days: set[tuple[str, ...]] = field(default_factory=set)


def compute(files: Iterable[Path]) -> Expected:
    """Read the files and apply the rule, row by row."""
    found = Expected()
    devices: dict[tuple[str, str, str], dict[datetime, tuple[bool, int, int, str, str]]] = defaultdict(dict)
    for path in files:
        with gzip.open(path, "rt", newline="") as stream:
            rows = csv.reader(stream)
            names = [name.strip() for name in next(rows)]
            at = {name: i for i, name in enumerate(names)}
            booth = at.get("CA", at.get("C/A", -1))
            for row in rows:
                found.lines += 1
                time = datetime.strptime(f"{row[at['DATE']]} {row[at['TIME']]}", "%m/%d/%Y %H:%M:%S")
                device = (row[booth], row[at["UNIT"]], row[at["SCP"]])
                reading = (
                    row[at["DESC"]] == "REGULAR",
                    int(row[at["ENTRIES"]]),
                    int(row[at["EXITS"]]),
                    row[at["STATION"]],
                    row[at["LINENAME"]],
                )
                before = devices[device].get(time)
                if before is None or reading[:3] > before[:3]:
                    devices[device][time] = reading
    for (_, unit, _), readings in devices.items():
        _device(found, unit, readings)
    return found


def _device(found: Expected, unit: str, readings: dict[datetime, tuple[bool, int, int, str, str]]) -> None:
    previous = None
    for time in sorted(readings):
        _, entries, exits, station, lines = readings[time]
        if previous is not None:
            found.intervals += 1
            kept = [
                _judge(found, name, value)
                for name, value in (("entries", entries - previous[0]), ("exits", exits - previous[1]))
            ]
            if kept != [None, None]:
                found.facts += 1
                found.entries += kept[0] or 0
                found.exits += kept[1] or 0
                found.station_days.add((str(time.date()), unit, lines, station))
        previous = (entries, exits)


def _judge(found: Expected, measure: str, value: int) -> int | None:
    if 0 <= value <= LIMIT:
        return value
    reason = "reset" if value < -LIMIT else "count-down" if value < 0 else "jump"
    found.refused[measure, reason] += 1
    return None
