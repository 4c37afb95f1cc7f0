-- One typed reading per line. The files' wall clock is taken as UTC.
CREATE OR REFRESH STREAMING TABLE silver.turnstile_readings (
  CONSTRAINT device_is_named EXPECT (c_a IS NOT NULL AND unit IS NOT NULL AND scp IS NOT NULL) ON VIOLATION DROP ROW
)
COMMENT 'Readings of cumulative registers'
TBLPROPERTIES ('quality' = 'silver')
AS SELECT
  c_a,
  unit,
  scp,
  station,
  linename,
  division,
  to_timestamp(concat(date, ' ', time), 'MM/dd/yyyy HH:mm:ss') AS time,
  desc,
  CAST(entries AS BIGINT) AS entries,
  CAST(exits AS BIGINT) AS exits,
  file_name
FROM STREAM(bronze.turnstile_files);
