"""`tailrace query` and `tailrace.load(DIR).sql(...)` over a folder: parameters, files, what a query begins with."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

import tailrace
from tailrace.model.errors import ProjectError, Refused, UsageError
from tailrace.runtime.session import Session

from .folders import tailrace as say


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tailrace.yaml").write_text("parameters:\n  lim: 2\n")
    return tmp_path


@pytest.fixture
def session(folder: Path) -> Session:
    return tailrace.load(folder)


def put(folder: Path, name: str, content: bytes) -> None:
    """A file that was written long ago."""
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (1_700_000_000, 1_700_000_000))


def test_a_parameter_of_the_project_is_filled_in(folder: Path, session: Session) -> None:
    assert session.sql("SELECT ${lim} AS n, '${other}' AS text").fetchall() == [(2, "${other}")]
    said = say(folder, "query", "SELECT 1,\n  ${other}")
    assert said.code == 2
    assert "query:2:3: The parameter 'other' has no value." in said.err
    assert "parameters:" in said.err


@pytest.mark.parametrize(
    ("sql", "at", "hint"),
    [("SELEC", "query:1:1", "Did you mean SELECT?"), ("\nshow 1", "query:2:1", "begins with SELECT")],
)
def test_a_word_that_begins_no_query_is_named(session: Session, sql: str, at: str, hint: str) -> None:
    with pytest.raises(ProjectError, match="Expected a query") as raised:
        session.sql(sql)
    assert str(raised.value).startswith(at)
    assert hint in str(raised.value)


@pytest.mark.parametrize("table", ["STREAM(x)", "STREAM x", "x"])
@pytest.mark.parametrize(
    "options", ["('skipChangeCommits' = 'true')", "(skipChangeCommits 'true')", "(skipChangeCommits)"]
)
def test_options_of_a_table_are_refused_by_name(session: Session, table: str, options: str) -> None:
    with pytest.raises(Refused, match="skipChangeCommits"):
        session.sql(f"SELECT * FROM {table} WITH {options} AS t WHERE true")


def test_a_path_that_names_no_file_is_told_as_written_and_as_looked_for(
    folder: Path, session: Session
) -> None:
    with pytest.raises(ProjectError) as raised:
        session.sql("SELECT * FROM read_files('./nowhere/*.csv', format => 'csv')")
    assert "'./nowhere/*.csv'" in str(raised.value)
    assert repr(str(folder.resolve() / "nowhere/*.csv")) in str(raised.value)


def test_a_path_without_files_has_no_rows_but_metadata(session: Session) -> None:
    found = session.sql("SELECT value, _metadata.file_name FROM read_files('nowhere', format => 'text')")
    assert found.fetchall() == []


def test_a_file_that_was_written_just_now_is_read(folder: Path, session: Session) -> None:
    put(folder, "d/a.txt", b"x\n")
    os.utime(folder / "d/a.txt")
    assert session.sql("SELECT * FROM read_files('d', format => 'text')").fetchall() == [("x",)]


def test_durations_in_polars_and_intervals_that_it_does_not_have(session: Session) -> None:
    frame = session.sql("SELECT INTERVAL '1' DAY AS d, 7 AS n, INTERVAL '-0.000001' SECOND AS s").pl()
    assert frame.schema == {"d": pl.Duration("us"), "n": pl.Int32, "s": pl.Duration("us")}
    assert frame.rows() == [(timedelta(days=1), 7, timedelta(microseconds=-1))]
    for sql in ("INTERVAL '1' MONTH", "array(INTERVAL '1' DAY)", "map('k', struct(INTERVAL '1' DAY))"):
        with pytest.raises(UsageError, match="'odd'"):
            session.sql(f"SELECT {sql} AS odd").pl()


@pytest.mark.parametrize(
    ("sql", "hint"),
    [
        ("SELECT 1 AS a FORM t", "Did you mean FROM?"),
        ("SELECT a FROM t WEHRE a > 1", "Did you mean WHERE?"),
        ("SELECT a FROM t ODER BY a", "Did you mean ORDER?"),
        ("SELECT CASE WHEN a THN 1 END FROM t", "Did you mean THEN?"),
        ("SELECT t.a t.b FROM t", "comma missing before 't'?"),
        ("SELECT concat('a' b) FROM t", "comma missing before 'b'?"),
        ("SELECT a FROM t CREATE VIEW v AS SELECT 1", "with ;."),
    ],
)
def test_a_syntax_error_guesses_what_was_meant(session: Session, sql: str, hint: str) -> None:
    with pytest.raises(ProjectError, match="PARSE_SYNTAX_ERROR") as raised:
        session.sql(sql)
    assert hint in (raised.value.hint or "")


def test_a_table_that_is_not_there_hints_at_those_that_are(session: Session) -> None:
    for name, hint in (
        ("accounts", "Did you mean system.accounts?"),
        ("systm.batches", "Did you mean system.batches?"),
        ("nothing.like_it", "Tables here: "),
    ):
        with pytest.raises(ProjectError, match="TABLE_OR_VIEW_NOT_FOUND") as raised:
            session.sql(f"SELECT * FROM {name}")
        assert (raised.value.hint or "").startswith(hint)
        assert raised.value.place is not None
        assert raised.value.place.column == 15


def test_a_column_of_a_schema_that_has_no_type_is_named(session: Session) -> None:
    with pytest.raises(ProjectError, match="'id BIGNIT', which is no name with a type"):
        session.sql("SELECT from_json('{}', 'id BIGNIT, m MAP<STRING, INT>, d DECIMAL(10, 2)')")
