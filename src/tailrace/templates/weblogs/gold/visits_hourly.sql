CREATE OR REFRESH MATERIALIZED VIEW gold.visits_hourly
COMMENT 'Visits per hour, by type, state and category'
AS SELECT date_trunc('HOUR', date_time) AS hour, type, state, category, count(*) AS visits
FROM silver.web_logs
WHERE pid IS NULL
GROUP BY date_trunc('HOUR', date_time), type, state, category;
