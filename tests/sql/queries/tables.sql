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
-- name: t
SELECT CAST(id AS INT) id,
  CAST(i AS INT) i,
  CAST(l AS BIGINT) l,
  CAST(s AS SMALLINT) s,
  CAST(y AS TINYINT) y,
  CAST(f AS FLOAT) f,
  CAST(d AS DOUBLE) d,
  CAST(m AS DECIMAL(10,2)) m,
  CAST(n AS DECIMAL(20,6)) n,
  CAST(b AS BOOLEAN) b,
  CAST(c AS STRING) c,
  CAST(w AS STRING) w,
  CAST(w AS BINARY) x,
  CAST(dt AS DATE) dt,
  CAST(ts AS TIMESTAMP) ts,
  CAST(tn AS TIMESTAMP_NTZ) tn,
  CASE id WHEN 1 THEN array(1, 2, 3) WHEN 2 THEN CAST(array() AS ARRAY<INT>) WHEN 3 THEN array(NULL, 5) WHEN 5 THEN array(7) WHEN 6 THEN array(1, 2, 3) WHEN 7 THEN array(100, -1) WHEN 8 THEN array(2, 2, 2) END a,
  CASE id WHEN 1 THEN array('a', 'b') WHEN 2 THEN CAST(array() AS ARRAY<STRING>) WHEN 3 THEN array('x', NULL) WHEN 5 THEN array('z') WHEN 6 THEN array('a', 'b') WHEN 7 THEN array('', 'b') WHEN 8 THEN array('b', 'a', 'b') END r,
  CASE id WHEN 1 THEN named_struct('p', CAST(1 AS INT), 'q', CAST('x' AS STRING)) WHEN 2 THEN named_struct('p', CAST(NULL AS INT), 'q', CAST('y' AS STRING)) WHEN 3 THEN named_struct('p', CAST(3 AS INT), 'q', CAST(NULL AS STRING)) WHEN 5 THEN named_struct('p', CAST(5 AS INT), 'q', CAST('abc' AS STRING)) WHEN 6 THEN named_struct('p', CAST(1 AS INT), 'q', CAST('x' AS STRING)) WHEN 7 THEN named_struct('p', CAST(-1 AS INT), 'q', CAST('' AS STRING)) WHEN 8 THEN named_struct('p', CAST(2 AS INT), 'q', CAST('z' AS STRING)) END st,
  CASE id WHEN 1 THEN map('k', CAST(1 AS INT), 'j', CAST(2 AS INT)) WHEN 2 THEN map_filter(map('k', 1), (k, z) -> false) WHEN 3 THEN map('k', CAST(NULL AS INT)) WHEN 5 THEN map('a', CAST(9 AS INT), 'b', CAST(8 AS INT), 'k', CAST(3 AS INT)) WHEN 6 THEN map('k', CAST(1 AS INT), 'j', CAST(2 AS INT)) WHEN 7 THEN map('', CAST(0 AS INT)) WHEN 8 THEN map('k', CAST(5 AS INT)) END mp FROM VALUES
(1,1,10,3,1,1.5,2.25,'12.50','3.141593',true,'7','abc','2024-02-29','2024-02-29 12:34:56.789','2024-02-29 12:34:56','[1,2,3]','["a","b"]','{"p":1,"q":"x"}','{"k":1,"j":2}'),
(2,2,20,-3,-1,-0.5,0.1,'-0.01','0.000001',false,' 12 ','Äöü ß','1969-12-31','1969-12-31 23:59:59.999999','1900-01-01 00:00:00','[]','[]','{"p":null,"q":"y"}','{}'),
(3,3,NULL,0,0,0.0,0.0,'0.00','0.000000',NULL,'3.5','','2000-01-01','2000-01-01 00:00:00','2000-01-01 00:00:00','[null,5]','["x",null]','{"p":3,"q":null}','{"k":null}'),
(4,NULL,7,NULL,5,NULL,NULL,NULL,NULL,true,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL),
(5,-7,-100,7,100,3.25,100.5,'99999.99','-12345.678900',false,'-1','hello world','2023-03-15','2023-03-15 08:09:10','2023-03-15 20:21:22.5','[7]','["z"]','{"p":5,"q":"abc"}','{"a":9,"b":8,"k":3}'),
(6,1,10,3,1,1.5,2.25,'12.50','3.141593',true,'7','abc','2024-02-29','2024-02-29 12:34:56.789','2024-02-29 12:34:56','[1,2,3]','["a","b"]','{"p":1,"q":"x"}','{"k":1,"j":2}'),
(7,100,1000000000000,-100,-100,1000000.0,-1234567.125,'1.10','10.500000',false,'true','a_b%c','2024-12-31','2024-12-31 23:00:00','2024-12-31 00:00:01','[100,-1]','["","b"]','{"p":-1,"q":""}','{"":0}'),
(8,2,3,1,NULL,0.25,1e10,'5.00',NULL,NULL,'2024-01-05','ABC','2024-01-05','2024-01-05 01:00:00','2024-01-05 23:59:59','[2,2,2]','["b","a","b"]','{"p":2,"q":"z"}','{"k":5}')
v(id,i,l,s,y,f,d,m,n,b,c,w,dt,ts,tn,a,r,st,mp);
-- name: u
SELECT CAST(k AS INT) k,
  CAST(g AS STRING) g,
  CAST(v AS DOUBLE) v,
  CAST(q AS BIGINT) q,
  CAST(dd AS DATE) dd FROM VALUES (1,'a',1.5,10,'2024-02-29'),(1,'b',-2.0,20,'2024-01-05'),(2,'a',NULL,NULL,'2000-01-01'),(3,NULL,0.5,7,NULL),(NULL,'c',3.0,10,'2023-03-15'),(7,'abc',9.0,-100,'2024-02-29') v(k,g,v,q,dd);
