"""The yardstick: DuckDB and deltalake in a bare loop, without any guarantee.

The same reads from the log, the same columns, the same three tables in batches of the same size; but no
syncs, no accounts, no rejected rows, no recovery, no expectation, and a record that does not parse ends
it. Prints one JSON object.

    python -m benchmarks.bare LOG_FOLDER LAKE_FOLDER
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import duckdb
from deltalake import DeltaTable, write_deltalake
from deltalake.transaction import AddAction

from tailrace.log.embedded import EmbeddedLog
from tailrace.model.clock import SystemClock
from tailrace.proof.bench import TOPIC, cpu_seconds

ROWS = 200_000
BYTES = 64 * 1024 * 1024
SHAPE = (
    '{"date_time": "TIMESTAMP", "state": "VARCHAR", "ip_address": "VARCHAR", "category": "VARCHAR", '
    '"sub_cat": "VARCHAR", "type": "VARCHAR", "pid": "INTEGER"}'
)
BRONZE = "SELECT value, 'clicks' AS topic, 0 AS partition, \"offset\", timestamp FROM block"
SILVER = f"""
SELECT log.date_time::TIMESTAMPTZ AS date_time, log.state, log.ip_address, log.category, log.sub_cat,
       log.type, log.pid, timestamp
FROM (SELECT from_json(decode(value), '{SHAPE}') AS log, timestamp FROM block)
"""
VIEW = """
SELECT date_trunc('minute', date_time) AS minute, category, count(*) AS clicks
FROM read_parquet('{folder}/*.parquet') GROUP BY ALL
"""


def main(log_folder: str, lake: str) -> None:
    """Read everything once, and measure."""
    log = EmbeddedLog(Path(log_folder), SystemClock())
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    started, cpu_before = time.perf_counter(), cpu_seconds()
    offset, end, batches = 0, log.end_offsets(TOPIC)[0], 0
    while offset < end:
        block = log.read(TOPIC, 0, offset, ROWS, BYTES)
        connection.register("records", block)
        connection.execute("CREATE OR REPLACE TEMP TABLE block AS SELECT * FROM records")
        connection.unregister("records")
        append(connection, BRONZE, Path(lake) / "bronze", batches)
        append(connection, SILVER, Path(lake) / "silver", batches)
        offset += block.num_rows
        batches += 1
    view = connection.sql(VIEW.format(folder=Path(lake) / "silver"))
    write_deltalake(str(Path(lake) / "gold"), view, mode="overwrite")
    seconds, cpu = time.perf_counter() - started, cpu_seconds() - cpu_before
    clicks = (
        connection.sql(VIEW.format(folder=Path(lake) / "silver")).aggregate("sum(clicks)").fetchall()[0][0]
    )
    print(json.dumps({"events": int(clicks), "seconds": seconds, "cpu_seconds": cpu, "batches": batches}))


def append(connection: duckdb.DuckDBPyConnection, query: str, folder: Path, number: int) -> None:
    """One Parquet file by COPY, one commit that adds it."""
    folder.mkdir(parents=True, exist_ok=True)
    if number == 0:
        empty: Any = connection.sql(f"SELECT * FROM ({query}) LIMIT 0")
        write_deltalake(str(folder), empty)
    path = folder / f"part-{number}.parquet"
    connection.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet, COMPRESSION zstd)")
    table = DeltaTable(str(folder))
    size = path.stat().st_size
    action = AddAction(path.name, size, {}, int(time.time() * 1_000), True, "{}")
    table.create_write_transaction([action], "append", table.schema())


if __name__ == "__main__":
    main(*sys.argv[1:])
