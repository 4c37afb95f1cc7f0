"""Reading one file into the executor, with the values that Spark's reader would give.

`read_file` leaves a temporary view with

- the columns of the input's schema, in its order, `_rescued_data` filled where it is among them,
- `_metadata`, as `sql/compiled.METADATA_TYPE`,
- `__file` (the path that identifies the file), `__row BIGINT` (0, 1, 2, ... in the order of the file,
  whatever the number of threads) and `__raw BLOB` (the record's bytes; NULL for Parquet and binary files),
- `__coerced INT`, how many values of the row are NULL for their type where no column rescues them.

A value that does not fit its column's type is NULL and is rescued, as are values that have no column.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from tailrace.duck.connection import first_row, literal, quote
from tailrace.duck.files_cast import from_text
from tailrace.duck.files_cells import CORRUPT, Cells, count_rows
from tailrace.duck.files_csv import read_csv
from tailrace.duck.files_lines import read_json, read_text
from tailrace.files.opening import BrokenFile, PlainFile
from tailrace.files.options import FileOptions
from tailrace.files.uri import encoded, file_uri
from tailrace.model import types as t
from tailrace.sql.compiled import METADATA_TYPE
from tailrace.sql.duck_types import duck as duck_type


@dataclass(frozen=True)
class ReadFile:
    """A file in the executor. `rows` is counted in the relation, `in_` without it: from the footer or the
    lines; None where a record may span lines."""

    relation: str
    rows: int
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
    return ReadFile(name, count_rows(connection, f"{name}_cells"), cells.in_)


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
        "file_path": literal(file_uri(listed.absolute)),
        "file_name": literal(encoded(listed.name)),
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
            sql = f"CASE WHEN {cells.corrupt} THEN {cells.text or f'decode({cells.raw})'} END"
        else:
            sql = cells.values.get(field.name, "NULL")
        columns.append(f"({sql})::{duck_type(field.type)} AS {quote(field.name)}")
    hidden = (
        f"{metadata(plain)} AS _metadata, {literal(plain.listed.path)} AS __file, "
        f"rowid::BIGINT AS __row, {cells.raw} AS __raw, ({_lost(schema, options, cells)})::INT AS __coerced"
    )
    listed = ", ".join([*columns, hidden])
    connection.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS SELECT {listed} FROM {name}_cells")


def _lost(schema: t.Schema, options: FileOptions, cells: Cells) -> str:
    """How many values of a row are NULL for their type and kept nowhere; NULL where they are rescued."""
    if options.evolution != "none" and schema.find(options.rescued_column) is not None:
        return "NULL"
    tests = [sql for name, sql in cells.bad if name in cells.values or name == CORRUPT]
    return " + ".join(f"CASE WHEN ({sql}) IS NOT NULL THEN 1 ELSE 0 END" for sql in tests) or "0"


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
    path = f"[struct_pack(k := '_file_path', v := {literal(file_uri(plain.listed.absolute))})]"
    whole = f"list_concat({found}, {path})"
    as_map = f"map_from_entries(list_transform({whole}, lambda e: struct_pack(k := e.k, v := e.v)))"
    return f"CASE WHEN {' OR '.join(tests)} THEN to_json({as_map})::VARCHAR END"


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
        "path": literal(f"file:{listed.absolute.as_posix()}"),
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
    footer = first_row(connection.execute(f"SELECT num_rows FROM parquet_file_metadata({path})"))
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
    "csv": read_csv,
    "json": read_json,
    "text": read_text,
    "binaryfile": _read_binary,
    "parquet": _read_parquet,
}


def _fail_fast(connection: duckdb.DuckDBPyConnection, plain: PlainFile, cells: Cells, table: str) -> None:
    row = first_row(connection.execute(f"SELECT min(rowid) FROM {table} WHERE {cells.corrupt}"))
    if row is not None and row[0] is not None:
        raise BrokenFile(f"{plain.listed.path}: row {row[0]} is malformed (mode FAILFAST).")


def _fail_on_new(connection: duckdb.DuckDBPyConnection, plain: PlainFile, cells: Cells, table: str) -> None:
    new = [name for name, _ in cells.bad if name not in cells.values and name != CORRUPT]
    beyond = "false" if cells.extra is None else f"({cells.extra}) IS NOT NULL"
    extra = first_row(connection.execute(f"SELECT count(*) > 0 FROM {table} WHERE {beyond}"))
    if new or (extra and extra[0]):
        what = f"the columns {', '.join(new)}" if new else "values beyond the schema's columns"
        raise BrokenFile(f"{plain.listed.path} has {what} (schemaEvolutionMode failOnNewColumns).")
