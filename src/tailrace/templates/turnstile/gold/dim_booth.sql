CREATE OR REFRESH MATERIALIZED VIEW gold.dim_booth
COMMENT 'Control areas and the station that they belong to by their newest reading'
AS SELECT c_a, unit, concat(unit, ':', linename) AS station_key
FROM (
  SELECT
    c_a, unit, linename,
    row_number() OVER (PARTITION BY c_a, unit ORDER BY newest DESC, linename) AS choice
  FROM (
    SELECT c_a, unit, linename, max(time) AS newest
    FROM silver.turnstile_readings
    GROUP BY c_a, unit, linename
  )
)
WHERE choice = 1;
