CREATE OR REFRESH MATERIALIZED VIEW gold.cart_adds_daily
COMMENT 'Products put into carts per day, by type, state, category and sub-category'
AS SELECT CAST(date_time AS DATE) AS day, type, state, category, sub_cat, count(*) AS cart_adds
FROM silver.web_logs
WHERE pid IS NOT NULL
GROUP BY CAST(date_time AS DATE), type, state, category, sub_cat;
