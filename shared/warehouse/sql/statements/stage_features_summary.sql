{{- /* What a staging table of audio features holds, an object a row, in the form of stage_summary.sql. */ -}}
SELECT
  object,
  COUNT(*) AS rows_read,
  0 AS not_music,
  0 AS rejected,
  COUNT(CASE WHEN NOT STARTS_WITH(object, 'features/') OR track_id = '' THEN 1 END) AS stray,
  CAST(NULL AS TIMESTAMP) AS oldest,
  CAST(NULL AS TIMESTAMP) AS newest,
  MAX(fetched_at) AS fetched_at
FROM {{.Staging}}
GROUP BY object
