"""The columns of an input's files, found by reading them.

Names and types follow Spark's inference over each file; files are united by `files/widening.py`. One
difference is meant: a bare time such as `03:00:00` is a STRING (Spark makes it a TIMESTAMP of today).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import duckdb

from tailrace.duck.connection import first_row, literal
from tailrace.duck.files_cast import from_text
from tailrace.duck.files_cells import CORRUPT
from tailrace.duck.files_lines import load_json
from tailrace.duck.read_files import load_cells
from tailrace.files.columns import header_names
from tailrace.files.listing import ListedFile
from tailrace.files.opening import BrokenFile, PlainFile, open_source
from tailrace.files.options import FileOptions
from tailrace.files.records import header_values
from tailrace.files.widening import folder_type, hinted, settled, unite, widest
from tailrace.model import types as t
from tailrace.model.errors import DataError, Place, ProjectError

SAMPLE_FILES = 64
SAMPLE_BYTES = 256 << 20
SAMPLE_ROWS = 10_000
"""Rows from which a column's type is guessed; the guess is then checked against all rows."""

DEPTH_MAX = 100
"""Levels of a JSON value of which a structure is inferred; the executor's own limit is 128."""
LEVELS_AT_ONCE = 8

TEXT_SCHEMA = t.Schema((t.Field("value", t.STRING),))
BINARY_SCHEMA = t.Schema(
    (
        t.Field("path", t.STRING),
        t.Field("modificationTime", t.TIMESTAMP),
        t.Field("length", t.LONG),
        t.Field("content", t.BINARY),
    )
)


class NothingReadable(ProjectError):
    """There are files, and each of them is broken."""


def infer_schema(
    connection: duckdb.DuckDBPyConnection,
    listed: Sequence[ListedFile],
    options: FileOptions,
    scratch: Path,
    declared: t.Schema | None = None,
    hints: t.Schema | None = None,
    place: Place | None = None,
    named: str = "",
) -> t.Schema:
    """What `*` gives for an input.

    `declared` is the parsed option `schema`, `hints` the parsed `schemaHints`, `named` says in a message what was
    listed. At most `SAMPLE_FILES` files
    and about `SAMPLE_BYTES` bytes are read. Raises ProjectError if nothing is declared and there is no file,
    NothingReadable if none of them can be read.
    """
    if declared is not None:
        return _with_rescued(declared, options) if options.rescue_given else declared
    if options.format == "text":
        return _with_folders(TEXT_SCHEMA, listed, options)
    if options.format == "binaryfile":
        return _with_folders(BINARY_SCHEMA, listed, options)
    if not listed:
        raise ProjectError(
            f"There is no file{f' at {named}' if named else ''} from which the columns could be inferred.",
            place=place,
            hint="correct the path, put a file there, or give schema => '...'",
        )
    found, reason = [], ""
    for file in _sample(listed):
        try:
            found.append(_of_file(connection, file, options, scratch))
        except BrokenFile as error:
            reason = error.message
    if not found:
        raise NothingReadable(
            f"No file could be read to infer the columns: {reason}", place=place, hint="give schema => '...'"
        )
    united = unite(found)
    typed = t.Schema(tuple(t.Field(f.name, settled(f.type)) for f in united.fields))
    if options.format in ("csv", "json") and not options.infer_types:
        typed = t.Schema(tuple(t.Field(f.name, t.STRING) for f in typed.fields))
    return _with_rescued(hinted(_with_folders(typed, listed, options), hints), options)


def _sample(listed: Sequence[ListedFile]) -> list[ListedFile]:
    chosen: list[ListedFile] = []
    total = 0
    for file in listed[:SAMPLE_FILES]:
        if chosen and total + file.size > SAMPLE_BYTES:
            break
        total += file.size
        chosen.append(file)
    return chosen


