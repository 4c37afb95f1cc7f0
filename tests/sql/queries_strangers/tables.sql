-- name: st_ev
SELECT * FROM VALUES
 (1, 101, TIMESTAMP'2024-01-01 09:00:00', 'view', '/home', CAST(NULL AS DECIMAL(10,2)), '{"ref":"ads","w":1024,"f":[1,2]}', array('new','Ä'), map('ab','x','os','ios'), named_struct('id','s1','dev',named_struct('os','ios','ver',17))),
 (2, 101, TIMESTAMP'2024-01-01 09:10:00.5', 'cart', '/p/7?x=1', 19.99, '{"ref":null,"w":800}', array('new',NULL), map(), named_struct('id','s1','dev',named_struct('os','ios','ver',17))),
 (3, 101, TIMESTAMP'2024-01-01 10:05:00', 'buy', '/checkout', 19.99, '{"ref":"mail","w":800.5,"geo":{"lat":1.5,"lon":-2}}', array(), map('os',NULL), named_struct('id','s2','dev',NULL)),
 (4, 102, TIMESTAMP'2024-01-31 23:59:59.999999', 'view', '/home', NULL, 'not json', NULL, NULL, NULL),
 (5, 102, TIMESTAMP'2024-02-01 00:00:00', 'view', '/p/8', NULL, '', array('old','old'), map('os','android','ab','y'), named_struct('id',NULL,'dev',named_struct('os','android','ver',NULL))),
 (6, 103, TIMESTAMP'2024-02-29 12:00:00', 'cart', '/p/9', 5.00, '{"ref":"ads","w":"320"}', array('😀','new'), map('os','ios'), named_struct('id','s4','dev',named_struct('os','ios','ver',16))),
 (7, 103, TIMESTAMP'2024-02-29 12:20:00', 'buy', '/checkout', 5.00, '{"items":[{"sku":"a","n":1},{"sku":"b"}]}', array('new'), map('os','ios','ab','x'), named_struct('id','s4','dev',named_struct('os','ios','ver',16))),
 (8, 103, TIMESTAMP'2024-02-29 12:20:00', 'buy', '/checkout', 7.25, '{"ref":"ads"}', array('x','y','z'), map('k','v'), named_struct('id','s4','dev',named_struct('os','web','ver',1))),
 (9, NULL, TIMESTAMP'2024-03-10 02:30:00', 'view', NULL, NULL, NULL, array('new'), map('os','web'), named_struct('id','s5','dev',named_struct('os','web','ver',2))),
 (10, 104, TIMESTAMP'2025-01-15 08:00:00', 'buy', '/Checkout ', 100.00, '{"ref":"ads","w":1e3}', array('b','a'), map('ab','y'), named_struct('id','s6','dev',named_struct('os','ios','ver',18)))
 AS t(id, user_id, ts, kind, page, amount, props, tags, attrs, sess);
-- name: st_ord
SELECT * FROM VALUES
 (1001L, 101, DATE'2023-01-15', CAST(120.50 AS DECIMAL(10,2)), 'paid', array(named_struct('sku','a','qty',1,'price',CAST(100.50 AS DECIMAL(10,2))),named_struct('sku','b','qty',2,'price',CAST(10.00 AS DECIMAL(10,2)))), ' first  order '),
 (1002L, 101, DATE'2023-02-15', CAST(80.00 AS DECIMAL(10,2)), 'paid', array(named_struct('sku','c','qty',8,'price',CAST(10.00 AS DECIMAL(10,2)))), NULL),
 (1003L, 101, DATE'2024-01-20', CAST(200.00 AS DECIMAL(10,2)), 'refunded', array(), ''),
 (1004L, 102, DATE'2023-01-31', CAST(15.25 AS DECIMAL(10,2)), 'paid', NULL, 'ref#12-AB, call 030-1234'),
 (1005L, 102, DATE'2024-01-31', CAST(30.50 AS DECIMAL(10,2)), 'open', array(named_struct('sku','a','qty',NULL,'price',NULL)), 'Straße Ünïcode'),
 (1006L, 103, DATE'2024-02-29', CAST(0.00 AS DECIMAL(10,2)), 'paid', array(named_struct('sku',NULL,'qty',0,'price',CAST(0 AS DECIMAL(10,2)))), 'a;b;;c'),
 (1007L, 103, DATE'2023-02-28', CAST(60.00 AS DECIMAL(10,2)), NULL, array(NULL), 'k1=v1&k2=v2'),
 (1008L, NULL, DATE'2024-12-31', CAST(-5.00 AS DECIMAL(10,2)), 'paid', array(named_struct('sku','z','qty',-1,'price',CAST(5.00 AS DECIMAL(10,2)))), '2024-13-45'),
 (1009L, 105, NULL, NULL, 'open', NULL, '😀 emoji'),
 (1010L, 105, DATE'2024-02-01', CAST(99999999.99 AS DECIMAL(10,2)), 'paid', array(named_struct('sku','a','qty',3,'price',CAST(9.99 AS DECIMAL(10,2)))), '   ')
 AS t(order_id, user_id, day, total, status, items, note);
