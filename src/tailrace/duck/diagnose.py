"""Why rows failed: the failing column by one vectorised query, the text by running a few alone.

A row program tells only that a row failed. Here each fallible text of the program is tried on the
failing rows; the first that fails is the column. Rows that fail in the same column for the same
visible reason form a signature; up to `TEXTS_MAX` rows, at least one of each signature where that
fits, are run alone for the error's own words. The others get the condition of their signature.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import duckdb
from arro3.core import Table

from tailrace.duck.connection import connect, first_row, quote
from tailrace.duck.errors import condition_of, marked_text_of
from tailrace.sql.compiled import Branch, Let, RowProgram

TEXTS_MAX = 20
"""A thousand single-row runs take half a second."""

RULES = {
    "MALFORMED_RECORD_IN_PARSING": "malformed",
    "MALFORMED_CHARACTER_CODING": "encoding",
    "NOT_NULL_ASSERT_VIOLATION": "schema",
    "CAST_INVALID_INPUT": "cast",
    "CAST_OVERFLOW": "cast",
    "NUMERIC_VALUE_OUT_OF_RANGE": "cast",
    "CANNOT_PARSE_TIMESTAMP": "cast",
    "CAST_OVERFLOW_IN_TABLE_INSERT": "cast",
}
"""`rule` of `system.rejected` by Spark's condition; any other is `query`."""


_WORDS = re.compile(r"'(\[([A-Z][A-Z_.]+)\] [^']*)'")
"""An error that a text raises: `[CONDITION] words`."""


@dataclass(frozen=True)
class Suspect:
    """One text of a program that may fail: the filter, or a column."""

    column: str | None
    sql: str


def diagnose(
    connection: duckdb.DuckDBPyConnection, branch: Branch, source: str, failed: str, tag: str
) -> str:
    """Create `<tag>_why(__ord, column, rule, error)`, a row per failed row, and return its name."""
    why = f"{tag}_why"
    connection.execute(
        f"CREATE TEMP TABLE {tag}_bad AS SELECT * FROM {source} WHERE __ord IN (SELECT __ord FROM {failed})"
    )
    suspects = _suspects(branch.program)
    _signatures(connection, branch.program, suspects, source, tag)
    texts = _texts(connection, branch, suspects, tag)
    connection.execute(
        f'CREATE TEMP TABLE {why} (__ord BIGINT, "column" VARCHAR, rule VARCHAR, error VARCHAR)'
    )
    for (suspect, bad_text), (condition, _) in texts.signatures.items():
        column = suspects[suspect].column if suspect >= 0 else None
        connection.execute(
            f"INSERT INTO {why} SELECT __ord, ?, ?, ? FROM {tag}_sig WHERE suspect = ? AND bad_text = ?",
            [column, _rule(condition), f"[{condition}]" if condition else None, suspect, bad_text],
        )
    for place, (condition, text) in texts.rows.items():
        connection.execute(
            f"UPDATE {why} SET rule = ?, error = ? WHERE __ord = ?", [_rule(condition), text, place]
        )
    return why


def _signatures(
    connection: duckdb.DuckDBPyConnection,
    program: RowProgram,
    suspects: list[Suspect],
    source: str,
    tag: str,
) -> None:
    """`<tag>_sig(__ord, suspect, bad_text)`: which suspect each failed row is guilty of, -1 for none.

    Whether a let failed is known from the run; only where that explains nothing are lets computed again.
    """
    bad_text = _bad_text(connection, source)
    lets = [quote(let.name) for let in program.lets]
    arms = []
    for i, suspect in enumerate(suspects):
        used = [k for k, name in enumerate(lets) if name in suspect.sql]
        guilty = " OR ".join(f"__f{k}" for k in used)
        arms.append(f"WHEN {guilty or f'TRY(struct_pack(v := {suspect.sql})) IS NULL'} THEN {i}")
    first = f"CASE {' '.join(arms)} ELSE -1 END" if arms else "-1"
    flags = "".join(f", r.__f{k}" for k in range(len(lets)))
    connection.execute(
        f"CREATE TEMP TABLE {tag}_sig AS SELECT __ord, {first} AS suspect, {bad_text} AS bad_text "
        f"FROM (SELECT b.*{flags} FROM {tag}_bad b JOIN {tag}_run r ON b.__ord = r.__ord)"
    )
    unexplained = first_row(connection.execute(f"SELECT count(*) FROM {tag}_sig WHERE suspect = -1"))
    if not lets or unexplained is None or not unexplained[0]:
        return
    tests = ", ".join(
        f"CASE WHEN TRY(struct_pack(v := {suspect.sql})) IS NULL THEN {i} END"
        for i, suspect in enumerate(suspects)
    )
    computed = "".join(f", {let.tried} AS {quote(let.name)}" for let in program.lets)
    connection.execute(
        f"UPDATE {tag}_sig SET suspect = t.suspect FROM (SELECT __ord, coalesce({tests}, -1) AS suspect "
        f"FROM (SELECT *{computed} FROM {tag}_bad WHERE __ord IN "
        f"(SELECT __ord FROM {tag}_sig WHERE suspect = -1))) t WHERE t.__ord = {tag}_sig.__ord"
    )


@dataclass(frozen=True)
class _Texts:
    rows: dict[int, tuple[str | None, str]]
    signatures: dict[tuple[int, bool], tuple[str | None, str]]