-- name: ev
SELECT CAST(id AS INT) id, CAST(usr AS STRING) usr, CAST(kind AS STRING) kind, CAST(ts AS TIMESTAMP) ts, CAST(amt AS DECIMAL(10,2)) amt, CAST(js AS STRING) js FROM VALUES
 (1,'u1','view','2024-01-01 10:00:00','0.00','{"page":"home","ms":12,"tags":["a","b"]}'),
 (2,'u1','cart','2024-01-01 10:05:00','10.50','{"page":"item","ms":null,"tags":[]}'),
 (3,'u1','buy','2024-01-01 10:50:00','10.50','{"page":"pay"}'),
 (4,'u2','view','2024-01-01 23:59:59','0.00','{"page":"home","ms":7}'),
 (5,'u2','view','2024-01-02 00:10:00','0.00','not json'),
 (6,'u2','buy','2024-01-03 09:00:00','99.99',NULL),
 (7,'Ü3','view','2024-01-03 09:00:00',NULL,'{"page":"","ms":"x"}'),
 (8,NULL,'view','2024-01-04 12:00:00','-5.00','{"page":"home","ms":1}'),
 (9,'u1','view','2024-01-31 12:00:00','1.00','{"page":"home","ms":3,"geo":{"c":"DE","z":[1,2]}}'),
 (9,'u1','view','2024-01-31 12:00:00','1.00','{"page":"home","ms":3,"geo":{"c":"DE","z":[1,2]}}'),
 (10,'u3','cart','2024-02-29 08:00:00','20.25','{"page":"item","geo":{"c":"FR"}}'),
 (11,'u3','buy',NULL,'20.25','{}') v(id,usr,kind,ts,amt,js);
-- name: usr
SELECT CAST(usr AS STRING) usr, CAST(name AS STRING) name, CAST(country AS STRING) country, CAST(since AS DATE) since, CAST(score AS DOUBLE) score FROM VALUES
 ('u1','Ann','DE','2023-05-01',1.5),('u2','Bob',NULL,'2023-06-15',NULL),('Ü3','Üzgür','TR','2024-01-03',-2.25),('u9','Zoe','DE',NULL,0.0) v(usr,name,country,since,score);
-- name: scd
SELECT CAST(k AS INT) k, CAST(v AS STRING) v, CAST(f AS DATE) f, CAST(u AS DATE) u FROM VALUES
 (1,'a','2024-01-01','2024-02-01'),(1,'b','2024-02-01','2024-03-01'),(1,'b','2024-03-01',NULL),(2,'x','2023-12-31',NULL),(3,NULL,'2024-01-15','2024-01-20') v(k,v,f,u);
-- name: em
SELECT CAST(1 AS INT) k, 'x' s, CAST(1.5 AS DOUBLE) d, CAST('2024-01-01' AS DATE) dt, array(1) a WHERE false;
-- name: big
SELECT CAST(k AS BIGINT) k, CAST(s AS STRING) s, CAST(d AS DOUBLE) d, CAST(m AS DECIMAL(18,4)) m, CAST(dt AS DATE) dt FROM VALUES
 (1,'a',1.5,'1.0000','2024-01-01'),(1,'a',1.5,'1.0000','2024-01-01'),(2,'',double('NaN'),'-0.5000','1999-12-31'),(3,'Ä',double('Infinity'),'99999999999999.9999',NULL),
 (4,'b',-0.0D,'0.0000','2024-02-29'),(5,'B',0.0D,NULL,'2024-02-29'),(NULL,NULL,NULL,NULL,NULL),(-9223372036854775808,' a',-1e300,'-3.2500','0001-01-01') v(k,s,d,m,dt);
