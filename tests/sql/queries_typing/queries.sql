-- What Spark refuses by type
SELECT array_repeat(s, k) FROM VALUES ('a', 2L) AS t(s, k);
SELECT array_repeat(s, k) FROM VALUES ('a', CAST(2 AS TINYINT)) AS t(s, k);
SELECT assert_true(s) FROM VALUES ('true') AS t(s);
SELECT concat_ws(a, 'x') FROM VALUES (array(1)) AS t(a);
SELECT map(map('a', 1), 2);
SELECT equal_null(m, m) FROM VALUES (map('a', 1)) AS t(m);
SELECT nullif(m, m) FROM VALUES (map('a', 1)) AS t(m);
SELECT array(1) = array('1');
SELECT nullif(array(1), array('1'));
SELECT s AND s FROM VALUES ('true') AS t(s);
SELECT s OR NULL FROM VALUES ('true') AS t(s);
SELECT unix_date(s) FROM VALUES ('2024-01-01') AS t(s);
SELECT unix_micros(s), unix_millis(s) FROM VALUES ('2024-01-01') AS t(s);
SELECT unix_seconds(s) FROM VALUES ('2024-01-01') AS t(s);
SELECT array_append(array(1), CAST(1.5 AS DECIMAL(10,2)));
-- Names and types
SELECT s AND b, b OR s FROM VALUES ('true', false), (NULL, true) AS t(s, b);
SELECT array_append(a, f), array_prepend(a, f), array_remove(a, f), array_position(a, f) FROM VALUES (array(1, 2), CAST(2 AS FLOAT)), (array(3), CAST(0.5 AS FLOAT)) AS t(a, f);
SELECT array_contains(a, f) FROM VALUES (array(1, 2), CAST(2 AS FLOAT)), (array(3), CAST(0.5 AS FLOAT)) AS t(a, f);
SELECT array_repeat(s, k) FROM VALUES ('a', 2), ('b', NULL), ('c', -1) AS t(s, k);
SELECT array_repeat(s, NULL) FROM VALUES ('a') AS t(s);
SELECT assert_true(b) FROM VALUES (true) AS t(b);
SELECT lpad(x, 3), rpad(x, 3) FROM VALUES (X'0102') AS t(x);
SELECT pi(), e();
SELECT nanvl(f, NULL) FROM VALUES (CAST(1.5 AS FLOAT)), (CAST('NaN' AS FLOAT)) AS t(f);
SELECT nullifzero(NULL), NULL DIV NULL, NULL / CAST(1 AS DECIMAL(10,2));
-- Bits, subscripts
SELECT i << k, i >> k, l << k, l >> k, i << 33, -1 >> 1 FROM VALUES (1, 5L, 3), (-7, -7L, 1), (NULL, 1L, 40) AS t(i, l, k);
SELECT 1 << 2 << 3, (1 << 2) | 1, 1 + 1 << 2;
SELECT m[DATE'2024-01-01'], m[1.50] FROM VALUES (map('2024-01-01', 10, '1.50', 2)) AS t(m);