def _with_folders(schema: t.Schema, listed: Sequence[ListedFile], options: FileOptions) -> t.Schema:
    values: dict[str, list[str]] = {}
    for file in listed:
        for key, value in file.partitions:
            values.setdefault(key, []).append(value)
    names = {key.lower() for key in values}
    kept = [field for field in schema.fields if field.name.lower() not in names]
    added = [
        t.Field(key, folder_type(found) if options.infer_types else t.STRING) for key, found in values.items()
    ]
    return t.Schema((*kept, *added))


def _with_rescued(schema: t.Schema, options: FileOptions) -> t.Schema:
    if options.evolution == "none" or schema.find(options.rescued_column) is not None:
        return schema
    return t.Schema((*schema.fields, t.Field(options.rescued_column, t.STRING)))


def _of_file(
    connection: duckdb.DuckDBPyConnection, file: ListedFile, options: FileOptions, scratch: Path
) -> t.Schema:
    plain = open_source(file, options, scratch)
    try:
        return _INFERERS[options.format](connection, plain, options)
    except duckdb.Error as error:
        reason = str(error).partition("\n")[0]
        raise BrokenFile(f"{file.path} cannot be read as {options.format}: {reason}") from error
    finally:
        plain.close()
        connection.execute("DROP TABLE IF EXISTS infer_cells")


def _of_csv(connection: duckdb.DuckDBPyConnection, plain: PlainFile, options: FileOptions) -> t.Schema:
    if not plain.shape.filled:
        return t.Schema(())
    first = header_values(plain, options)
    names = header_names(first) if options.header else tuple(f"_c{p}" for p in range(len(first)))
    if any("\0" in name for name in names):
        raise BrokenFile(f"{plain.listed.path} has NUL characters in its header; only UTF-8 is read.")
    # A file's own column of such a name is rescued under it.
    own = (options.rescued_column.lower(), CORRUPT)
    names = tuple(name for name in names if name.lower() not in own)
    schema = t.Schema(tuple(t.Field(name, t.STRING) for name in names))
    if not options.infer_types or not names:
        return schema
    cells = load_cells(connection, plain, schema, options, "infer_cells")
    sample = _classes(connection, cells.values, f"rowid < {SAMPLE_ROWS}", options)
    types = {name: _merged(classes) for name, classes in sample.items()}
    unsure = _not_held(connection, cells.values, types, options)
    if unsure:
        again = _classes(connection, {name: cells.values[name] for name in unsure}, "true", options)
        types.update({name: _merged(classes) for name, classes in again.items()})
    return t.Schema(tuple(t.Field(name, types[name]) for name in names))


def _classes(
    connection: duckdb.DuckDBPyConnection, texts: dict[str, str], rows: str, options: FileOptions
) -> dict[str, list[str]]:
    """The names of the types of each column's texts, a whole number's with its count of digits."""
    parts = ", ".join(f"list(DISTINCT {_class(sql, options)})" for sql in texts.values())
    found = first_row(connection.execute(f"SELECT {parts} FROM infer_cells WHERE {rows}"))
    assert found is not None
    return {
        name: [one for one in (classes or []) if one is not None]
        for name, classes in zip(texts, found, strict=True)
    }


def _class(sql: str, options: FileOptions) -> str:
    date = from_text(sql, t.DATE, options)
    if options.date_format is None:
        date = f"CASE WHEN regexp_full_match({sql}, '\\d{{4}}-\\d{{2}}-\\d{{2}}') THEN {date} END"
    return (
        f"CASE WHEN {sql} IS NULL THEN NULL WHEN regexp_full_match({sql}, '[+-]?[0-9]+') THEN "
        f"CASE WHEN TRY_CAST({sql} AS INTEGER) IS NOT NULL THEN 'int' "
        f"WHEN TRY_CAST({sql} AS BIGINT) IS NOT NULL THEN 'bigint' "
        f"ELSE 'digits ' || length(ltrim({sql}, '+-0')) END "
        f"WHEN ({from_text(sql, t.DOUBLE, options)}) IS NOT NULL THEN 'double' "
        f"WHEN ({date}) IS NOT NULL THEN 'date' "
        f"WHEN ({from_text(sql, t.TIMESTAMP, options)}) IS NOT NULL THEN 'timestamp' "
        f"WHEN lower({sql}) IN ('true', 'false') THEN 'boolean' ELSE 'string' END"
    )


