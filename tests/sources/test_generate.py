"""The generator: same seed, same rows; dirt counted; a kill neither doubles nor loses a row."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tailrace.log.embedded import EmbeddedLog
from tailrace.model.errors import Place, ProjectError, ProjectErrors
from tailrace.sources.contract import Appender, drive
from tailrace.sources.generate import Generator, load_function, open_generate
from tailrace.sources.options import GenerateOptions, read_options
from tailrace.testing.clock import ManualClock

WEBLOGS: dict[str, Any] = {
    "date_time": {"kind": "timestamp", "format": "%Y-%m-%d %H:%M:%S"},
    "event": {"kind": "choice", "values": ["cart", "visit"], "weights": [0.53, 0.47], "hidden": True},
    "ip_address": {"kind": "faker", "provider": "ipv4"},
    "pid": {"kind": "case", "of": "event", "cases": {"cart": {"kind": "int", "min": 1, "max": 2000}}},
    "type": {
        "kind": "case",
        "of": "event",
        "cases": {"cart": {"kind": "template", "text": "/products/cart.jsp?pid={pid}"}},
        "otherwise": {"kind": "constant", "value": "/men-clothing/list/denims/"},
    },
}
DIRT = {"missing": 0.05, "outlier": 0.04, "duplicate": 0.03, "late": 0.02, "malformed": 0.01}
MIXED: dict[str, Any] = {
    "n": {"kind": "sequence"},
    "id": {"kind": "uuid"},
    "x": {"kind": "normal", "mean": 1, "stddev": 0.1, "digits": 3},
    "t": {"kind": "timestamp", "format": "epoch_ms"},
    "where": {"kind": "object", "fields": {"a": {"kind": "int", "min": 1, "max": 3, "null": 0.5}}},
}


def options(**given: Any) -> GenerateOptions:
    return read_options({"seed": 7, "start": "2024-01-01", "rate": 1000, **given})


def values(log: EmbeddedLog, partition: int = 0) -> list[bytes]:
    found: list[bytes] = log.read("t", partition, 0, 10**9, 10**9).column("value").to_pylist()
    return found


def made(folder: Path, given: GenerateOptions, partitions: int = 1) -> EmbeddedLog:
    clock = ManualClock()
    log = EmbeddedLog(folder, clock)
    log.create("t", partitions)
    drive([open_generate(given, Appender(log, "t", "generate"), clock, folder)], clock, lambda: False)
    return log


def test_the_same_seed_gives_the_same_rows_however_they_are_cut() -> None:
    given = options(fields=MIXED, dirt=DIRT, count=2500)
    whole = Generator(given).rows(0, range(0, 2_500_000, 1000)).values
    pieces = []
    generator = Generator(given)
    for first in range(0, 2500, 167):
        times = range(first * 1000, min(first + 167, 2500) * 1000, 1000)
        pieces += generator.rows(first, times).values
    assert pieces == whole
    assert Generator(options(fields=MIXED, seed=8)).rows(0, [0]).values[0] != whole[0]


def test_weblogs_have_a_pid_exactly_in_cart_events() -> None:
    rows = [json.loads(v) for v in Generator(options(fields=WEBLOGS)).rows(0, [0] * 2000).values]
    assert list(rows[0]) == ["date_time", "ip_address", "pid", "type"]
    assert rows[0]["date_time"] == "1970-01-01 00:00:00"
    for row in rows:
        cart = row["pid"] is not None
        assert row["type"] == (
            f"/products/cart.jsp?pid={row['pid']}" if cart else "/men-clothing/list/denims/"
        )
    assert sum(row["pid"] is not None for row in rows) / 2000 == pytest.approx(0.53, abs=0.03)
    assert len({row["ip_address"] for row in rows}) > 1900


def test_dirt_is_counted_as_it_is_found_in_the_rows() -> None:
    fields = {name: MIXED[name] for name in ("n", "x", "t")}
    generator = Generator(options(fields=fields, dirt=DIRT))
    rows = generator.rows(0, [10**10] * 3456)
    counts: Counter[str] = Counter()
    previous = b""
    for number, value in zip(rows.numbers, rows.values, strict=True):
        if value == previous:
            counts["duplicate"] += 1
        previous = value
        try:
            row = json.loads(value)
        except ValueError:
            counts["malformed"] += 1
            continue
        counts["missing"] += None in row.values()
        counts["outlier"] += (row["x"] or 0) > 100
        counts["late"] += row["t"] is not None and row["t"] < 10**7
        assert row["n"] in (number, None)
    told = generator.made(3456)
    assert told.dirt == counts
    assert told.records == len(rows.values)
    assert all(told.dirt.values())


def test_a_count_is_made_once_and_a_second_run_adds_nothing(tmp_path: Path) -> None:
    given = options(fields=MIXED, count=1500, rate=None, dirt={"duplicate": 0.1})
    log = made(tmp_path, given)
    before = values(log)
    assert len(before) == Generator(given).made(1500).records > 1500
    assert values(made(tmp_path, given)) == before


def test_keys_stay_together_over_partitions(tmp_path: Path) -> None:
    fields = {"k": {"kind": "choice", "values": list("abcdefgh")}, "n": {"kind": "sequence"}}
    log = made(tmp_path, options(fields=fields, count=400, rate=None, key="k"), partitions=3)
    homes: dict[str, set[int]] = {}
    numbers = []
    for partition in range(3):
        for value in values(log, partition):
            row = json.loads(value)
            homes.setdefault(row["k"], set()).add(partition)
            numbers.append(row["n"])
    assert sorted(numbers) == list(range(400))
    assert all(len(found) == 1 for found in homes.values())


def test_a_partition_without_rows_is_as_far_as_the_others(tmp_path: Path) -> None:
    log = made(tmp_path, options(fields=MIXED, count=1, rate=None), partitions=3)
    assert log.end_offsets("t") == {0: 1, 1: 0, 2: 0}
    assert {Appender(log, "t", "generate").last(partition) for partition in range(3)} == {0}


@pytest.mark.parametrize(("rate", "seconds", "rows"), [(0.1, 35, 4), (10, 3, 31), (5_000, 2, 10_001)])
def test_a_rate_is_kept(tmp_path: Path, rate: float, seconds: float, rows: int) -> None:
    clock = ManualClock()
    log = EmbeddedLog(tmp_path, clock)
    log.create("t")
    source = open_generate(options(fields=MIXED, rate=rate), Appender(log, "t", "generate"), clock, tmp_path)
    end = clock.monotonic() + seconds
    drive([source], clock, lambda: clock.monotonic() > end)
    assert log.end_offsets("t")[0] == pytest.approx(rows, rel=0.1, abs=1)


CHILD = """
import sys
from pathlib import Path
from tailrace.log.embedded import EmbeddedLog
from tailrace.model.clock import SystemClock
from tailrace.sources import generate
from tailrace.sources.contract import Appender
from tests.sources.test_generate import MIXED, options
generate.ROWS_AT_ONCE = 90
clock, folder = SystemClock(), Path(sys.argv[1])
given = options(fields=MIXED, count=9000, rate=None, dirt={"duplicate": 0.1})
source = generate.open_generate(given, Appender(EmbeddedLog(folder, clock), "t", "g"), clock, folder)
while source.step() is not None:
    print("step", flush=True)
