"""Reading one file into the executor, with the values that Spark's reader would give.

`read_file` leaves a temporary view with

- the columns of the input's schema, in its order, `_rescued_data` filled where it is among them,
- `_metadata`, as `sql/compiled.METADATA_TYPE`,
- `__file` (the path that identifies the file), `__row BIGINT` (0, 1, 2, ... in the order of the file,
  whatever the number of threads) and `__raw BLOB` (the record's bytes; NULL for Parquet and binary files).

A value that does not fit its column's type is NULL and is rescued, as are values that have no column.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import duckdb

from tailrace.duck.connection import literal, quote
from tailrace.duck.files_cast import from_text
from tailrace.duck.files_exact import load_exact
from tailrace.duck.files_json import as_type, digits_of, shape_of
from tailrace.duck.types import duck_type
from tailrace.files.columns import header_names, positions
from tailrace.files.opening import BrokenFile, PlainFile
from tailrace.files.options import FileOptions
from tailrace.files.records import header_values, rewrite_csv, rewrite_lines
from tailrace.model import types as t
from tailrace.sql.compiled import METADATA_TYPE

CORRUPT = "_corrupt_record"
LINE_SEPARATOR = "\x1e\x1f\x1e\x1f"
"""Stands for "no separator" where whole lines are read; a file that has it is rewritten first."""


@dataclass(frozen=True)
class ReadFile:
    """A file in the executor. `rows` is counted in the relation, `in_` without it: from the footer or the
    lines; None where a record may span lines."""

    relation: str
    rows: int
    in_: int | None


@dataclass(frozen=True)
class Cells:
    """A table of what stands in the file, not yet typed."""

    values: dict[str, str]
    """Column of the schema to the SQL of its typed value."""
    bad: Sequence[tuple[str, str]]
    """(name, SQL of the text that fits nowhere, or NULL) for `_rescued_data`."""
    extra: str | None
    """SQL of further entries, a MAP(VARCHAR, VARCHAR) or NULL."""
    raw: str
    corrupt: str
    """SQL: the record is malformed."""
    in_: int | None


def read_file(
    connection: duckdb.DuckDBPyConnection,
    plain: PlainFile,
    schema: t.Schema,
    options: FileOptions,
    name: str,
) -> ReadFile:
    """Read `plain` as the temporary view `name` (its data in the temporary table `name_cells`).

    Raises BrokenFile for a file that is not of its format, and for a bad row in the mode FAILFAST.
    `drop_file` lets go of both.
    """
    cells = load_cells(connection, plain, schema, options, f"{name}_cells")
    _create_view(connection, plain, schema, options, name, cells)
    if options.mode == "failfast":
        _fail_fast(connection, plain, cells, f"{name}_cells")
    if options.evolution == "failonnewcolumns":
        _fail_on_new(connection, plain, cells, f"{name}_cells")
    return ReadFile(name, _count(connection, f"{name}_cells"), cells.in_)


def load_cells(
    connection: duckdb.DuckDBPyConnection,
    plain: PlainFile,
    schema: t.Schema,
    options: FileOptions,
    table: str,
) -> Cells:
    """Load what stands in a file as the temporary table `table`, and say how to type it."""
    try:
        return _READERS[options.format](connection, plain, schema, options, table)
    except (
        duckdb.InvalidInputException,
        duckdb.ConversionException,
        duckdb.SerializationException,
        duckdb.IOException,
    ) as error:
        reason = str(error).partition("\n")[0]
        raise BrokenFile(f"{plain.listed.path} cannot be read as {options.format}: {reason}") from error


def drop_file(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Let go of what `read_file` left."""
    connection.execute(f"DROP VIEW IF EXISTS {name}")
    connection.execute(f"DROP TABLE IF EXISTS {name}_cells")


def metadata(plain: PlainFile) -> str:
    """SQL of `_metadata`, the same for every row of a file."""
    listed = plain.listed
    values = {
        "file_path": literal(listed.absolute.as_uri()),
        "file_name": literal(listed.name),
        "file_size": f"{listed.size}::BIGINT",
        "file_block_start": "0::BIGINT",
        "file_block_length": f"{listed.size}::BIGINT",
        "file_modification_time": f"make_timestamptz({listed.modified_us}::BIGINT)",
    }
    return f"struct_pack({', '.join(f'{f.name} := {values[f.name]}' for f in METADATA_TYPE.fields)})"


