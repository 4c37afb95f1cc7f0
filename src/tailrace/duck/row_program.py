"""Row programs: filter and projection of one row, where a row that fails is rejected alone.

`run_branch` takes a source relation (its columns and `__ord`, the row's place) and leaves temporary
relations behind:

- `<tag>_kept`: the emitted rows: the output columns, `__ord`, `__sub` (place within an exploded row)
- `<tag>_failed`: `__ord` of the rows that failed

Every count comes from a query of its own over what was computed, none by subtracting others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import duckdb

from tailrace.duck.connection import count, first_row, quote
from tailrace.sql.compiled import Branch, Explode, Let, RowProgram


@dataclass(frozen=True)
class BranchResult:
    """What became of the rows of one branch; the names are those of the temporary relations."""

    kept_relation: str
    failed_relation: str
    error: int
    filtered: int
    kept: int
    emitted: int
    fan_zero: int | None = None
    fan_filtered: int | None = None
    exploded: int | None = None
    """Elements of the lists of kept rows (`outer`: at least one a row), counted from the lists."""
    coerced: int = 0
    """Values that became NULL for their type, in rows that did not fail."""


Plain = Literal["unknown", "all", "some"]
"""How many rows of a source satisfy the conditions of the program's quick ways."""


def program_sql(
    program: RowProgram, source: str, carried: tuple[str, ...], plain_rows: Plain = "unknown"
) -> str:
    """A SELECT of `carried`, `__err`, `__ok`, the output columns by position (`c0`, `c1`, ...), and of
    each let whether it failed (`__f0`, ...); where lets count, `__coerced`, how many values became NULL.

    Rows that fail have `__err` true, filtered ones neither flag.
    """
    keep = ", ".join(quote(name) for name in carried)
    plain = is_infallible(program)
    if plain:
        columns = "".join(f", {column.sql} AS c{i}" for i, column in enumerate(program.columns))
        where = f" WHERE {program.where}" if program.where else ""
        return f"SELECT {keep}, false AS __err, true AS __ok{columns} FROM {source}{where}"
    values = "".join(f", c{i} := {column.sql}" for i, column in enumerate(program.columns))
    row = f"struct_pack(k := true{values})"
    if program.where:
        nulls = "".join(f", c{i} := NULL" for i in range(len(program.columns)))
        row = f"CASE WHEN {program.where} THEN {row} ELSE struct_pack(k := false{nulls}) END"
    lets = "".join(f", {_let_sql(let, plain_rows)} AS {quote(let.name)}" for let in program.lets)
    relation = source if plain_rows == "unknown" else f"({with_texts(program, source)})"
    inner = f"SELECT *{lets} FROM {relation}" if lets else f"SELECT * FROM {source}"
    columns = "".join(f", __r.c{i} AS c{i}" for i in range(len(program.columns)))
    failed = "".join(f", __f{i}" for i in range(len(program.lets)))
    counting = [f"coalesce({quote(let.name)}.n, 0)" for let in program.lets if let.counts]
    coerced = f", {' + '.join(counting)} AS __coerced" if counting else ""
    failed += ", __coerced" if counting else ""
    flags = "".join(f", {quote(let.name)} IS NULL AS __f{i}" for i, let in enumerate(program.lets))
    return (
        f"SELECT {keep}, __r IS NULL AS __err, coalesce(__r.k, false) AS __ok{columns}{failed} "
        f"FROM (SELECT {keep}, TRY({row}) AS __r{flags}{coerced} FROM ({inner}))"
    )


def _let_sql(let: Let, plain_rows: Plain) -> str:
    """`struct_pack(v := value)`, NULL where the let fails."""
    if let.quick is None or plain_rows == "unknown":
        return let.tried
    quick = f"struct_pack(v := {let.quick.value}{', n := 0::INTEGER' if let.counts else ''})"
    return quick if plain_rows == "all" else f"CASE WHEN {let.quick.when} THEN {quick} ELSE {let.tried} END"


