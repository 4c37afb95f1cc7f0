"""Every verb that answers, on a small project that ran once: rows in JSON, CSV with a header, exit codes."""

from __future__ import annotations

import csv
import io
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from tailrace.cli.main import run

from .folders import LINES, Said, command, make_shop, tailrace


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shop after its three lines were read; tests only look at it."""
    shop = make_shop(tmp_path_factory.mktemp("cli") / "shop")
    assert tailrace(shop, "produce", "orders", "-", given=LINES).code == 0
    assert tailrace(shop, "run", "--available-now").code == 0
    return shop


@pytest.fixture
def copied(ran: Path, tmp_path: Path) -> Path:
    """A copy of it to be changed."""
    return Path(shutil.copytree(ran, tmp_path / "shop"))


@pytest.fixture
def say(ran: Path, capsys: pytest.CaptureFixture[str]) -> Say:
    return Say(ran, capsys)


class Say:
    """Runs command lines in this process."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._folder = folder
        self._capsys = capsys

    def __call__(self, *words: str, folder: Path | None = None) -> Said:
        self._capsys.readouterr()
        code = run(["-C", str(folder or self._folder), *words])
        out, err = self._capsys.readouterr()
        return Said(code, out, err)


def test_accounts_balance_and_numbers_are_numbers(say: Say) -> None:
    rows = {row["dataset"]: row for row in say("accounts", "--output", "json").rows}
    silver = rows["silver.orders"]
    assert (silver["in"], silver["kept"], silver["error"]) == (3, 2, 1)
    assert (silver["emitted"], silver["violated"], silver["out"]) == (2, 1, 1)
    assert rows["gold.revenue"]["mode"] == "recomputed"


def test_accounts_of_one_batch_are_edge_by_edge(say: Say) -> None:
    rows = say("accounts", "silver.orders", "--batch", "1", "--output", "json").rows
    assert {row["edge"] for row in rows} >= {"bronze.orders"}
    assert {row["_batch"] for row in rows} == {1}


def test_status_says_where_datasets_stand(say: Say) -> None:
    said = say("status", "--output", "json")
    assert said.code == 0
    assert {row["dataset"]: (row["state"], row["rows"]) for row in said.rows} == {
        "bronze.orders": ("current", 3),
        "silver.orders": ("current", 1),
        "gold.revenue": ("current", 1),
    }


def test_decimals_dates_and_timestamps_are_strings(say: Say) -> None:
    assert say("query", "SELECT * FROM gold.revenue", "--output", "json").rows == [
        {"orders": 1, "amount": "9.50", "day": "2024-02-29"}
    ]
    sql = (
        "SELECT TIMESTAMP '2024-01-02 03:04:05' AS t, array(1, 2) AS a, CAST('NaN' AS DOUBLE) AS n, NULL AS z"
    )
    assert say("query", sql, "--output", "json").rows == [
        {"t": "2024-01-02 03:04:05Z", "a": [1, 2], "n": "NaN", "z": None}
    ]


def test_the_schema_system_is_asked_like_any_other(say: Say) -> None:
    rows = say("query", "SELECT dataset, kind FROM system.rejected ORDER BY kind", "--output", "json").rows
    assert rows == [
        {"dataset": "silver.orders", "kind": "error"},
        {"dataset": "silver.orders", "kind": "violated"},
    ]


def test_csv_has_a_header_and_quotes_what_must_be(say: Say) -> None:
    said = say("query", "SELECT 'a,\"b' AS text, 1 AS n", "--output", "csv")
    assert list(csv.reader(io.StringIO(said.out))) == [["text", "n"], ['a,"b', "1"]]


@pytest.mark.parametrize(
    ("sql", "code", "words"),
    [
        ("SELECT 1/0", 1, "[DIVIDE_BY_ZERO]"),
        ("SELECT nope FROM gold.revenue", 2, "nope"),
        ("SELECT no_such_function(1)", 2, "no_such_function"),
        ("SELECT * FROM nope", 2, "[TABLE_OR_VIEW_NOT_FOUND]"),
        ("SELEC 1", 2, "query:1:"),
        ("", 2, "Expected a query"),
        ("SELECT 1; SELECT 2", 2, "Expected a query"),
        ("CREATE TABLE x AS SELECT 1", 2, "Expected a query"),
    ],
)
def test_a_query_that_fails_exits_1_and_a_wrong_one_2(say: Say, sql: str, code: int, words: str) -> None:
    said = say("query", sql)
    assert (said.code, said.out) == (code, "")
    assert words in said.err


def test_rejected_rows_have_reason_and_place(say: Say) -> None:
    rows = {row["kind"]: row for row in say("rejected", "silver.orders", "--output", "json").rows}
    assert rows["violated"]["rule"] == "paid"
    assert rows["violated"]["place"] == "batch 1, row 1"
    assert rows["error"]["rule"] == "malformed"
    assert say("rejected", "bronze.orders", "--output", "json").rows == []