def _create_view(
    connection: duckdb.DuckDBPyConnection,
    plain: PlainFile,
    schema: t.Schema,
    options: FileOptions,
    name: str,
    cells: Cells,
) -> None:
    folders = {key.lower(): value for key, value in plain.listed.partitions}
    columns = []
    for field in schema.fields:
        lowered = field.name.lower()
        if lowered == options.rescued_column.lower():
            sql = _rescued(plain, options, cells)
        elif lowered in folders:
            text = folders[lowered]
            missing = text == "__HIVE_DEFAULT_PARTITION__"
            sql = "NULL" if missing else from_text(literal(text), field.type, options)
        elif lowered == CORRUPT:
            sql = f"CASE WHEN {cells.corrupt} THEN decode({cells.raw}) END"
        else:
            sql = cells.values.get(field.name, "NULL")
        columns.append(f"({sql})::{duck_type(field.type)} AS {quote(field.name)}")
    hidden = (
        f"{metadata(plain)} AS _metadata, {literal(plain.listed.path)} AS __file, "
        f"rowid::BIGINT AS __row, {cells.raw} AS __raw"
    )
    listed = ", ".join([*columns, hidden])
    connection.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS SELECT {listed} FROM {name}_cells")


def _rescued(plain: PlainFile, options: FileOptions, cells: Cells) -> str:
    """A JSON object of what fits nowhere, with the file's path; NULL where everything fits."""
    if options.evolution == "none" or (not cells.bad and cells.extra is None):
        return "NULL"
    tests = [f"({sql}) IS NOT NULL" for _, sql in cells.bad]
    entries = [f"struct_pack(k := {literal(name)}, v := ({sql})::VARCHAR)" for name, sql in cells.bad]
    found = (
        f"list_filter([{', '.join(entries)}], lambda e: e.v IS NOT NULL)"
        if entries
        else ("[]::STRUCT(k VARCHAR, v VARCHAR)[]")
    )
    if cells.extra is not None:
        tests.append(f"({cells.extra}) IS NOT NULL")
        more = f"coalesce(list_transform(map_entries({cells.extra}), lambda e: struct_pack(k := e.key, v := e.value)), [])"
        found = f"list_concat({found}, {more})"
    path = f"[struct_pack(k := '_file_path', v := {literal(plain.listed.absolute.as_uri())})]"
    whole = f"list_concat({found}, {path})"
    as_map = f"map_from_entries(list_transform({whole}, lambda e: struct_pack(k := e.k, v := e.v)))"
    return f"CASE WHEN {' OR '.join(tests)} THEN to_json({as_map})::VARCHAR END"


def _read_csv(
    connection: duckdb.DuckDBPyConnection,
    plain: PlainFile,
    schema: t.Schema,
    options: FileOptions,
    table: str,
) -> Cells:
    elsewhere = [options.rescued_column, CORRUPT, *(key for key, _ in plain.listed.partitions)]
    if options.header:
        names = header_names(header_values(plain, options)) if plain.shape.filled else ()
    else:
        names = tuple(f.name for f in schema.fields if f.name.lower() not in {e.lower() for e in elsewhere})
    by_name = options.header and not options.enforce_schema
    places = positions(schema, names, elsewhere, by_name)
    width = max(len(names), 1)
    head = 1 if options.header and plain.shape.filled else 0
    counted = None if options.multi_line else plain.shape.filled - head
    direct = (
        counted != 0
        and _is_direct(plain, options)
        and _load_direct(connection, plain, options, table, width, head)
    )
    if not direct:
        rewritten = rewrite_csv(plain, options, width)
        try:
            _load_rewritten(connection, rewritten.path, table, width, options.multi_line)
        finally:
            rewritten.close()
    texts = [_text(options, position) if direct else f"c{position}" for position in range(width)]
    types = {f.name: f.type for f in schema.fields}
    values = {name: from_text(texts[p], types[name], options) for name, p in places.items()}
    used = set(places.values())
    bad = [
        (name, f"CASE WHEN {texts[p]} IS NOT NULL AND ({values[name]}) IS NULL THEN {texts[p]} END")
        for name, p in places.items()
        if not isinstance(types[name], t.StringType)
    ]
    bad += [(names[p], texts[p]) for p in range(len(names)) if p not in used]
    if direct:
        joined = ", ".join(f"coalesce(c{p}, '')" for p in range(width))
        raw = f"encode(concat_ws({literal(options.sep)}, {joined}))"
        extra, count = None, "false"
    else:
        raw, count = "unhex(__hex)", f"__count <> {width}"
        extra = "__extra::MAP(VARCHAR, VARCHAR)"
    failed = [f"({sql}) IS NOT NULL" for name, sql in bad if name in places]
    return Cells(values, bad, extra, raw, " OR ".join([count, *failed]), counted)


