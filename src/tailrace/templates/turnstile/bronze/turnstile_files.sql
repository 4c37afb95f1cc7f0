-- Every line of the weekly files as text. The oldest files call the booth C/A, the newer ones CA.
CREATE OR REFRESH STREAMING TABLE bronze.turnstile_files
COMMENT 'Lines of the weekly register files'
TBLPROPERTIES ('quality' = 'bronze')
AS SELECT
  coalesce(`C/A`, CA) AS c_a,
  UNIT AS unit,
  SCP AS scp,
  STATION AS station,
  LINENAME AS linename,
  DIVISION AS division,
  DATE AS date,
  TIME AS time,
  DESC AS desc,
  ENTRIES AS entries,
  EXITS AS exits,
  _metadata.file_name AS file_name
FROM STREAM read_files(
  '${files}',
  format => 'csv',
  header => true,
  inferColumnTypes => false,
  pathGlobFilter => '*.csv*',
  schemaHints => '`C/A` STRING, CA STRING'
);