"""


def test_killed_generators_neither_lose_nor_double_a_row(tmp_path: Path) -> None:
    log = EmbeddedLog(tmp_path, ManualClock())
    log.create("t", 2)
    root = Path(__file__).parents[2]
    for steps in (3, 10, 100_000):
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=root
        )
        assert child.stdout is not None
        for _, _line in zip(range(steps), child.stdout, strict=False):
            pass
        child.kill()
        child.communicate()
    generator = Generator(options(fields=MIXED, dirt={"duplicate": 0.1}))
    found = Counter(json.loads(value)["n"] for partition in (0, 1) for value in values(log, partition))
    assert sorted(found) == list(range(9000))
    assert sum(found.values()) == generator.made(9000).records


def test_a_function_of_the_project_makes_the_same_rows_again(tmp_path: Path) -> None:
    (tmp_path / "generators.py").write_text(
        "def rows(random, number):\n    return {'n': number, 'x': random.randrange(1000)}\n"
    )
    given = options(function="generators.py:rows", count=5, rate=None)
    found = values(made(tmp_path, given))
    function = load_function("generators.py:rows", tmp_path)
    assert found == Generator(given, function).rows(0, [0] * 5).values
    assert [json.loads(value)["n"] for value in found] == [0, 1, 2, 3, 4]
    with pytest.raises(ProjectError, match="no function 'other'"):
        load_function("generators.py:other", tmp_path)
    with pytest.raises(ProjectError, match="no file"):
        load_function("../x.py:rows", tmp_path)


def test_a_csv_line_has_the_shown_fields_in_their_order() -> None:
    fields = {"a": {"kind": "constant", "value": "x,y"}, "b": {"kind": "sequence", "start": 5}}
    assert Generator(options(fields=fields, format="csv")).rows(3, [0]).values == [b'"x,y",8']


N = {"n": {"kind": "sequence"}}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"fields": {"n": {"kind": "sequense"}}, "rate": 1}, "fields.n: the field has no kind"),
        ({"fields": {"n": {"kind": "int", "max": 1, "maxx": 2}}, "rate": 1}, "fields.n.maxx: there is no"),
        ({"fields": N, "ratee": 1}, "did you mean rate?"),
        ({"fields": N}, "give a rate, a count, or both"),
        ({"rate": 1}, "give either fields or function"),
        ({"fields": N, "rate": 1, "key": "k"}, "there is no field 'k'"),
        ({"fields": {"a": {"kind": "template", "text": "{b}"}, **N}, "rate": 1}, "uses 'b', which is not"),
        ({"fields": N, "rate": 1, "dirt": {"late": 0.1}}, "late needs a field of kind timestamp"),
        ({"fields": N, "rate": 1, "dirt": {"late": 0.9, "missing": 0.2}}, "dirt: the probabilities add up"),
    ],
)
def test_wrong_options_are_named(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ProjectErrors) as found:
        read_options(given)
    assert message in str(found.value)


def test_an_option_is_named_with_its_place() -> None:
    with pytest.raises(ProjectErrors) as found:
        read_options(
            {"fields": {"n": {"kind": "int", "max": "x"}}, "rate": 1},
            lambda path: Place("tailrace.yaml", len(path)),
        )
    assert str(found.value).startswith("tailrace.yaml:3:1: fields.n.max:")