_BY_CLASS: dict[str, t.DataType] = {
    "int": t.INT,
    "bigint": t.LONG,
    "double": t.DOUBLE,
    "date": t.DATE,
    "timestamp": t.TIMESTAMP,
    "boolean": t.BOOLEAN,
    "string": t.STRING,
}


def _merged(classes: Sequence[str]) -> t.DataType:
    merged: t.DataType = t.VOID
    for one in sorted(classes):
        merged = widest(merged, _by_class(one))
    return merged


def _by_class(name: str) -> t.DataType:
    if name.startswith("digits "):
        digits = int(name.removeprefix("digits "))
        return t.DecimalType(digits, 0) if digits <= 38 else t.DOUBLE
    return _BY_CLASS[name]


def _not_held(
    connection: duckdb.DuckDBPyConnection,
    texts: dict[str, str],
    types: dict[str, t.DataType],
    options: FileOptions,
) -> list[str]:
    """The columns whose guess does not hold for all rows, or cannot be checked by a cast alone."""
    again = [name for name, type_ in types.items() if type_ in (t.DATE, t.TIMESTAMP)]
    checked = [name for name in types if name not in again and types[name] != t.STRING]
    if not checked:
        return again
    tests = []
    for name in checked:
        sql = texts[name]
        if types[name] == t.VOID:
            tests.append(f"count({sql}) > 0")
        else:
            cast = from_text(sql, types[name], options)
            tests.append(f"count(*) FILTER ({sql} IS NOT NULL AND ({cast}) IS NULL) > 0")
    found = first_row(connection.execute(f"SELECT {', '.join(tests)} FROM infer_cells"))
    assert found is not None
    return again + [name for name, failed in zip(checked, found, strict=True) if failed]


def _of_json(connection: duckdb.DuckDBPyConnection, plain: PlainFile, options: FileOptions) -> t.Schema:
    load_json(connection, plain, options, "infer_cells")
    _check_depth(connection, plain)
    row = first_row(connection.execute("SELECT json_group_structure(v)::VARCHAR FROM infer_cells WHERE good"))
    if row is None or row[0] is None:
        return t.Schema(())
    found = _json_type(json.loads(row[0]))
    if not isinstance(found, t.StructType):
        raise DataError(f"{plain.listed.path} holds no JSON objects.")
    wide = [f.name for f in found.fields if f.type == t.DOUBLE]
    return _exact_numbers(connection, found, wide) if wide else found


def _check_depth(connection: duckdb.DuckDBPyConnection, plain: PlainFile) -> None:
    """Raise BrokenFile for a value whose structure the executor cannot follow: there it ends for good.

    Levels are taken off from the innermost outwards, of values with many brackets only: what has none left
    after a few of them is flat. The rest is walked.
    """
    many = rf"len(regexp_replace(s, '[^\[{{]', '', 'g')) > {DEPTH_MAX}"
    flatter = "s"
    for _ in range(LEVELS_AT_ONCE):
        flatter = rf"regexp_replace({flatter}, '\[[^\[\]{{}}]*\]|\{{[^\[\]{{}}]*\}}', '', 'g')"
    texts = r"""SELECT regexp_replace(v::VARCHAR, '"(?:[^"\\]|\\.)*"', '', 'g') AS s FROM infer_cells WHERE good"""
    left = f"SELECT {flatter} AS s FROM ({texts}) WHERE {many}"
    for (text,) in connection.execute(f"SELECT s FROM ({left}) WHERE {many}").fetchall():
        if _depth(text) > DEPTH_MAX:
            raise BrokenFile(
                f"{plain.listed.path} holds a value that is nested more than {DEPTH_MAX} deep, "
                "of which no columns are inferred."
            )


def _depth(text: str) -> int:
    """How deep the brackets of a JSON text without strings are nested."""
    depth = deepest = 0
    for char in text:
        depth += (char in "[{") - (char in "]}")
        deepest = max(deepest, depth)
    return deepest