def with_texts(program: RowProgram, source: str) -> str:
    """The source with the text that each quick way looks at."""
    quicks = [let.quick for let in program.lets if let.quick is not None]
    texts = "".join(f", {quick.source} AS {quote(quick.name)}" for quick in quicks)
    return f"SELECT *{texts} FROM {source}"


def plain_rows(connection: duckdb.DuckDBPyConnection, program: RowProgram, source: str) -> Plain:
    """Look at the rows: where all are plain, the long exact texts are not even planned."""
    quicks = [let.quick for let in program.lets if let.quick is not None]
    if not quicks:
        return "unknown"
    rows = with_texts(program, source)
    for conditions in ([quick.sooner for quick in quicks], [quick.when for quick in quicks]):
        row = first_row(connection.execute(f"SELECT bool_and({' AND '.join(conditions)}) FROM ({rows})"))
        if row is not None and row[0]:
            return "all"
    return "some"


def is_infallible(program: RowProgram) -> bool:
    """Whether no row can fail in it: then it runs without TRY."""
    return not program.lets and program.where is None and not any(c.fallible for c in program.columns)


def run_branch(connection: duckdb.DuckDBPyConnection, branch: Branch, source: str, tag: str) -> BranchResult:
    """Run a branch over `source`; see the module's text for what it leaves behind."""
    kept, failed = f"{tag}_kept", f"{tag}_failed"
    if not branch.explodes:
        return _run_flat(connection, branch.program, source, tag, kept, failed)
    return _run_exploding(connection, branch, source, tag)


def _run_flat(
    connection: duckdb.DuckDBPyConnection, program: RowProgram, source: str, tag: str, kept: str, failed: str
) -> BranchResult:
    body = program_sql(program, source, ("__ord",), plain_rows(connection, program, source))
    kind = "VIEW" if is_infallible(program) else "TABLE"
    connection.execute(f"CREATE TEMP {kind} {tag}_run AS {body}")
    names = _named(program)
    connection.execute(
        f"CREATE TEMP VIEW {kept} AS SELECT {names}, __ord, 0 AS __sub FROM {tag}_run WHERE __ok"
    )
    connection.execute(f"CREATE TEMP VIEW {failed} AS SELECT __ord FROM {tag}_run WHERE __err")
    error, filtered, kept_rows = _fates(connection, f"{tag}_run")
    emitted = count(connection, f"SELECT count(*) FROM {kept}")
    coerced = _coerced(connection, program, f"{tag}_run", "NOT __err")
    return BranchResult(kept, failed, error, filtered, kept_rows, emitted, coerced=coerced)


def _run_exploding(
    connection: duckdb.DuckDBPyConnection, branch: Branch, source: str, tag: str
) -> BranchResult:
    """First program, then per explode: one row per element, then its program over the elements."""
    rows = plain_rows(connection, branch.program, source)
    first = program_sql(branch.program, source, ("__ord",), rows)
    connection.execute(f"CREATE TEMP TABLE {tag}_run AS {first}")
    error, filtered, _ = _fates(connection, f"{tag}_run")
    current = f"{tag}_s0"
    connection.execute(
        f"CREATE TEMP TABLE {current} AS SELECT {_named(branch.program)}, __ord, 0::HUGEINT AS __sub "
        f"FROM {tag}_run WHERE __ok"
    )
    connection.execute(f"CREATE TEMP TABLE {tag}_failed AS SELECT __ord FROM {tag}_run WHERE __err")
    previous = branch.program
    for level, explode in enumerate(branch.explodes, start=1):
        current = _explode_level(connection, explode, previous, current, tag, level)
        previous = explode.program
    kept = f"{tag}_kept"
    good = f"__ord NOT IN (SELECT __ord FROM {tag}_failed)"
    connection.execute(f"CREATE TEMP VIEW {kept} AS SELECT * FROM {current} WHERE {good}")
    error = count(connection, f"SELECT count(DISTINCT __ord) FROM {tag}_failed")
    kept_rows = count(connection, f"SELECT count(*) FROM {tag}_run WHERE __ok AND {good}")
    levels = range(1, len(branch.explodes) + 1)
    return BranchResult(
        kept,
        f"{tag}_failed",
        error,
        filtered,
        kept_rows,
        emitted=count(connection, f"SELECT count(*) FROM {kept}"),
        fan_zero=count(
            connection,
            f"SELECT count(*) FROM {tag}_run WHERE __ok AND {good} "
            f"AND __ord NOT IN (SELECT __ord FROM {kept})",
        ),
        fan_filtered=sum(
            count(connection, f"SELECT count(*) FROM {tag}_e{i} WHERE NOT __ok AND NOT __err AND {good}")
            for i in levels
        ),
        exploded=_exploded(connection, branch, tag, good),
        coerced=_coerced(connection, branch.program, f"{tag}_run", good)
        + sum(
            _coerced(connection, explode.program, f"{tag}_e{i}", good)
            for i, explode in enumerate(branch.explodes, start=1)
        ),
    )


