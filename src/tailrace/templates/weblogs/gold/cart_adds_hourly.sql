CREATE OR REFRESH MATERIALIZED VIEW gold.cart_adds_hourly
COMMENT 'Products put into carts per hour, by type, state, category and sub-category'
AS SELECT date_trunc('HOUR', date_time) AS hour, type, state, category, sub_cat, count(*) AS cart_adds
FROM silver.web_logs
WHERE pid IS NOT NULL
GROUP BY date_trunc('HOUR', date_time), type, state, category, sub_cat;
