"""Spark Structured Streaming over the same records; runs under a Python that has pyspark.

Text files of records -> bronze -> silver (Delta), both `availableNow` in micro-batches of about 200,000,
then the counts per minute. Reads one folder per line of stdin, answers each with one JSON object; so one
session serves all turns, and the first turn warms the JVM up.

    python spark.py JARS_FOLDER
"""

import json
import os
import sys
import time
from pathlib import Path

FIELDS = "date_time TIMESTAMP, state STRING, ip_address STRING, category STRING, sub_cat STRING, type STRING, pid INT"
FILES_PER_BATCH = 2


def session(jars: str):
    """A session on two cores with Delta, loopback only."""
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    from pyspark.sql import SparkSession

    names = sorted(str(path) for path in Path(jars).glob("*.jar"))
    builder = SparkSession.builder.master("local[2]").config("spark.jars", ",".join(names))
    for key, value in {
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        "spark.databricks.delta.snapshotPartitions": "2",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.session.timeZone": "UTC",
        "spark.ui.enabled": "false",
        "spark.driver.memory": "2g",
    }.items():
        builder = builder.config(key, value)
    made = builder.getOrCreate()
    made.sparkContext.setLogLevel("ERROR")
    return made


def turn(spark, folder: Path) -> dict:
    """One run over the records in `<folder>/records`; the lake is new."""
    from pyspark.sql import functions as f

    lake = folder / "spark"
    started, cpu_before = time.perf_counter(), cpu_seconds(spark)
    lines = spark.readStream.format("text").option("maxFilesPerTrigger", FILES_PER_BATCH)
    records = lines.load(str(folder / "records")).select(
        f.col("value").cast("binary").alias("value"), f.current_timestamp().alias("timestamp")
    )
    batches = carry(records, lake, "bronze")
    bronze = spark.readStream.format("delta").option("maxFilesPerTrigger", FILES_PER_BATCH)
    log = f.from_json(f.col("value").cast("string"), FIELDS, {"mode": "FAILFAST"}).alias("log")
    silver = bronze.load(str(lake / "bronze")).select(log, "timestamp").select("log.*", "timestamp")
    batches += carry(silver.where("date_time <= timestamp + INTERVAL 1 HOUR"), lake, "silver")
    minute = f.date_trunc("MINUTE", "date_time").alias("minute")
    clicks = spark.read.format("delta").load(str(lake / "silver")).groupBy(minute, "category").count()
    clicks.write.format("delta").save(str(lake / "gold"))
    seconds, cpu = time.perf_counter() - started, cpu_seconds(spark) - cpu_before
    found = spark.read.format("delta").load(str(lake / "gold")).agg(f.sum("count")).first()[0]
    return {"events": found, "seconds": seconds, "cpu_seconds": cpu, "batches": batches}


def cpu_seconds(spark) -> float:
    """What the JVM used so far, user and system; 0 where the system does not say."""
    stat = Path(f"/proc/{spark.sparkContext._gateway.proc.pid}/stat")
    if not stat.exists():
        return 0.0
    after_name = stat.read_text().rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")


def carry(stream, lake: Path, name: str) -> int:
    """Run a stream until its input is used up; returns how many batches it made."""
    writer = stream.writeStream.format("delta").trigger(availableNow=True)
    query = writer.option("checkpointLocation", str(lake / f"{name}-checkpoint")).start(str(lake / name))
    query.awaitTermination()
    return len(query.recentProgress)


def main(jars: str) -> None:
    """Serve turns until stdin ends."""
    spark = session(jars)
    for line in sys.stdin:
        print("answer " + json.dumps(turn(spark, Path(line.strip()))), flush=True)
    spark.stop()


if __name__ == "__main__":
    main(sys.argv[1])
