CREATE OR REFRESH MATERIALIZED VIEW gold.fact_turnstile
COMMENT 'Passengers per device and interval; a refused measure is NULL, the row stays if the other is kept'
AS SELECT
  c_a, unit, scp, station, linename, division,
  CAST(time AS DATE) AS date,
  time, entries, exits,
  'register' AS source
FROM silver.turnstile_intervals
WHERE entries IS NOT NULL OR exits IS NOT NULL;
