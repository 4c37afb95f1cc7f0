"""Counts that nobody knows are told as unknown, never as 0; what cannot be read leaves nothing behind."""

from pathlib import Path

from .folders import tailrace


def test_rows_of_files_with_records_over_several_lines_are_unknown(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.csv").write_text('id,text\n1,"two\nlines"\n2,one\n')
    (tmp_path / "a.sql").write_text(
        "CREATE STREAMING TABLE t AS SELECT id, text FROM STREAM "
        "read_files('./in', format => 'csv', header => true, multiLine => true);"
    )
    said = tailrace(tmp_path, "run", "--available-now", "--output", "json")
    assert (said.code, said.rows[0]["in"], said.rows[0]["out"]) == (0, None, 2)
    assert "batch 1 default.t ? > 2" in said.err
    (total,) = tailrace(tmp_path, "accounts", "--output", "json").rows
    assert (total["in"], total["kept"]) == (None, 2)


def test_a_file_that_cannot_be_read_makes_no_topic(tmp_path: Path) -> None:
    assert tailrace(tmp_path, "produce", "orders", str(tmp_path / "nowhere")).code == 2
    assert tailrace(tmp_path, "topic", "list", "--output", "json").rows == []
