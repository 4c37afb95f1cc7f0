"""Broken projects, broken folders, closed pipes, stops: a message with place and remedy, never a traceback."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tailrace.cli.main import run, unexpected
from tailrace.model.errors import Bug

from .folders import LINES, command, make_shop, tailrace

TABLE = "CREATE STREAMING TABLE t AS SELECT value FROM STREAM read_kafka(subscribe => 'n');\n"


@pytest.mark.parametrize(
    ("settings", "place"),
    [
        ("paths: [\n", "tailrace.yaml:2:1"),
        ("paths:\n  lakee: x\n", "tailrace.yaml:2:3"),
        ("topics:\n  a: 5\n", "tailrace.yaml:2:6"),
        ("parameters:\n  a: ${NOT_SET_ANYWHERE}\n", "tailrace.yaml:2:"),
        ("parameters: {}\nparameters: {}\n", "tailrace.yaml:2:1"),
    ],
)
def test_wrong_settings_are_told_with_their_place(
    tmp_path: Path, settings: str, place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "tailrace.yaml").write_text(settings)
    for verb in ("validate", "status", "run", "up", "prove"):
        assert run(["-C", str(tmp_path), verb]) == 2
        out, err = capsys.readouterr()
        assert place in out + err
        assert "hint: " in out + err or "stands twice" in out + err


@pytest.mark.parametrize("verb", ["run", "up", "status", "fsck", "doctor", "query"])
def test_a_file_in_place_of_the_lake_is_a_message(tmp_path: Path, verb: str) -> None:
    (tmp_path / "a.sql").write_text(TABLE)
    (tmp_path / "lake").write_text("")
    said = tailrace(tmp_path, verb, *(["SELECT * FROM t"] if verb == "query" else []))
    assert said.code == 1
    assert str(tmp_path / "lake") in said.out + said.err


def test_a_folder_that_cannot_be_made_is_a_message(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said = tailrace(tmp_path, "init", str(tmp_path / "file" / "shop"))
    assert said.code == 1
    assert "file" in said.err
    assert "hint: " in said.err


def test_a_damaged_ledger_is_named_with_its_remedy(tmp_path: Path) -> None:
    shop = make_shop(tmp_path)
    tailrace(shop, "produce", "orders", "-", given=LINES)
    assert tailrace(shop, "run", "--available-now").code == 0
    ledger = shop / ".tailrace" / "ledger.sqlite"
    ledger.write_bytes(b"no database")
    said = tailrace(shop, "run", "--available-now")
    assert said.code == 1
    assert "ledger.sqlite" in said.err
    for path in (shop / ".tailrace").glob("ledger.sqlite*"):
        path.unlink()
    assert tailrace(shop, "run", "--available-now").code == 0, "the remedy works"


def test_our_mistakes_are_told_with_their_place_in_the_code() -> None:
    try:
        {}["nothing"]  # type: ignore[index]
    except KeyError as error:
        told = unexpected(error)
    assert isinstance(told, Bug)
    assert "KeyError" in told.message
    assert "test_failing.py:" in told.message


def test_a_reader_that_goes_away_is_no_failure(tmp_path: Path) -> None:
    lines = b"".join(b"%d\n" % number for number in range(50_000))
    tailrace(tmp_path, "produce", "numbers", "-", given=lines)
    process = subprocess.Popen(
        command(tmp_path, "consume", "numbers"), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.readline() == b"0\n"
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(30) == 0


def test_colours_are_left_out_where_they_are_not_wanted(tmp_path: Path) -> None:
    said = tailrace(tmp_path, "query", "SELECT nope", NO_COLOR="1")
    assert said.err.startswith("error: ")
    assert "\x1b" not in said.err


def test_run_that_is_stopped_tells_its_accounts(tmp_path: Path) -> None:
    shop = make_shop(tmp_path)
    tailrace(shop, "produce", "orders", "-", given=LINES)
    process = subprocess.Popen(
        command(shop, "run"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    assert "batch 1" in process.stderr.readline()
    assert "batch 2" in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0, out + err
    assert "silver.orders" in out
    assert "Traceback" not in err


def test_two_engines_on_one_project_the_second_is_told_whose_it_is(tmp_path: Path) -> None:
    shop = make_shop(tmp_path)
    tailrace(shop, "produce", "orders", "-", given=LINES)
    first = subprocess.Popen(command(shop, "run"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert first.stderr is not None
    assert "batch 1" in first.stderr.readline()
    for words in (["run", "--available-now"], ["up", "--for", "2s"]):
        said = tailrace(shop, *words)
        assert said.code == 1
        assert f"pid {first.pid}" in said.err
        assert "hint: " in said.err
    first.send_signal(signal.SIGTERM)
    first.communicate(timeout=30)
    assert first.returncode == 0


def test_validate_tells_what_is_wrong_with_sources_beside_what_is_wrong_in_sql(tmp_path: Path) -> None:
    (tmp_path / "a.sql").write_text(
        "CREATE STREAMING TABLE t AS SELECT x FROM STREAM read_kafka(subscribe => 'n');\n"
    )
    (tmp_path / "tailrace.yaml").write_text(
        "topics:\n  n:\n    source:\n      kind: generate\n      rat: 10\n      fields:\n        x: {kind: nope}\n"
    )
    rows = tailrace(tmp_path, "validate", "--output", "json").rows
    assert [(row["file"], row["line"]) for row in rows] == [
        ("a.sql", 1),
        ("tailrace.yaml", 7),
        ("tailrace.yaml", 5),
    ]
    assert "a.sql:1:" in (said := tailrace(tmp_path, "validate")).out + said.err
    assert said.code == 2


def test_ctrl_c_is_no_mistake_of_ours(tmp_path: Path) -> None:
    shop = make_shop(tmp_path)
    assert tailrace(shop, "produce", "orders", "-", given=LINES).code == 0
    proving = subprocess.Popen(
        command(shop, "prove"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert proving.stderr is not None
    assert "cases follow" in proving.stderr.readline()
    os.killpg(proving.pid, signal.SIGINT)
    out, err = proving.communicate(timeout=60)
    assert (proving.returncode, out, err.strip()) == (130, "", "")


def test_a_statement_that_is_not_utf_8_is_told(tmp_path: Path) -> None:
    said = tailrace(tmp_path, "query", "-", given=b"SELECT '\xff'")
    assert (said.code, said.err) == (2, "error: The statement is not UTF-8: byte 8 is 0xff.\n")
    assert tailrace(tmp_path, "query", "-", given="\ufeffSELECT 'ü' AS u".encode(), LC_ALL="C").code == 0


def test_an_output_that_cannot_hold_the_answer_is_told(tmp_path: Path) -> None:
    said = tailrace(tmp_path, "query", "SELECT '✓' AS a", PYTHONIOENCODING="latin-1")
    assert said.code == 1
    assert "PYTHONIOENCODING" in said.err


def test_a_lake_in_a_folder_that_delta_takes_for_another_is_refused(tmp_path: Path) -> None:
    folder = make_shop(tmp_path / "a%20b")
    for verb in ("validate", "run", "doctor"):
        said = tailrace(folder, verb)
        assert said.code == 2
        assert "Delta takes %20 in a path for another sign" in said.err
    (folder / "tailrace.yaml").write_text("paths: {lake: ../lake}\n")
    assert tailrace(folder, "run", "--available-now").code == 0


def test_ctrl_c_ends_a_query_that_the_executor_does_not_let_go(tmp_path: Path) -> None:
    endless = "SELECT count(*) FROM range(100000000000)"
    asking = subprocess.Popen(
        command(tmp_path, "query", endless), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    with pytest.raises(subprocess.TimeoutExpired):
        asking.communicate(timeout=2)
    asking.send_signal(signal.SIGINT)
    assert b"".join(asking.communicate(timeout=30)).strip() == b""
    assert asking.returncode == 130
