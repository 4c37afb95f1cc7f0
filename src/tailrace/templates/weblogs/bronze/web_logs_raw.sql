-- Every record of the topic, byte for byte: what arrives is kept before anything can fail on it.
CREATE OR REFRESH STREAMING TABLE bronze.web_logs_raw
COMMENT 'Every record of the topic as it came'
TBLPROPERTIES ('quality' = 'bronze')
AS SELECT value, topic, partition, offset, timestamp
FROM STREAM read_kafka(subscribe => 'user_browsing_logs');