def test_consume_gives_each_line_as_it_came(say: Say) -> None:
    assert say("consume", "orders").out.encode() == LINES
    assert say("consume", "orders", "--from", "1", "--limit", "1").out == '{"id": 2, "amount": -1}\n'
    rows = say("consume", "orders", "--output", "json").rows
    assert [(row["offset"], row["value"]) for row in rows][2] == (2, "not json")


def test_produce_takes_keys_and_names_the_line_that_is_refused(tmp_path: Path) -> None:
    said = tailrace(
        tmp_path, "produce", "t", "-", "--key-field", "k", given=b'{"k": "a"}\nno json\n{"k": "b"}\n'
    )
    assert said.code == 1
    assert "line 2" in said.err.lower()
    rows = tailrace(tmp_path, "consume", "t", "--output", "json").rows
    assert [row["key"] for row in rows] == ["a", "b"]


def test_explain_and_lineage_name_inputs_and_rules(say: Say) -> None:
    parts = {(row["part"], row["name"]) for row in say("explain", "silver.orders", "--output", "json").rows}
    assert {("expectation", "paid"), ("column", "amount")} <= parts
    rows = say("lineage", "silver.orders", "--output", "json").rows
    assert {(row["column"], row["input"], row["input_column"]) for row in rows} == {
        ("id", "bronze.orders", "body"),
        ("amount", "bronze.orders", "body"),
    }


def test_fsck_and_doctor_find_nothing_wrong(say: Say) -> None:
    checked = say("fsck", "--output", "json")
    assert checked.code == 0
    assert {row["problem"] for row in checked.rows} == {None}
    examined = say("doctor", "--output", "json")
    assert examined.code == 0
    assert {row["problem"] for row in examined.rows} == {None}


def test_fsck_names_a_table_that_lost_a_file(copied: Path, say: Say) -> None:
    next((copied / "lake" / "silver" / "orders").glob("*.parquet")).unlink()
    said = say("fsck", "--output", "json", folder=copied)
    assert said.code == 1
    assert {row["subject"] for row in said.rows if row["problem"]} == {"silver.orders"}


def test_resume_is_for_datasets_that_are_parked(say: Say) -> None:
    assert "is not parked" in say("resume", "silver.orders").err
    assert say("resume", "silver.orders").code == 2


def test_topics_are_made_listed_described_and_reset(copied: Path, say: Say) -> None:
    assert say("topic", "create", "clicks", "--partitions", "2", folder=copied).code == 0
    rows = say("topic", "list", "--output", "json", folder=copied).rows
    assert [(row["topic"], row["partition"], row["records"]) for row in rows] == [
        ("clicks", 0, 0),
        ("clicks", 1, 0),
        ("orders", 0, 3),
    ]
    assert say("topic", "describe", "orders", "--output", "json", folder=copied).rows[0]["records"] == 3
    assert "--lost-ok" in say("topic", "reset", "orders", folder=copied).err
    assert say("topic", "reset", "orders", "--to", "latest", "--lost-ok", folder=copied).code == 0


@pytest.mark.parametrize(
    "words",
    [
        ["accounts", "nope"],
        ["rejected", "nope"],
        ["explain", "nope"],
        ["lineage", "nope"],
        ["resume", "nope"],
        ["consume", "nope"],
        ["topic", "describe", "nope"],
        ["topic", "reset", "nope", "--lost-ok"],
        ["produce", "orders", "/nowhere/lines"],
        ["produce", "a/b", "/dev/null"],
        ["run", "--engine", "spark"],
        ["run", "--for", "soon"],
        ["prove", "--point", "nope"],
        ["--profile", "nope", "status"],
        ["--output", "xml", "status"],
        ["nope"],
    ],
    ids=" ".join,
)
def test_wrong_use_exits_2_with_a_message(say: Say, words: list[str]) -> None:
    said = say(*words)
    assert (said.code, said.out) == (2, "")
    assert "rror: " in said.err


def test_a_topic_keeps_what_the_settings_say_also_if_it_was_there_before(tmp_path: Path) -> None:
    assert tailrace(tmp_path, "produce", "t", "-", given=b"x\n").code == 0
    (tmp_path / "tailrace.yaml").write_text("topics:\n  t: {partitions: 3, retention: {bytes: 1 MiB}}\n")
    (tmp_path / "a.sql").write_text(
        "CREATE STREAMING TABLE a AS SELECT offset FROM STREAM read_kafka(subscribe => 't')"
    )
    assert tailrace(tmp_path, "run", "--available-now").code == 0
    (topic,) = tailrace(tmp_path, "topic", "describe", "t", "--output", "json").rows
    assert (topic["partitions"], topic["records"], topic["retention_bytes"]) == (1, 1, 1 << 20)