def _is_direct(plain: PlainFile, options: FileOptions) -> bool:
    shape = plain.shape
    return not (
        options.multi_line or shape.quotes or shape.nulls or shape.blank or shape.comments or not shape.utf8
    )


def _load_direct(
    connection: duckdb.DuckDBPyConnection,
    plain: PlainFile,
    options: FileOptions,
    table: str,
    width: int,
    head: int,
) -> bool:
    """Read a file without quotes; False if a line has another number of values than `width`."""
    columns = ", ".join(f"'c{p}': 'VARCHAR'" for p in range(width))
    try:
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT * FROM read_csv({literal(str(plain.path))}, "
            f"columns = {{{columns}}}, auto_detect = false, header = false, skip = {head}, "
            f"delim = {literal(options.sep)}, quote = '', escape = '', {_line_size(plain.shape.longest)})"
        )
    except duckdb.InvalidInputException:
        return False
    return _count(connection, table) == plain.shape.filled - head


def _load_rewritten(
    connection: duckdb.DuckDBPyConnection, path: object, table: str, width: int, spanning: bool
) -> None:
    names = [f"c{p}" for p in range(width)]
    columns = ", ".join([*(f"'{n}': 'VARCHAR'" for n in names), "'__count': 'INTEGER'", "'__extra': 'JSON'"])
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT * FROM read_csv({literal(str(path))}, "
        f"columns = {{{columns}, '__hex': 'VARCHAR'}}, auto_detect = false, header = false, delim = ',', "
        f"quote = '\"', escape = '\"', allow_quoted_nulls = false, new_line = '\\n', parallel = false, "
        f"{_line_size(_longest(path))})"
    )


def _read_json(
    connection: duckdb.DuckDBPyConnection,
    plain: PlainFile,
    schema: t.Schema,
    options: FileOptions,
    table: str,
) -> Cells:
    counted = None if options.multi_line or plain.shape.brackets else plain.shape.filled
    load_json(connection, plain, options, f"{table}_lines")
    elsewhere = {options.rescued_column.lower(), CORRUPT, *(k.lower() for k, _ in plain.listed.partitions)}
    fields = [f for f in schema.fields if f.name.lower() not in elsewhere]
    texts = [f.name for f in fields if isinstance(f.type, t.StringType)]
    # Of a line that holds several objects, `raw` is the line: there is no text of one object in it.
    exact = counted is not None and load_exact(connection, f"{table}_lines", texts, f"{table}_exact")
    parsed = f"json_transform(v, {literal(shape_of(fields))})" if fields else "NULL"
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT v, raw, CASE WHEN good THEN {parsed} END AS j, good"
        + (
            f", e.texts AS exact FROM {table}_lines l LEFT JOIN {table}_exact e ON l.rowid = e.row "
            "ORDER BY l.rowid"
            if exact
            else f" FROM {table}_lines"
        )
    )
    connection.execute(f"DROP TABLE {table}_lines")
    connection.execute(f"DROP TABLE IF EXISTS {table}_exact")
    values = {}
    for f in fields:
        sql = as_type(f"j.{quote(f.name)}", f.type, options, 0, digits_of("decode(raw)", f.name))
        values[f.name] = f"coalesce(exact[{literal(f.name)}], {sql})" if exact and f.name in texts else sql
    bad = [
        (
            f.name,
            f"CASE WHEN j.{quote(f.name)} IS NOT NULL AND ({values[f.name]}) IS NULL "
            f"THEN json_extract_string(j.{quote(f.name)}, '$') END",
        )
        for f in fields
        if not isinstance(f.type, t.StringType)
    ]
    known = "[" + ", ".join(literal(f.name) for f in fields) + "]::VARCHAR[]"
    others = f"list_filter(json_keys(v), lambda k: NOT list_contains({known}, k))"
    extra = (
        f"CASE WHEN good AND len({others}) > 0 THEN map_from_entries(list_transform({others}, lambda k: "
        "struct_pack(k := k, v := json_extract_string(v, '$.\"' || k || '\"')))) END"
    )
    # A line that is no JSON object is kept whole.
    bad.append((CORRUPT, "CASE WHEN NOT good THEN decode(raw) END"))
    failed = [f"({sql}) IS NOT NULL" for name, sql in bad if name != CORRUPT]
    return Cells(values, bad, extra, "raw", " OR ".join(["NOT good", *failed]), counted)