-- name: st_cust
SELECT * FROM VALUES
 (101L, 'Ada', 'Köln', DATE'2022-01-01', DATE'2023-12-31', true),
 (101L, 'Ada', 'Bonn', DATE'2024-01-01', CAST(NULL AS DATE), true),
 (102L, 'bob', 'Köln', DATE'2023-01-01', DATE'2024-01-30', false),
 (102L, 'Bob', NULL, DATE'2024-01-31', NULL, false),
 (103L, 'Çelik', '', DATE'2024-02-01', NULL, NULL),
 (106L, NULL, 'Aachen', DATE'0001-01-01', DATE'9999-12-31', true)
 AS t(user_id, name, city, valid_from, valid_to, vip);
-- name: st_all
SELECT k, CAST(b AS BOOLEAN) b, CAST(y AS TINYINT) y, CAST(s AS SMALLINT) s, CAST(i AS INT) i, CAST(l AS BIGINT) l, CAST(f AS FLOAT) f, CAST(d AS DOUBLE) d, CAST(c AS DECIMAL(10,2)) c, CAST(e AS DECIMAL(38,18)) e, CAST(st AS STRING) st, CAST(x AS BINARY) x, CAST(dt AS DATE) dt, CAST(tz AS TIMESTAMP) tz, CAST(nt AS TIMESTAMP_NTZ) nt, ym, ds, CAST(ai AS ARRAY<INT>) ai, CAST(asx AS ARRAY<STRING>) asx, CAST(m AS MAP<STRING,INT>) m, CAST(stt AS STRUCT<a:INT,b:STRING>) stt, CAST(n2 AS ARRAY<STRUCT<p:INT,q:ARRAY<DOUBLE>>>) n2 FROM VALUES
 (1, true, 127, 32767, 2147483647, 9223372036854775807, '3.4028235E38', '1.7976931348623157E308', 99999999.99BD, 99999999999999999999.999999999999999999BD, 'Äpfel 😀', X'00FF', DATE'9999-12-31', TIMESTAMP'9999-12-31 23:59:59.999999', TIMESTAMP_NTZ'9999-12-31 23:59:59.999999', INTERVAL '9999-11' YEAR TO MONTH, INTERVAL '9999 23:59:59.999999' DAY TO SECOND, array(1,2,NULL), array('b','a',NULL), map('a',1,'b',NULL), named_struct('a',1,'b','x'), array(named_struct('p',1,'q',array(1.5D,NULL)),NULL)),
 (2, false, -128, -32768, -2147483648, -9223372036854775808, '-0.0', '-0.0', -99999999.99BD, -99999999999999999999.999999999999999999BD, '', X'', DATE'0001-01-01', TIMESTAMP'0001-01-01 00:00:00', TIMESTAMP_NTZ'0001-01-01 00:00:00', INTERVAL '-9999-11' YEAR TO MONTH, INTERVAL '-9999 23:59:59.999999' DAY TO SECOND, array(), array(), map(), named_struct('a',NULL,'b',NULL), array()),
 (3, NULL, 0, 0, 0, 0, 'NaN', 'NaN', 0.00BD, 0BD, '   ', X'C384', DATE'1970-01-01', TIMESTAMP'1969-12-31 23:59:59.5', TIMESTAMP_NTZ'1969-12-31 23:59:59.5', INTERVAL '0' MONTH, INTERVAL '0' SECOND, array(3,3,1), array('é','',' '), map('',0), named_struct('a',3,'b',''), array(named_struct('p',NULL,'q',NULL))),
 (4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
 (5, true, 5, -7, 42, 1234567890123, '0.1', '2.5', 2.50BD, 1.5BD, '42', X'616263', DATE'2024-02-29', TIMESTAMP'2024-02-29 13:14:15.123456', TIMESTAMP_NTZ'2024-02-29 13:14:15.123456', INTERVAL '1-2' YEAR TO MONTH, INTERVAL '1 02:03:04.5' DAY TO SECOND, array(10,20,30), array('x,y','z'), map('k',5,'a',7), named_struct('a',5,'b','five'), array(named_struct('p',5,'q',array(0.1D,-0.0D)),named_struct('p',6,'q',array()))),
 (6, false, -5, 300, -42, -3000000000, '-Infinity', '-Infinity', -0.05BD, -0.000000000000000001BD, ' 2024-02-29 ', X'F09F9880', DATE'2023-12-31', TIMESTAMP'2023-12-31 23:30:00', TIMESTAMP_NTZ'2023-12-31 23:30:00', INTERVAL '-3' MONTH, INTERVAL '-90' MINUTE, array(NULL), array('a'), map('z',-1), named_struct('a',-6,'b','İ'), NULL),
 (7, true, 1, 1, 1, 1, '1.5', '1e-300', 0.10BD, 0.1BD, 'straße_%\\', X'31', DATE'1582-10-04', TIMESTAMP'1582-10-15 00:00:00', TIMESTAMP_NTZ'1582-10-04 12:00:00', INTERVAL '12' YEAR, INTERVAL '100' DAY, array(-1,0,1), array('true','1'), map('a',1), named_struct('a',7,'b','😀'), array(named_struct('p',0,'q',array(CAST('NaN' AS DOUBLE)))))
 AS t(k, b, y, s, i, l, f, d, c, e, st, x, dt, tz, nt, ym, ds, ai, asx, m, stt, n2);
-- name: st_dim
SELECT * FROM VALUES ('Köln', 50667, 'DE'), ('Bonn', 53111, 'DE'), ('Aachen', NULL, 'DE'), (NULL, 0, 'XX'), ('', 1, NULL) AS t(city, zip, Country);
