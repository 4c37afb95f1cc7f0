"""Files of lines: text, and JSON whose objects are typed when they are read."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import duckdb

from tailrace.duck.connection import literal, quote
from tailrace.duck.files_cells import CORRUPT, Cells, line_size, longest_line
from tailrace.duck.files_exact import load_exact
from tailrace.duck.files_json import as_type, digits_of, keys_of, pointer, shape_of
from tailrace.files.opening import PlainFile
from tailrace.files.options import FileOptions
from tailrace.files.records import rewrite_lines
from tailrace.model import types as t

LINE_SEPARATOR = "\x1e\x1f\x1e\x1f"
"""Stands for "no separator" where whole lines are read; a file that has it is rewritten first."""


def read_json(
    connection: duckdb.DuckDBPyConnection,
    plain: PlainFile,
    schema: t.Schema,
    options: FileOptions,
    table: str,
) -> Cells:
    """Load the objects of a JSON file, typed by `schema`: the value of the n-th column is `t<n>`."""
    counted = None if options.multi_line or plain.shape.brackets else plain.shape.filled
    lines = f"{table}_lines"
    text = load_json(connection, plain, options, lines)
    elsewhere = {options.rescued_column.lower(), CORRUPT, *(k.lower() for k, _ in plain.listed.partitions)}
    fields = [f for f in schema.fields if f.name and f.name.lower() not in elsewhere]
    texts = [f.name for f in fields if isinstance(f.type, t.StringType)]
    # Of a line that holds several objects, `raw` is the line: there is no text of one object in it.
    exact = counted is not None and load_exact(connection, plain.path, lines, texts, f"{table}_exact")
    _type_objects(connection, fields, options, table, f"{table}_exact" if exact else None, text)
    connection.execute(f"DROP TABLE {lines}")
    connection.execute(f"DROP TABLE IF EXISTS {table}_exact")
    values = {f.name: f"t{n}" for n, f in enumerate(fields)}
    bad = [
        (f.name, f"CASE WHEN good AND t{n} IS NULL THEN json_extract_string(v, {literal(_path(f.name))}) END")
        for n, f in enumerate(fields)
        if not isinstance(f.type, t.StringType)
    ]
    failed = [f"({sql}) IS NOT NULL" for _, sql in bad]
    bad.append((CORRUPT, f"CASE WHEN NOT good THEN {text} END"))
    corrupt = " OR ".join(["NOT good", *failed])
    return Cells(values, bad, _others(fields), "raw", corrupt, counted, text)


def _type_objects(
    connection: duckdb.DuckDBPyConnection,
    fields: Sequence[t.Field],
    options: FileOptions,
    table: str,
    exact: str | None,
    text: str,
) -> None:
    """Make `table` out of `table_lines`; `exact` has texts of nested values, in columns `x<n>`; `text` is SQL of
    an object's line."""
    typed = []
    count = 0
    for n, field in enumerate(fields):
        sql = as_type(f"j.{quote(field.name)}", field.type, options, 0, digits_of(text, field.name))
        if exact is not None and isinstance(field.type, t.StringType):
            sql, count = f"coalesce(x{count}, {sql})", count + 1
        typed.append(f", ({sql}) AS t{n}")
    kept = ", shown" if text == "shown" else ""
    parsed = f"json_transform(v, {literal(shape_of(fields))})" if fields else "NULL"
    inner = f"SELECT *, CASE WHEN good THEN {parsed} END AS j FROM {table}_lines"
    if exact is not None:
        inner = (
            f"SELECT l.*, e.*, CASE WHEN good THEN {parsed} END AS j FROM {table}_lines l "
            f"LEFT JOIN {exact} e ON l.rowid = e.__line ORDER BY l.rowid"
        )
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT v, raw, good{kept}{''.join(typed)} FROM ({inner})"
    )


def _others(fields: Sequence[t.Field]) -> str:
    """SQL of the members that have no column."""
    known = "[" + ", ".join(literal(f.name) for f in fields) + "]::VARCHAR[]"
    others = f"list_filter({keys_of('v')}, lambda k: NOT list_contains({known}, k))"
    return (
        f"CASE WHEN good AND len({others}) > 0 THEN map_from_entries(list_transform({others}, lambda k: "
        f"struct_pack(k := k, v := json_extract_string(v, {pointer('k')})))) END"
    )


