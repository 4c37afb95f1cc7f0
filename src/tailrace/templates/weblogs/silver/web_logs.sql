-- One typed row per well-formed record. What does not parse is a row of system.rejected with its reason
-- and its bytes; what claims to come from the future is rejected by name.
CREATE OR REFRESH STREAMING TABLE silver.web_logs (
  date_time TIMESTAMP COMMENT 'when the visitor clicked',
  state STRING COMMENT 'US state',
  ip_address STRING,
  category STRING,
  sub_cat STRING,
  type STRING,
  pid INT COMMENT 'product put into the cart; NULL for a visit',
  timestamp TIMESTAMP COMMENT 'when the log took the record',
  CONSTRAINT not_future EXPECT (date_time <= timestamp + INTERVAL 1 HOUR) ON VIOLATION DROP ROW
)
COMMENT 'Visits and cart adds'
TBLPROPERTIES ('quality' = 'silver')
AS SELECT
  log.date_time, log.state, log.ip_address, log.category, log.sub_cat, log.type, log.pid, timestamp
FROM (
  SELECT
    from_json(
      CAST(value AS STRING),
      'date_time TIMESTAMP, state STRING, ip_address STRING, category STRING, sub_cat STRING, type STRING, pid INT',
      map('mode', 'FAILFAST')
    ) AS log,
    timestamp
  FROM STREAM(bronze.web_logs_raw)
);
