-- Registers become increments. A device is (C/A, UNIT, SCP); of several readings at one time REGULAR
-- wins, then the greater ENTRIES, then the greater EXITS. A difference over a gap belongs to the later
-- reading; a device's first reading gives none.
CREATE OR REFRESH MATERIALIZED VIEW silver.turnstile_intervals
COMMENT 'Differences between consecutive readings of a device, before they are judged'
AS WITH ranked AS (
  SELECT
    c_a, unit, scp, station, linename, division, time, entries, exits,
    row_number() OVER (
      PARTITION BY c_a, unit, scp, time
      ORDER BY
        CASE WHEN desc = 'REGULAR' THEN 0 ELSE 1 END,
        entries DESC, exits DESC, station, linename, division
    ) AS choice
  FROM silver.turnstile_readings
),
readings AS (
  SELECT
    c_a, unit, scp, station, linename, division, time,
    lag(time) OVER (PARTITION BY c_a, unit, scp ORDER BY time) AS previous_time,
    entries - lag(entries) OVER (PARTITION BY c_a, unit, scp ORDER BY time) AS entries_difference,
    exits - lag(exits) OVER (PARTITION BY c_a, unit, scp ORDER BY time) AS exits_difference
  FROM ranked
  WHERE choice = 1
)
SELECT
  c_a, unit, scp, station, linename, division, previous_time, time,
  entries_difference, exits_difference,
  CASE WHEN entries_difference BETWEEN 0 AND 10000 THEN entries_difference END AS entries,
  CASE WHEN exits_difference BETWEEN 0 AND 10000 THEN exits_difference END AS exits
FROM readings
WHERE previous_time IS NOT NULL;