def _suspects(program: RowProgram) -> list[Suspect]:
    where = [Suspect(None, program.where)] if program.where else []
    return where + [Suspect(c.name, c.sql) for c in program.columns if c.fallible]


def _bad_text(connection: duckdb.DuckDBPyConnection, source: str) -> str:
    """A condition: some BINARY value of the row is not UTF-8. It splits encoding from other errors."""
    described = connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
    blobs = [row[0] for row in described if row[1] == "BLOB"]
    tests = [f"({quote(b)} IS NOT NULL AND TRY(decode({quote(b)})) IS NULL)" for b in blobs]
    return " OR ".join(tests) if tests else "false"


def _texts(
    connection: duckdb.DuckDBPyConnection, branch: Branch, suspects: list[Suspect], tag: str
) -> _Texts:
    """Run a few failing rows alone: on a connection of their own, since an error ends a transaction."""
    picked = Table.from_arrow(
        connection.sql(
            f"SELECT b.*, s.suspect AS __suspect, s.bad_text AS __bad_text, "
            f"row_number() OVER (PARTITION BY s.suspect, s.bad_text ORDER BY b.__ord) AS __rank "
            f"FROM {tag}_bad b JOIN {tag}_sig s USING (__ord) "
            f"ORDER BY __rank, __ord LIMIT {TEXTS_MAX}"
        )
    )
    scratch = connect(threads=1)
    scratch.register("given", picked)
    scratch.execute("CREATE TABLE picked AS SELECT * FROM given")
    rows: dict[int, tuple[str | None, str]] = {}
    signatures: dict[tuple[int, bool], tuple[str | None, str]] = {}
    places = scratch.execute(
        "SELECT __ord, __suspect, __bad_text FROM picked ORDER BY __rank, __ord"
    ).fetchall()
    for place, suspect, bad_text in places:
        scratch.execute("CREATE OR REPLACE TABLE one AS SELECT * FROM picked WHERE __ord = ?", [place])
        found = _tell(scratch, branch, suspects[suspect] if suspect >= 0 else None, bool(bad_text))
        rows[int(place)] = found
        signatures.setdefault((int(suspect), bool(bad_text)), found)
    missing = connection.execute(f"SELECT DISTINCT suspect, bad_text FROM {tag}_sig").fetchall()
    for suspect, bad_text in missing:
        signatures.setdefault((int(suspect), bool(bad_text)), (None, ""))
    scratch.close()
    return _Texts(rows, signatures)


def _tell(
    scratch: duckdb.DuckDBPyConnection, branch: Branch, suspect: Suspect | None, bad_text: bool
) -> tuple[str | None, str]:
    """Condition and text of the one row in table `one`."""
    if suspect is None:
        attempts = [_exploded(branch)] if branch.explodes else []
        return _first_error(scratch, attempts) or (None, "an element of the exploded row failed")
    used = [let for let in branch.program.lets if quote(let.name) in suspect.sql]
    for let in used:
        told = _told_by(let, bad_text)
        if told is not None:
            return told
    attempts = [f"SELECT {let.sql} FROM one" for let in used]
    lets = "".join(f", {let.tried} AS {quote(let.name)}" for let in branch.program.lets)
    attempts.append(f"SELECT {suspect.sql} FROM (SELECT *{lets} FROM one)")
    return _first_error(scratch, attempts) or (None, "the row failed")


def _first_error(scratch: duckdb.DuckDBPyConnection, attempts: list[str]) -> tuple[str | None, str] | None:
    """Condition and text of the first query that fails, None if none does."""
    for attempt in attempts:
        try:
            scratch.execute(attempt).fetchall()
        except duckdb.Error as error:
            return condition_of(str(error)), marked_text_of(str(error))
    return None


def _exploded(branch: Branch) -> str:
    """The first explode's program over the elements of the row in `one`, without TRY: it raises."""
    first, explode = branch.program, branch.explodes[0].program
    lets = "".join(f", {x.tried} AS {quote(x.name)}" for x in first.lets)
    named = ", ".join(f"{column.sql} AS {quote(column.name)}" for column in first.columns)
    inner = "".join(f", {x.tried} AS {quote(x.name)}" for x in explode.lets)
    items = (
        f'SELECT *, unnest("__items") AS "__item", unnest(range(len("__items")))::INT AS "__pos" '
        f"FROM (SELECT {named} FROM (SELECT *{lets} FROM one))"
    )
    values = ", ".join(column.sql for column in explode.columns)
    where = f" WHERE {explode.where}" if explode.where else ""
    return f"SELECT {values} FROM (SELECT *{inner} FROM ({items})){where}"


def _told_by(let: Let, bad_text: bool) -> tuple[str, str] | None:
    """What a long let says that raises nothing itself: its own words, the last in its text.

    Planning such a text for each row alone would take longer than the batch.
    """
    if let.soft is None:
        return None
    if bad_text and "decode(" in let.sql:
        return "MALFORMED_CHARACTER_CODING", "[MALFORMED_CHARACTER_CODING] The bytes are not UTF-8."
    words = _WORDS.findall(let.sql)
    return (words[-1][1], words[-1][0]) if words else None


def _rule(condition: str | None) -> str:
    return RULES.get((condition or "").partition(".")[0], "query")
