-- Differences that cannot be passengers, each measure judged alone.
CREATE OR REFRESH MATERIALIZED VIEW silver.turnstile_refused
COMMENT 'Refused differences with the reason: reset, count-down or jump'
AS SELECT
  c_a, unit, scp, time, measure, value,
  CASE WHEN value < -10000 THEN 'reset' WHEN value < 0 THEN 'count-down' ELSE 'jump' END AS reason
FROM (
  SELECT c_a, unit, scp, time, 'entries' AS measure, entries_difference AS value
  FROM silver.turnstile_intervals
  WHERE entries IS NULL AND entries_difference IS NOT NULL
  UNION ALL
  SELECT c_a, unit, scp, time, 'exits' AS measure, exits_difference AS value
  FROM silver.turnstile_intervals
  WHERE exits IS NULL AND exits_difference IS NOT NULL
);