def test_a_view_reads_a_file_that_was_written_just_now(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "v.sql").write_text(
        "CREATE MATERIALIZED VIEW v AS SELECT id FROM read_files('in', format => 'csv', header => true);"
    )
    (tmp_path / "in" / "a.csv").write_text("id\n1\n2\n")
    said = tailrace(tmp_path, "run", "--available-now", "--output", "json")
    assert (said.code, [row["out"] for row in said.rows]) == (0, [2])


def test_a_topic_has_as_many_partitions_as_were_asked_for_or_it_is_told(tmp_path: Path) -> None:
    (tmp_path / "tailrace.yaml").write_text("topics:\n  t: {partitions: 3}\n")
    for words in (["topic", "create", "t"], ["topic", "create", "t", "--partitions", "3"]):
        (made,) = tailrace(tmp_path, *words, "--output", "json").rows
        assert made["partitions"] == 3
    for words in (["topic", "create", "t"], ["produce", "t", "-"]):
        said = tailrace(tmp_path, *words, "--partitions", "5", given=b"x\n")
        assert said.code == 2
        assert "Topic 't' has 3 partitions, not 5." in said.err
    assert tailrace(tmp_path, "consume", "t").out == ""


def test_the_input_law_does_not_apply_to_a_view(say: Say) -> None:
    rows = {row["dataset"]: row for row in say("accounts", "--output", "json").rows}
    view, table = rows["gold.revenue"], rows["silver.orders"]
    assert (view["in"], view["kept"], view["error"], view["out"]) == (1, None, None, 1)
    assert (
        table["in"] == table["kept"] + table["filtered"] + table["late"] + table["duplicate"] + table["error"]
    )


def test_what_is_parked_says_how_it_goes_on(tmp_path: Path) -> None:
    shop = make_shop(tmp_path)
    silver = shop / "silver" / "orders.sql"
    silver.write_text(silver.read_text().replace("DROP ROW", "FAIL UPDATE"))
    tailrace(shop, "produce", "orders", "-", given=LINES)
    said = tailrace(shop, "run", "--available-now")
    assert said.code == 1
    assert "tailrace resume silver.orders" in said.err


def test_a_reset_that_would_read_records_again_is_asked_for(copied: Path, say: Say) -> None:
    said = say("topic", "reset", "orders", "--lost-ok", folder=copied)
    assert said.code == 2
    assert "3 records of orders that were read would be read again" in said.err
    assert say("topic", "reset", "orders", "--lost-ok", "--again-ok", folder=copied).code == 0


def test_status_says_that_a_component_waits_for_its_topic(copied: Path, say: Say) -> None:
    shutil.rmtree(copied / ".tailrace" / "log")
    for reason in ("Topic 'orders' is gone.", "is another one"):
        said = say("status", "--output", "json", folder=copied)
        assert said.code == 1
        halted = {row["dataset"]: row["reason"] for row in said.rows if row["state"] == "halted"}
        assert list(halted) == ["bronze.orders", "silver.orders"]
        assert all(reason in text for text in halted.values())
        say("topic", "create", "orders", folder=copied)


def test_a_run_says_at_once_what_is_parked_and_what_waits(tmp_path: Path) -> None:
    shop = make_shop(tmp_path)
    silver = shop / "silver" / "orders.sql"
    silver.write_text(silver.read_text().replace("DROP ROW", "FAIL UPDATE"))
    tailrace(shop, "produce", "orders", "-", given=LINES)
    process = subprocess.Popen(
        command(shop, "run"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    assert "batch 1 bronze.orders" in process.stderr.readline()
    assert "parked: silver.orders: expectation: a row violates paid" in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 1
    shutil.rmtree(shop / ".tailrace")
    process = subprocess.Popen(
        command(shop, "run"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    assert "trouble: bronze.orders waits: Topic 'orders' is another one" in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 1


def test_a_batch_that_is_not_there_yet_is_no_empty_account(say: Say) -> None:
    said = say("accounts", "--batch", "999")
    assert said.code == 2
    assert "There is no batch 999 yet." in said.err


def test_a_broken_file_that_comes_later_is_a_rejected_row_and_holds_nothing_up(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "t.sql").write_text(
        "CREATE STREAMING TABLE t AS SELECT * FROM STREAM read_files('in', format => 'csv', header => true);"
    )
    (tmp_path / "in" / "a.csv").write_text("id\n1\n")
    assert tailrace(tmp_path, "run", "--available-now").code == 0
    (tmp_path / "in" / "b.csv").write_bytes("id\n2\n".encode("utf-16"))
    (tmp_path / "in" / "c.csv.gz").write_bytes(b"no gzip")
    assert tailrace(tmp_path, "run", "--available-now").code == 0
    rejected = tailrace(tmp_path, "rejected", "--output", "json").rows
    assert sorted((row["rule"], row["place"]) for row in rejected) == [
        ("file", "in/b.csv"),
        ("file", "in/c.csv.gz"),
    ]
    assert tailrace(tmp_path, "query", "SELECT id FROM t", "--output", "json").rows == [{"id": 1}]
