CREATE OR REFRESH MATERIALIZED VIEW gold.report_station_day
COMMENT 'Passengers per station and day; its sums are those of the fact'
AS SELECT
  date, unit, linename, station,
  sum(entries) AS entries,
  sum(exits) AS exits,
  count(DISTINCT c_a, scp) AS devices,
  count(*) AS intervals
FROM gold.fact_turnstile
GROUP BY date, unit, linename, station;
