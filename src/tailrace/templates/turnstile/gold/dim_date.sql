CREATE OR REFRESH MATERIALIZED VIEW gold.dim_date
COMMENT 'Days with passengers; weekday is 1 for Monday to 7 for Sunday'
AS SELECT DISTINCT
  date,
  year(date) AS year,
  month(date) AS month,
  day(date) AS day,
  weekday(date) + 1 AS weekday
FROM gold.fact_turnstile;