def _exact_numbers(
    connection: duckdb.DuckDBPyConnection, schema: t.StructType, names: Sequence[str]
) -> t.Schema:
    """Whole numbers beyond 64 bits are DOUBLE to the executor and DECIMAL to Spark, if alone."""
    parts = []
    for name in names:
        path = literal('$."' + name.replace('"', '\\"') + '"')
        value = f"json_extract_string(v, {path})"
        parts.append(
            f"list(DISTINCT CASE WHEN regexp_full_match({value}, '-?[0-9]+') "
            f"THEN length(ltrim({value}, '-')) WHEN {value} IS NOT NULL THEN 0 END)"
        )
    found = first_row(connection.execute(f"SELECT {', '.join(parts)} FROM infer_cells WHERE good"))
    assert found is not None
    types = {f.name: f.type for f in schema.fields}
    for name, digits in zip(names, found, strict=True):
        known = [d for d in digits or [] if d is not None]
        if known and 0 not in known and max(known) <= 38:
            types[name] = t.DecimalType(max(known), 0)
    return t.Schema(tuple(t.Field(name, type_) for name, type_ in types.items()))


_JSON_TYPES: dict[str, t.DataType] = {
    "UBIGINT": t.LONG,
    "BIGINT": t.LONG,
    "HUGEINT": t.DecimalType(38, 0),
    "DOUBLE": t.DOUBLE,
    "VARCHAR": t.STRING,
    "BOOLEAN": t.BOOLEAN,
    "NULL": t.VOID,
    "JSON": t.STRING,
}


def _json_type(structure: object) -> t.DataType:
    """The type of what `json_group_structure` prints; fields by name, as Spark sorts them.
    A member without a name is no column."""
    if isinstance(structure, dict):
        names = sorted(name for name in structure if name)
        return t.StructType(tuple(t.Field(name, _json_type(structure[name])) for name in names))
    if isinstance(structure, list):
        return t.ArrayType(_json_type(structure[0]) if structure else t.VOID)
    return _JSON_TYPES.get(str(structure), t.STRING)


def _of_parquet(connection: duckdb.DuckDBPyConnection, plain: PlainFile, options: FileOptions) -> t.Schema:
    relation = connection.sql(f"SELECT * FROM read_parquet({literal(str(plain.path))})")
    return t.Schema(
        tuple(
            t.Field(name, _spark_type(type_))
            for name, type_ in zip(relation.columns, relation.types, strict=True)
        )
    )


_BY_DUCK: dict[str, t.DataType] = {
    "boolean": t.BOOLEAN,
    "tinyint": t.BYTE,
    "smallint": t.SHORT,
    "integer": t.INT,
    "bigint": t.LONG,
    "utinyint": t.SHORT,
    "usmallint": t.INT,
    "uinteger": t.LONG,
    "ubigint": t.DecimalType(20, 0),
    "float": t.FLOAT,
    "double": t.DOUBLE,
    "varchar": t.STRING,
    "blob": t.BINARY,
    "date": t.DATE,
    "timestamp with time zone": t.TIMESTAMP,
    "timestamp": t.TIMESTAMP_NTZ,
    "timestamp_ns": t.TIMESTAMP_NTZ,
}


def _spark_type(type_: object) -> t.DataType:
    """The Spark type of a column of a Parquet file."""
    kind = str(getattr(type_, "id", ""))
    children = dict(getattr(type_, "children", None) or []) if kind in _NESTED else {}
    if kind == "decimal":
        return t.DecimalType(int(children["precision"]), int(children["scale"]))
    if kind == "list":
        return t.ArrayType(_spark_type(children["child"]))
    if kind == "map":
        return t.MapType(_spark_type(children["key"]), _spark_type(children["value"]))
    if kind == "struct":
        return t.StructType(tuple(t.Field(name, _spark_type(child)) for name, child in children.items()))
    return _BY_DUCK.get(kind, t.STRING)


_NESTED = ("decimal", "list", "map", "struct")

_INFERERS = {"csv": _of_csv, "json": _of_json, "parquet": _of_parquet}