def _explode_level(
    connection: duckdb.DuckDBPyConnection,
    explode: Explode,
    previous: RowProgram,
    current: str,
    tag: str,
    level: int,
) -> str:
    """One row per element of `__items`, the explode's program over them; the relation it leaves."""
    others = [quote(column.name) for column in previous.columns if column.name != "__items"]
    items = '"__items"'
    if explode.outer:
        items = 'CASE WHEN coalesce(len("__items"), 0) = 0 THEN [NULL] ELSE "__items" END'
    carry = ", ".join([*others, "__ord", "__sub"])
    position = 'CASE WHEN coalesce(len("__items"), 0) = 0 THEN NULL ELSE __i - 1 END'
    connection.execute(
        f"CREATE TEMP TABLE {tag}_u{level} AS SELECT {', '.join([*others, '__ord'])}, "
        f'__sub * 1048576 + __i - 1 AS __sub, "__item", ({position})::INT AS "__pos" FROM ('
        f'SELECT {carry}, "__items", unnest({items}) AS "__item", '
        f"unnest(range(1, len({items}) + 1)) AS __i FROM {current})"
    )
    body = program_sql(explode.program, f"{tag}_u{level}", ("__ord", "__sub"))
    connection.execute(f"CREATE TEMP TABLE {tag}_e{level} AS {body}")
    connection.execute(f"INSERT INTO {tag}_failed SELECT DISTINCT __ord FROM {tag}_e{level} WHERE __err")
    result = f"{tag}_s{level}"
    connection.execute(
        f"CREATE TEMP TABLE {result} AS SELECT {_named(explode.program)}, __ord, __sub "
        f"FROM {tag}_e{level} WHERE __ok"
    )
    return result


def _exploded(connection: duckdb.DuckDBPyConnection, branch: Branch, tag: str, good: str) -> int:
    """What the lists say must come out: their lengths, and what each further level adds or drops."""
    total = 0
    for level, explode in enumerate(branch.explodes):
        length = 'coalesce(len("__items"), 0)'
        if explode.outer:
            length = f"greatest({length}, 1)"
        lengths = count(connection, f"SELECT coalesce(sum({length}), 0) FROM {tag}_s{level} WHERE {good}")
        rows = count(connection, f"SELECT count(*) FROM {tag}_s{level} WHERE {good}")
        total = lengths if level == 0 else total + lengths - rows
    return total


def _named(program: RowProgram) -> str:
    return ", ".join(f"c{i} AS {quote(column.name)}" for i, column in enumerate(program.columns))


def _coerced(connection: duckdb.DuckDBPyConnection, program: RowProgram, relation: str, good: str) -> int:
    if not any(let.counts for let in program.lets):
        return 0
    return count(connection, f"SELECT coalesce(sum(__coerced), 0) FROM {relation} WHERE {good}")


def _fates(connection: duckdb.DuckDBPyConnection, relation: str) -> tuple[int, int, int]:
    row = first_row(
        connection.execute(
            "SELECT count(*) FILTER (WHERE __err), count(*) FILTER (WHERE NOT __ok AND NOT __err), "
            f"count(*) FILTER (WHERE __ok) FROM {relation}"
        )
    )
    assert row is not None
    return int(row[0]), int(row[1]), int(row[2])