def load_json(
    connection: duckdb.DuckDBPyConnection, plain: PlainFile, options: FileOptions, table: str
) -> None:
    """The objects of a JSON file as a table of `v JSON`, `raw BLOB`, `good`: v is an object."""
    if options.multi_line:
        lines = f"SELECT content AS line, encode(content) AS raw FROM read_text({literal(str(plain.path))})"
        rewritten = None
    else:
        lines, rewritten = _lines_sql(connection, plain, options, False)
    parsed = f"SELECT CASE WHEN json_valid(line) THEN line::JSON END AS v, raw FROM ({lines})"
    if options.multi_line or plain.shape.brackets:
        parsed = (
            f"SELECT unnest(CASE WHEN json_type(v) = 'ARRAY' THEN json_extract(v, '$[*]') ELSE [v] END) AS v, raw "
            f"FROM ({parsed})"
        )
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT v, raw, "
        f"coalesce(json_type(v) = 'OBJECT', false) AS good FROM ({parsed})"
    )
    if rewritten is not None:
        rewritten()


def _lines_sql(
    connection: duckdb.DuckDBPyConnection, plain: PlainFile, options: FileOptions, blanks: bool
) -> tuple[str, Callable[[], None] | None]:
    """SQL of the lines (`line VARCHAR`, `raw BLOB`), and what to call when they have been read."""
    shape = plain.shape
    separator = LINE_SEPARATOR.encode()
    if options.line_sep is None and shape.utf8 and not shape.nulls and not shape.blank and shape.lines:
        with open(plain.path, "rb") as stream:
            strange = any(separator[:1] in chunk for chunk in iter(lambda: stream.read(1 << 20), b""))
        if not strange:
            return (
                f"SELECT line, encode(line) AS raw FROM read_csv({literal(str(plain.path))}, "
                f"columns = {{'line': 'VARCHAR'}}, auto_detect = false, header = false, quote = '', "
                f"escape = '', delim = {literal(LINE_SEPARATOR)}, {_line_size(shape.longest)})",
                None,
            )
    rewritten = rewrite_lines(plain, options, blanks)
    return (
        f"SELECT coalesce(line, '') AS line, unhex(coalesce(hex, '')) AS raw FROM "
        f"read_csv({literal(str(rewritten.path))}, columns = {{'line': 'VARCHAR', 'hex': 'VARCHAR'}}, "
        f"auto_detect = false, header = false, delim = ',', quote = '\"', escape = '\"', new_line = '\\n', "
        f"parallel = false, {_line_size(_longest(rewritten.path))})",
        rewritten.close,
    )


def _read_text(
    connection: duckdb.DuckDBPyConnection,
    plain: PlainFile,
    schema: t.Schema,
    options: FileOptions,
    table: str,
) -> Cells:
    done: Callable[[], None] | None = None
    if options.whole_text:
        path = literal(str(plain.path))
        lines = f"SELECT decode(content) AS line, content AS raw FROM read_blob({path})"
        counted: int | None = 1
    else:
        lines, done = _lines_sql(connection, plain, options, True)
        counted = plain.shape.lines if options.line_sep is None else None
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT line, raw FROM ({lines})")
    if done is not None:
        done()
    return Cells({_first_column(schema, "value"): "line"}, (), None, "raw", "false", counted)


