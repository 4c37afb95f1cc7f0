"""Records as Arrow and back: the shape of a block, and of what a log gives to its readers."""

from __future__ import annotations

import io
import zlib
from array import array
from collections.abc import Sequence
from typing import Any

from arro3.core import Array, DataType, Field, Table, list_array, struct_array
from arro3.io import read_ipc_stream, write_ipc_stream

from tailrace.log.contract import RECORD_BYTES_MAX, CorruptLog, Record, RecordTooLarge
from tailrace.model.errors import UsageError

TIMESTAMP = DataType.timestamp("us", tz="UTC")
HEADER_FIELDS = [Field("key", DataType.utf8()), Field("value", DataType.binary())]


def records_table(records: Sequence[Record], timestamps: Sequence[int]) -> Table:
    """Columns key, value, timestamp (int64 microseconds) and, where there are any, headers."""
    columns: dict[str, Any] = {
        "key": Array([record.key for record in records], DataType.binary()),
        "value": Array([record.value for record in records], DataType.binary()),
        "timestamp": longs(timestamps),
    }
    if any(record.headers for record in records):
        columns["headers"] = headers_array([record.headers for record in records])
    return Table.from_pydict(columns)


def longs(values: Sequence[int]) -> Any:
    """A BIGINT array; the library takes no empty buffer."""
    return Array.from_buffer(array("q", values)) if len(values) else Array([], DataType.int64())


def arrow_records(table: Any, now_us: int) -> Table:
    """A producer's Arrow data as a block's table; `value` is needed, key, timestamp, headers are not.

    `table` is anything with `__arrow_c_stream__`; strings become their UTF-8 bytes.
    """
    given = Table.from_arrow(table).combine_chunks()
    rows, names = given.num_rows, given.column_names
    if "value" not in names:
        raise UsageError("The table has no column 'value'.", hint=f"columns: {', '.join(names) or 'none'}")
    missing = Array([None], DataType.binary()).take(Array.from_buffer(array("q", bytes(8 * rows))))
    columns: dict[str, Any] = {
        "key": given.column("key").cast(DataType.binary()) if "key" in names else missing,
        "value": given.column("value").cast(DataType.binary()),
    }
    if "timestamp" in names:
        columns["timestamp"] = given.column("timestamp").cast(TIMESTAMP).cast(DataType.int64())
        if columns["timestamp"].null_count:
            raise UsageError("The column 'timestamp' has nulls.", hint="give every record its time, or none")
    else:
        columns["timestamp"] = Array.from_buffer(array("q", [now_us]) * rows)
    if "headers" in names:
        columns["headers"] = given.column("headers")
    return Table.from_pydict(columns)


def check_sizes(table: Table) -> None:
    """Raises RecordTooLarge for the first record of a block's table that is over the limit."""
    if table.nbytes <= RECORD_BYTES_MAX:
        return
    rows = table.num_rows
    values = table.column("value").to_pylist()
    values_only = table.column("key").null_count == rows and "headers" not in table.column_names
    if values_only and max(map(len, filter(None, values)), default=0) <= RECORD_BYTES_MAX:
        return
    keys: Any = table.column("key").to_pylist()
    headers: Any = table.column("headers").to_pylist() if "headers" in table.column_names else [()] * rows
    for index, (key, value, pairs) in enumerate(zip(keys, values, headers, strict=True)):
        size = len(key or b"") + len(value or b"")
        size += sum(len(pair["key"].encode()) + len(pair["value"] or b"") for pair in pairs or ())
        if size > RECORD_BYTES_MAX:
            raise RecordTooLarge(index, size)


def headers_array(headers: Sequence[Sequence[tuple[str, bytes]]]) -> Any:
    """LIST<STRUCT<key, value>>, one list per record."""
    offsets = array("i", [0])
    names: list[str] = []
    values: list[bytes] = []
    for pairs in headers:
        names += [name for name, _ in pairs]
        values += [value for _, value in pairs]
        offsets.append(len(names))
    return _headers(offsets, names, values)


def no_headers(rows: int) -> Any:
    """An empty list for each of that many records."""
    return _headers(array("i", bytes(4 * (rows + 1))), [], [])


def _headers(offsets: array[int], names: list[str], values: list[bytes]) -> Any:
    pairs = struct_array(
        [Array(names, DataType.utf8()), Array(values, DataType.binary())], fields=HEADER_FIELDS
    )
    return list_array(Array.from_buffer(offsets), pairs)


def encode_block(table: Table) -> tuple[bytes, int]:
    """Arrow IPC with lz4, and its checksum."""
    buffer = io.BytesIO()
    write_ipc_stream(table, buffer, compression="lz4")
    data = buffer.getvalue()
    return data, zlib.crc32(data)


def decode_block(data: bytes, checksum: int, place: str) -> Table:
    """The table of a block. Raises CorruptLog, naming `place`, if it is damaged."""
    if zlib.crc32(data) != checksum:
        raise CorruptLog(
            f"{place} is damaged: its checksum does not match.", hint="put the file back from a copy"
        )
    try:
        return read_ipc_stream(io.BytesIO(data)).read_all()
    except Exception as error:
        raise CorruptLog(f"{place} cannot be read: {error}.", hint="put the file back from a copy") from error


def placed(table: Table, first_offset: int) -> Table:
    """What readers get: key, value, offset, timestamp with zone, headers."""
    rows = table.num_rows
    headers = table.column("headers") if "headers" in table.column_names else no_headers(rows)
    return Table.from_arrays(
        [
            table.column("key"),
            table.column("value"),
            longs(range(first_offset, first_offset + rows)),
            table.column("timestamp").cast(TIMESTAMP),
            headers,
        ],
        names=["key", "value", "offset", "timestamp", "headers"],
    )


def concatenated(tables: Sequence[Table]) -> Table:
    """One table of several with the same columns."""
    batches = [batch for table in tables for batch in table.to_batches()]
    return Table.from_batches(batches, schema=tables[0].schema)
