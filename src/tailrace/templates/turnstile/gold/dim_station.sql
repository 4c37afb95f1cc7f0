-- A station is a unit and the lines that stop there; its name is what the newest reading calls it.
CREATE OR REFRESH MATERIALIZED VIEW gold.dim_station
COMMENT 'Stations, by unit and lines'
AS SELECT concat(unit, ':', linename) AS station_key, unit, linename, station, division
FROM (
  SELECT
    unit, linename, station, division,
    row_number() OVER (PARTITION BY unit, linename ORDER BY newest DESC, station, division) AS choice
  FROM (
    SELECT unit, linename, station, division, max(time) AS newest
    FROM silver.turnstile_readings
    GROUP BY unit, linename, station, division
  )
)
WHERE choice = 1;