def _read_binary(
    connection: duckdb.DuckDBPyConnection,
    plain: PlainFile,
    schema: t.Schema,
    options: FileOptions,
    table: str,
) -> Cells:
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT content FROM read_blob({literal(str(plain.path))})"
    )
    listed = plain.listed
    values = {
        "path": literal(listed.absolute.as_uri()),
        "modificationtime": f"make_timestamptz({listed.modified_us}::BIGINT)",
        "length": f"{listed.size}::BIGINT",
        "content": "content",
    }
    named = {f.name: values[f.name.lower()] for f in schema.fields if f.name.lower() in values}
    return Cells(named, (), None, "NULL::BLOB", "false", 1)


def _read_parquet(
    connection: duckdb.DuckDBPyConnection,
    plain: PlainFile,
    schema: t.Schema,
    options: FileOptions,
    table: str,
) -> Cells:
    path = literal(str(plain.path))
    footer = connection.execute(f"SELECT num_rows FROM parquet_file_metadata({path})").fetchone()
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT * FROM read_parquet({path})")
    described = connection.execute(f"DESCRIBE {table}").fetchall()
    found = {str(row[0]).lower(): str(row[0]) for row in described}
    values, bad = {}, []
    elsewhere = {options.rescued_column.lower(), *(k.lower() for k, _ in plain.listed.partitions)}
    for field in schema.fields:
        column = found.pop(field.name.lower(), None)
        if column is None or field.name.lower() in elsewhere:
            continue
        cell = quote(column)
        values[field.name] = f"TRY_CAST({cell} AS {duck_type(field.type)})"
        bad.append((field.name, f"CASE WHEN ({values[field.name]}) IS NULL THEN {cell}::VARCHAR END"))
    bad += [(column, f"{quote(column)}::VARCHAR") for column in found.values()]
    failed = " OR ".join(["false", *(f"({sql}) IS NOT NULL" for _, sql in bad)])
    return Cells(values, bad, None, "NULL::BLOB", failed, int(footer[0]) if footer else None)


_READERS = {
    "csv": _read_csv,
    "json": _read_json,
    "text": _read_text,
    "binaryfile": _read_binary,
    "parquet": _read_parquet,
}


def _fail_fast(connection: duckdb.DuckDBPyConnection, plain: PlainFile, cells: Cells, table: str) -> None:
    row = connection.execute(f"SELECT min(rowid) FROM {table} WHERE {cells.corrupt}").fetchone()
    if row is not None and row[0] is not None:
        raise BrokenFile(f"{plain.listed.path}: row {row[0]} is malformed (mode FAILFAST).")


def _fail_on_new(connection: duckdb.DuckDBPyConnection, plain: PlainFile, cells: Cells, table: str) -> None:
    new = [name for name, _ in cells.bad if name not in cells.values and name != CORRUPT]
    extra = (
        cells.extra is not None
        and connection.execute(
            f"SELECT count(*) > 0 FROM {table} WHERE ({cells.extra}) IS NOT NULL"
        ).fetchone()
    )
    if new or (extra and extra[0]):
        what = f"the columns {', '.join(new)}" if new else "values beyond the schema's columns"
        raise BrokenFile(f"{plain.listed.path} has {what} (schemaEvolutionMode failOnNewColumns).")


def _text(options: FileOptions, position: int) -> str:
    """A value of a file that was read directly: trimmed, with the null value as NULL."""
    blanks = literal("".join(map(chr, range(1, 0x21))))
    sql = f"c{position}"
    if options.ignore_leading:
        sql = f"ltrim({sql}, {blanks})"
    if options.ignore_trailing:
        sql = f"rtrim({sql}, {blanks})"
    if options.ignore_leading or options.ignore_trailing:
        sql = f"nullif({sql}, '')"
    return f"nullif({sql}, {literal(options.null_value)})" if options.null_value else sql


def _line_size(longest: int) -> str:
    """Lines may be longer than the executor expects; its buffer must hold a few of them."""
    size = max(2_000_000, longest + 1_000)
    return f"max_line_size = {size}, buffer_size = {max(32_000_000, 2 * size)}"


def _longest(path: object) -> int:
    with open(str(path), "rb") as stream:
        return max(map(len, stream), default=0)


def _first_column(schema: t.Schema, usual: str) -> str:
    return usual if schema.find(usual) is not None else schema.fields[0].name


def _count(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    row = connection.execute(f"SELECT count(*) FROM {relation}").fetchone()
    assert row is not None
    return int(row[0])
