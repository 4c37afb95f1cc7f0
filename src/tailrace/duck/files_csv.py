"""CSV files as tables of texts, and those texts as typed columns.

A plain file is read by the executor as it is; any other through `files/records.py`. Values that are no
texts are typed once, when the table is made: `c<position>` is the text, `t<position>` the value.
"""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from tailrace.duck.connection import literal
from tailrace.duck.files_cast import from_text
from tailrace.duck.files_cells import CORRUPT, Cells, count_rows, line_size, longest_line
from tailrace.files.columns import header_names, positions
from tailrace.files.opening import PlainFile
from tailrace.files.options import FileOptions
from tailrace.files.records import header_values, rewrite_csv
from tailrace.model import types as t


def read_csv(
    connection: duckdb.DuckDBPyConnection,
    plain: PlainFile,
    schema: t.Schema,
    options: FileOptions,
    table: str,
) -> Cells:
    """Load the records of a CSV file, typed by `schema`."""
    elsewhere = [options.rescued_column, CORRUPT, *(key for key, _ in plain.listed.partitions)]
    if options.header:
        names = header_names(header_values(plain, options)) if plain.shape.filled else ()
    else:
        names = tuple(f.name for f in schema.fields if f.name.lower() not in {e.lower() for e in elsewhere})
    by_name = options.header and not options.enforce_schema
    places = positions(schema, names, elsewhere, by_name)
    types = {places[f.name]: f.type for f in schema.fields if f.name in places}
    typed = {p: type_ for p, type_ in types.items() if not isinstance(type_, t.StringType)}
    width = max(len(names), 1)
    head = 1 if options.header and plain.shape.filled else 0
    counted = None if options.multi_line else plain.shape.filled - head
    direct = (
        counted != 0
        and _is_direct(plain, options)
        and _load_direct(connection, plain, options, table, width, head, typed)
    )
    if not direct:
        rewritten = rewrite_csv(plain, options, width)
        try:
            _load_rewritten(connection, rewritten.path, options, table, width, typed)
        finally:
            rewritten.close()
    texts = [_text(options, position) if direct else f"c{position}" for position in range(width)]
    values = {name: f"t{p}" if p in typed else texts[p] for name, p in places.items()}
    bad = [(name, f"CASE WHEN t{p} IS NULL THEN {texts[p]} END") for name, p in places.items() if p in typed]
    failed = [f"({sql}) IS NOT NULL" for _, sql in bad]
    bad += [(names[p], texts[p]) for p in range(len(names)) if p not in types]
    if direct:
        joined = ", ".join(f"coalesce(c{p}, '')" for p in range(width))
        raw = f"encode(concat_ws({literal(options.sep)}, {joined}))"
        return Cells(values, bad, None, raw, " OR ".join(["false", *failed]), counted)
    corrupt = " OR ".join([f"__count <> {width}", *failed])
    return Cells(values, bad, "__extra::MAP(VARCHAR, VARCHAR)", "unhex(__hex)", corrupt, counted, _TEXT)


_TEXT = "coalesce(__text, TRY(decode(unhex(__hex))))"


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
    typed: Mapping[int, t.DataType],
) -> bool:
    """Read a file without quotes; False if a line has another number of values than `width`."""
    columns = ", ".join(f"'c{p}': 'VARCHAR'" for p in range(width))
    try:
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT *{_typed(typed, options, True)} FROM read_csv({literal(str(plain.path))}, "
            f"columns = {{{columns}}}, auto_detect = false, header = false, skip = {head}, "
            f"delim = {literal(options.sep)}, quote = '', escape = '', {line_size(plain.shape.longest)})"
        )
    except duckdb.InvalidInputException:
        return False
    return count_rows(connection, table) == plain.shape.filled - head


def _load_rewritten(
    connection: duckdb.DuckDBPyConnection,
    path: object,
    options: FileOptions,
    table: str,
    width: int,
    typed: Mapping[int, t.DataType],
) -> None:
    names = [f"c{p}" for p in range(width)]
    columns = ", ".join([*(f"'{n}': 'VARCHAR'" for n in names), "'__count': 'INTEGER'", "'__extra': 'JSON'"])
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT *{_typed(typed, options, False)} FROM read_csv({literal(str(path))}, "
        f"columns = {{{columns}, '__hex': 'VARCHAR', '__text': 'VARCHAR'}}, auto_detect = false, header = false, delim = ',', "
        f"quote = '\"', escape = '\"', allow_quoted_nulls = false, new_line = '\\n', parallel = false, "
        f"{line_size(longest_line(path))})"
    )


def _typed(typed: Mapping[int, t.DataType], options: FileOptions, direct: bool) -> str:
    """The typed values, to be computed while the file is read."""
    parts = [
        f", ({from_text(_text(options, p) if direct else f'c{p}', type_, options)}) AS t{p}"
        for p, type_ in sorted(typed.items())
    ]
    return "".join(parts)


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
