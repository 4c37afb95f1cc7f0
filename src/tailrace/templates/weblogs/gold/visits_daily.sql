CREATE OR REFRESH MATERIALIZED VIEW gold.visits_daily
COMMENT 'Visits per day, by type, state and category'
AS SELECT CAST(date_time AS DATE) AS day, type, state, category, count(*) AS visits
FROM silver.web_logs
WHERE pid IS NULL
GROUP BY CAST(date_time AS DATE), type, state, category;
