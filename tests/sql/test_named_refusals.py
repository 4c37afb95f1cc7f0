"""Functions that are known: answered where they can be, refused with a reason and a way out elsewhere."""

from __future__ import annotations

import pytest

from tailrace.model.errors import ProjectError, Refused
from tailrace.sql.functions.refused import REFUSED
from tailrace.sql.functions.registry import TABLE
from tests.sql.test_batch import batch
from tests.sql.test_stream import only, stream

FILES = "read_files('/in', format => 'json')"
WITH_SLASHES = "concat('file://', substr(_metadata.file_path, 6))"


@pytest.mark.parametrize("name", sorted(set(REFUSED) - {"window", "grouping", "grouping_id", "stack"}))
def test_every_named_refusal_says_what_to_do(name: str) -> None:
    assert TABLE.find(name) is None
    for compile_ in (
        lambda: batch(f"SELECT {name}() FROM silver.events"),
        lambda: stream(f"SELECT {name}() FROM STREAM(events)"),
    ):
        with pytest.raises(Refused, match=rf"{name}\(\)") as caught:
            compile_()
        assert caught.value.hint


def test_a_window_of_time_over_a_stream_is_sent_to_a_view() -> None:
    with pytest.raises(Refused, match="keeps state"):
        stream("SELECT window.start FROM STREAM(events) GROUP BY window(a, '1 hour')")
    with pytest.raises(Refused, match="over whole tables") as caught:
        stream("SELECT window(a, '1 hour') FROM STREAM(events)")
    assert caught.value.hint == "Put it into a materialized view over the table."


@pytest.mark.parametrize(
    ("query", "same"),
    [
        (f"SELECT input_file_name() AS f FROM STREAM {FILES}", True),
        (f"SELECT input_file_name() AS f FROM STREAM {FILES} AS r", True),
        (f"SELECT input_file_name() AS f FROM STREAM {FILES} LATERAL VIEW explode(array(1, 2)) AS e", False),
        ("SELECT input_file_name() AS f FROM STREAM read_kafka(subscribe => 'clicks')", False),
    ],
)
def test_input_file_name_of_a_stream(query: str, same: bool) -> None:
    branch = only(stream(query))
    if same:
        path = only(stream(query.replace("input_file_name()", WITH_SLASHES)))
        assert branch.program.columns[0].sql == path.program.columns[0].sql
    else:
        assert branch.program.columns or branch.explodes


def test_input_file_name_of_a_query_over_files() -> None:
    named = batch(f"SELECT input_file_name() AS f FROM {FILES} WHERE input_file_name() LIKE '%x'")
    path = batch(f"SELECT {WITH_SLASHES} AS f FROM {FILES} WHERE {WITH_SLASHES} LIKE '%x'")
    assert named.sql == path.sql
    grouped = batch(f"SELECT input_file_name(), count(*) FROM {FILES} GROUP BY input_file_name()")
    assert grouped.schema.names == ("input_file_name()", "count(1)")
    assert "''" in batch("SELECT input_file_name() AS f").sql


@pytest.mark.parametrize(
    "query",
    [
        "SELECT input_file_name() FROM silver.events",
        f"SELECT input_file_name() FROM {FILES} a JOIN {FILES} b ON a.x = b.x",
        f"SELECT input_file_name() FROM (SELECT x FROM {FILES})",
        f"SELECT count(*), input_file_name() FROM {FILES}",
    ],
)
def test_input_file_name_elsewhere_is_refused(query: str) -> None:
    with pytest.raises(Refused, match="names files and nothing else") as caught:
        batch(query)
    assert "_metadata.file_path" in (caught.value.hint or "")


@pytest.mark.parametrize(
    "call", ["soundex(1)", "soundex(true)", "str_to_map(1)", "str_to_map('a:1', ',', 2)"]
)
def test_what_is_no_text_is_not_cast_to_one_here(call: str) -> None:
    with pytest.raises(ProjectError, match="UNEXPECTED_INPUT_TYPE"):
        batch(f"SELECT {call}")


@pytest.mark.parametrize(
    "written",
    [
        "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT n FROM r",
        "SELECT id FROM silver.events SORT BY id LIMIT 1",
        "SELECT id FROM silver.events CLUSTER BY id LIMIT 1",
        "SELECT id FROM silver.events DISTRIBUTE BY id LIMIT 1",
        "SELECT id FROM silver.events TABLESAMPLE (10 PERCENT)",
        "FROM silver.events |> WHERE id > 1",
        "SELECT kind:a FROM silver.events",
        "SELECT CAST(kind AS VARIANT) FROM silver.events",
        "SELECT kind COLLATE UTF8_LCASE FROM silver.events",
        "SELECT IDENTIFIER('id') FROM silver.events",
        "SELECT id FROM silver.events UNION BY NAME SELECT id FROM silver.events",
        "SELECT session_window(id, '5 minutes') FROM silver.events",
    ],
)
def test_what_the_page_of_queries_refuses_is_refused_by_name(written: str) -> None:
    with pytest.raises(Refused):
        batch(written)
