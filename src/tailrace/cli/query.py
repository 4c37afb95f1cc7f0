"""`tailrace query`: any table of the project in SQL."""

from __future__ import annotations

import os
import sys

import click

from tailrace.cli.project import tell_errors
from tailrace.cli.verb import Invocation, pass_invocation, verb
from tailrace.model.errors import UsageError


@verb(
    "query",
    'tailrace query "SELECT state, count(*) FROM silver.web_logs GROUP BY state"',
    'tailrace query "SELECT * FROM system.accounts" --output json',
    "tailrace query - < report.sql",
)
@click.argument("sql", metavar="SQL")
@click.option("--limit", type=click.IntRange(min=0), help="Show at most this many rows.")
@pass_invocation
def command(call: Invocation, sql: str, limit: int | None) -> int:
    """Ask any table in the project's dialect: datasets, and system.datasets, system.columns,
    system.topics, system.batches, system.accounts, system.rejected, system.files, system.effects,
    system.runs.

    All tables are read as they were after one finished batch. SQL `-` reads the statement from stdin.
    """
    from tailrace.runtime.project import open_usable
    from tailrace.runtime.session import Session

    text = _statement(sql)
    opened = open_usable(call.directory, call.profile)
    tell_errors(opened.errors)
    result = Session(opened).sql(text)
    names = [name for name, _ in result.columns]
    rows = result.fetchall() if limit is None else result.head(limit)
    call.answer([dict(zip(names, row, strict=True)) for row in rows], names)
    return 0


def _statement(sql: str) -> str:
    """The statement of the command line or of stdin, whatever the locale says of its bytes."""
    if sql == "-" and sys.stdin is None:
        raise UsageError("There is no standard input to read the statement from.")
    given = sys.stdin.buffer.read() if sql == "-" else os.fsencode(sql)
    try:
        return given.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(
            f"The statement is not UTF-8: byte {error.start} is {given[error.start]:#04x}."
        ) from None
