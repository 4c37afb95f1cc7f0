"""A small project to be proved: topic, bronze, silver with rejected rows and partitions, one view.

It has three data batches and one refresh, so that a case can hit the first, a middle and the last.
"""

from __future__ import annotations

from pathlib import Path

from tailrace.log.contract import Record
from tailrace.log.embedded import EmbeddedLog
from tailrace.model.clock import Clock

FILES = {
    "tailrace.yaml": "engine: {rows_max: 40}\n",
    "bronze/events.sql": """
CREATE STREAMING TABLE events AS
SELECT value, topic, partition, offset, timestamp FROM STREAM read_kafka(subscribe => 'events');
""",
    "silver/events.sql": """
CREATE STREAMING TABLE events (CONSTRAINT small EXPECT (id < 1000) ON VIOLATION DROP ROW)
PARTITIONED BY (parity) AS
SELECT CAST(CAST(value AS STRING) AS INT) AS id,
       CASE WHEN CAST(CAST(value AS STRING) AS INT) % 2 = 0 THEN 'even' ELSE 'odd' END AS parity
FROM STREAM(bronze.events) WHERE length(value) > 0;
""",
    "gold/counts.sql": """
CREATE MATERIALIZED VIEW counts AS SELECT parity, count(*) AS n FROM silver.events GROUP BY parity;
""",
}
RECORDS = [b"%d" % i for i in range(100)] + [b"", b"nonsense", b"\xff\xfe", b"5000"] * 5


def make_sample(folder: Path, clock: Clock) -> Path:
    """Write the project and its topic."""
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    log = EmbeddedLog(folder / ".tailrace" / "log", clock)
    log.create("events", 1)
    log.append("events", 0, [Record(None, value) for value in RECORDS])
    return folder
