"""Records as Arrow and back: the shape of a block, and of what a log gives to its readers."""

from __future__ import annotations

import io
import zlib
from array import array
from collections.abc import Sequence
from typing import Any

from arro3.core import Array, DataType, Field, Table, list_array, struct_array
from arro3.io import read_ipc_stream, write_ipc_stream

from tailrace.log.contract import CorruptLog, Record

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


def headers_array(headers: Sequence[Sequence[tuple[str, bytes]]]) -> Any:
    """LIST<STRUCT<key, value>>, one list per record."""
    offsets = array("i", [0])
    names: list[str] = []
    values: list[bytes] = []
    for pairs in headers:
        names += [name for name, _ in pairs]
        values += [value for _, value in pairs]
        offsets.append(len(names))
    pairs_array = struct_array(
        [Array(names, DataType.utf8()), Array(values, DataType.binary())], fields=HEADER_FIELDS
    )
    return list_array(Array.from_buffer(offsets), pairs_array)


def encode_block(table: Table) -> tuple[bytes, int]:
    """Arrow IPC with lz4, and its checksum."""
    buffer = io.BytesIO()
    write_ipc_stream(table, buffer, compression="lz4")
    data = buffer.getvalue()
    return data, zlib.crc32(data)


def decode_block(data: bytes, checksum: int, place: str) -> Table:
    """The table of a block. Raises CorruptLog, naming `place`, if it is damaged."""
    if zlib.crc32(data) != checksum:
        raise CorruptLog(f"{place} is damaged: its checksum does not match.", hint="put the file back from a copy")
    try:
        return read_ipc_stream(io.BytesIO(data)).read_all()
    except Exception as error:
        raise CorruptLog(f"{place} cannot be read: {error}.", hint="put the file back from a copy") from error


def placed(table: Table, first_offset: int) -> Table:
    """What readers get: key, value, offset, timestamp with zone, headers."""
    rows = table.num_rows
    headers = table.column("headers") if "headers" in table.column_names else headers_array([()] * rows)
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