def _path(name: str) -> str:
    return '$."' + name.replace('"', '\\"') + '"'


def load_json(
    connection: duckdb.DuckDBPyConnection, plain: PlainFile, options: FileOptions, table: str
) -> str:
    """The objects of a JSON file as a table of `v JSON`, `raw BLOB`, `good`: v is an object. Gives SQL of an
    object's line: `decode(raw)`, or `shown`, a column that the table then has, where bytes are no UTF-8."""
    utf8 = plain.shape.utf8
    if options.multi_line:
        lines = f"SELECT {_whole(plain)} AS line, content AS raw FROM read_blob({literal(str(plain.path))})"
        rewritten = None
    else:
        lines, rewritten = _lines_sql(connection, plain, options, False)
    valid = "json_valid(line)" if utf8 else "json_valid(line) AND TRY(decode(raw)) IS NOT NULL"
    shown = "" if utf8 else ", line AS shown"
    parsed = f"SELECT CASE WHEN {valid} THEN line::JSON END AS v, raw{shown} FROM ({lines})"
    if options.multi_line or plain.shape.brackets:
        # An element's raw bytes are its own, printed anew: the whole list per element would not fit.
        is_list = "coalesce(json_type(v) = 'ARRAY', false)"
        line = "" if utf8 else f", CASE WHEN NOT {is_list} THEN shown END AS shown"
        shown = "" if utf8 else ", coalesce(shown, v::VARCHAR) AS shown"
        parsed = (
            f"SELECT v, CASE WHEN listed THEN encode(v::VARCHAR) ELSE raw END AS raw{shown} FROM (SELECT "
            f"unnest(CASE WHEN {is_list} THEN json_extract(v, '$[*]') ELSE [v] END) AS v, "
            f"{is_list} AS listed, CASE WHEN NOT {is_list} THEN raw END AS raw{line} FROM ({parsed}))"
        )
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT v, raw{'' if utf8 else ', shown'}, "
        f"coalesce(json_type(v) = 'OBJECT', false) AS good FROM ({parsed})"
    )
    if rewritten is not None:
        rewritten()
    return "decode(raw)" if utf8 else "shown"


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
                f"escape = '', delim = {literal(LINE_SEPARATOR)}, {line_size(shape.longest)})",
                None,
            )
    rewritten = rewrite_lines(plain, options, blanks)
    return (
        f"SELECT coalesce(line, '') AS line, unhex(coalesce(hex, '')) AS raw FROM "
        f"read_csv({literal(str(rewritten.path))}, columns = {{'line': 'VARCHAR', 'hex': 'VARCHAR'}}, "
        f"auto_detect = false, header = false, delim = ',', quote = '\"', escape = '\"', new_line = '\\n', "
        f"parallel = false, {line_size(longest_line(rewritten.path))})",
        rewritten.close,
    )


def read_text(
    connection: duckdb.DuckDBPyConnection,
    plain: PlainFile,
    schema: t.Schema,
    options: FileOptions,
    table: str,
) -> Cells:
    """Load the lines of a text file, or all of it as one row."""
    done: Callable[[], None] | None = None
    if options.whole_text:
        lines = f"SELECT {_whole(plain)} AS line, content AS raw FROM read_blob({literal(str(plain.path))})"
        counted: int | None = 1
    else:
        lines, done = _lines_sql(connection, plain, options, True)
        counted = plain.shape.lines if options.line_sep is None else None
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT line, raw FROM ({lines})")
    if done is not None:
        done()
    return Cells({_first_column(schema, "value"): "line"}, (), None, "raw", "false", counted)


def _whole(plain: PlainFile) -> str:
    """SQL of a file's text from its `content`; bytes that are no UTF-8 are U+FFFD, as they are in a line."""
    if plain.shape.utf8:
        return "decode(content)"
    return literal(plain.path.read_bytes().decode("utf-8", "replace"))


def _first_column(schema: t.Schema, usual: str) -> str:
    return usual if schema.find(usual) is not None else schema.fields[0].name
