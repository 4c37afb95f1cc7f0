-- name: nums
SELECT * FROM VALUES
  (1, CAST(1 AS TINYINT), CAST(10 AS SMALLINT), 100L, CAST(1.5 AS DOUBLE), CAST(2.50 AS DECIMAL(10,2)), true, 'a'),
  (2, CAST(-2 AS TINYINT), CAST(-20 AS SMALLINT), -200L, CAST(-2.25 AS DOUBLE), CAST(-0.01 AS DECIMAL(10,2)), false, 'b'),
  (3, CAST(127 AS TINYINT), CAST(32767 AS SMALLINT), 9223372036854775807L, CAST(0 AS DOUBLE), CAST(99999999.99 AS DECIMAL(10,2)), NULL, ''),
  (0, CAST(0 AS TINYINT), CAST(0 AS SMALLINT), 0L, CAST(1e10 AS DOUBLE), CAST(0 AS DECIMAL(10,2)), true, 'Ä'),
  (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)
AS t(i, y, h, l, d, x, b, s);
-- name: sales
SELECT * FROM VALUES
  (1, 'north', 'apple', 10, DATE '2024-01-01', TIMESTAMP '2024-01-01 10:15:00'),
  (2, 'north', 'pear', 5, DATE '2024-01-02', TIMESTAMP '2024-01-02 11:00:00'),
  (3, 'south', 'apple', 7, DATE '2024-01-02', TIMESTAMP '2024-01-02 23:59:59'),
  (4, 'south', 'fig', NULL, DATE '2024-02-29', TIMESTAMP '2024-02-29 00:00:00'),
  (5, NULL, 'apple', 3, NULL, NULL),
  (6, 'east', NULL, 12, DATE '2023-12-31', TIMESTAMP '2023-12-31 12:30:30')
AS t(id, region, item, amount, day, at);
-- name: items
SELECT * FROM VALUES ('apple', 'fruit', 2.50), ('pear', 'fruit', 3.00), ('leek', 'vegetable', 1.25), (NULL, 'none', 0.00)
AS t(item, kind, price);
-- name: nested
SELECT * FROM VALUES
  (1, array(1, 2, NULL), map('k', 1, 'j', 2), named_struct('f', 1, 'g', 'x'), array(named_struct('p', 1), named_struct('p', 2))),
  (2, CAST(array() AS ARRAY<INT>), map('z', CAST(NULL AS INT)), named_struct('f', 2, 'g', CAST(NULL AS STRING)), NULL),
  (3, NULL, NULL, NULL, array(named_struct('p', 3)))
AS t(id, arr, m, st, rows)
