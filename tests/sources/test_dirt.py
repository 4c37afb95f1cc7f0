"""Dirt is counted only where it is done, and is what its name says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tailrace.log.embedded import EmbeddedLog
from tailrace.model.errors import ProjectError, ProjectErrors
from tailrace.sources.contract import Appender
from tailrace.sources.generate import Generator, load_function, open_generate
from tailrace.sources.options import read_options
from tailrace.testing.clock import ManualClock

ROWS = 5_000
PID = {"kind": "int", "min": 1, "max": 2000, "null": 0.47}


def generator(fields: dict[str, Any], **given: Any) -> Generator:
    return Generator(read_options({"seed": 7, "rate": 1000, "fields": fields, **given}))


def made(of: Generator) -> list[bytes]:
    return of.rows(0, [10**10] * ROWS).values


def test_an_outlier_is_outside_of_the_range_and_never_made_of_a_null() -> None:
    hidden = {"kind": "int", "max": 9, "hidden": True}
    dirty = generator({"h": hidden, "pid": PID}, dirt={"outlier": 0.1})
    clean = [json.loads(value)["pid"] for value in made(generator({"h": hidden, "pid": PID}))]
    found = [json.loads(value)["pid"] for value in made(dirty)]
    changed = [new for old, new in zip(clean, found, strict=True) if old != new]
    assert all(pid > 2000 for pid in changed)
    assert dirty.made(ROWS).dirt["outlier"] == len(changed) == 283
    assert found.count(None) == clean.count(None)


def test_only_what_was_there_goes_missing() -> None:
    dirty = generator({"pid": PID}, dirt={"missing": 0.1})
    clean = made(generator({"pid": PID}))
    changed = sum(old != new for old, new in zip(clean, made(dirty), strict=True))
    assert dirty.made(ROWS).dirt["missing"] == changed == 283


def test_a_row_without_a_time_cannot_be_late() -> None:
    fields = {"n": {"kind": "sequence"}, "t": {"kind": "timestamp", "format": "epoch_s", "null": 0.5}}
    dirty = generator(fields, dirt={"late": 0.1})
    times = [json.loads(value)["t"] for value in made(dirty)]
    assert dirty.made(ROWS).dirt["late"] == sum(t == 10_000 - 3_600 for t in times) > 0


def test_a_row_keeps_its_key_when_the_field_goes_missing() -> None:
    fields = {"k": {"kind": "constant", "value": "a"}}
    rows = generator(fields, key="k", dirt={"missing": 0.5}).rows(0, [0] * 100)
    assert set(rows.keys) == {b"a"}
    assert b'{"k": null}' in rows.values


def test_counts_at_once_from_a_start_go_on_step_by_step(tmp_path: Path) -> None:
    given = {"count": 3, "start": "2024-01-01", "step": "15m", "fields": {"t": {"kind": "timestamp"}}}
    log = EmbeddedLog(tmp_path, ManualClock())
    log.create("t")
    open_generate(read_options(given), Appender(log, "t", "g"), ManualClock(), tmp_path).step()
    values = log.read("t", 0, 0, 10, 10**6).column("value").to_pylist()
    assert [json.loads(value)["t"][11:16] for value in values] == ["00:00", "00:15", "00:30"]


def test_a_template_of_a_null_is_null() -> None:
    fields = {"a": {"kind": "constant", "value": None}, "b": {"kind": "template", "text": "x{a}"}}
    assert generator(fields).rows(0, [0]).values == [b'{"a": null, "b": null}']


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"fields": {"a": {"kind": "int", "max": 3, "hidden": True}}}, "at least one must not be hidden"),
        ({"fields": {"a": {"kind": "faker", "provider": "nope"}}}, "Faker cannot make 'nope'"),
        ({"fields": {"a": {"kind": "faker", "provider": "ipv44"}}}, "did you mean ipv4?"),
        ({"fields": {"a": {"kind": "faker", "provider": "name", "locale": "xx_YY"}}}, "Faker cannot make"),
        (
            {"fields": {"a": {"kind": "faker", "provider": "name", "arguments": {"z": 1}}}},
            "Faker cannot make",
        ),
        ({"fields": {"a": PID}, "start": "yesterday"}, "'yesterday' is no time"),
        ({"fields": {"a": PID}, "step": 1}, "step needs a start"),
        ({"fields": {"a": {"kind": "float", "min": 2}}}, "min 2 is above max 1"),
    ],
)
def test_what_could_fail_later_fails_when_it_is_read(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ProjectErrors) as found:
        read_options({"rate": 1, **given})
    assert message in str(found.value)


def test_functions_may_use_dataclasses_and_their_errors_name_the_row(tmp_path: Path) -> None:
    (tmp_path / "clicks_of_test.py").write_text(
        "from __future__ import annotations\nfrom dataclasses import asdict, dataclass\n\n\n"
        "@dataclass\nclass Click:\n    n: int\n\n\n"
        "def rows(random, number):\n    return asdict(Click(6 // (3 - number)))\n"
    )
    reference = "clicks_of_test.py:rows"
    function = load_function(reference, tmp_path)
    of = Generator(read_options({"rate": 1, "function": reference}), function)
    assert of.rows(0, [0, 0]).values == [b'{"n": 2}', b'{"n": 3}']
    with pytest.raises(ProjectError, match="clicks_of_test.py:rows failed for row 3: ZeroDivisionError"):
        of.rows(3, [0])
