{{- /* What a staging table of plays holds, an object a row. A stray row claims to be of another
       listener or source than the name of its object says. */ -}}
SELECT
  object,
  COUNT(*) AS rows_read,
  COUNT(CASE WHEN reject_reason = 'not music' THEN 1 END) AS not_music,
  COUNT(CASE WHEN reject_reason <> 'not music' THEN 1 END) AS rejected,
  COUNT(CASE
    WHEN NOT STARTS_WITH(object, CONCAT('plays/source=', source, '/listener=', listener, '/'))
      OR (reject_reason IS NULL AND (played_at IS NULL OR track_id IS NULL)) THEN 1
  END) AS stray,
  MIN(CASE WHEN reject_reason IS NULL THEN played_at END) AS oldest,
  MAX(CASE WHEN reject_reason IS NULL THEN played_at END) AS newest,
  MAX(ingested_at) AS fetched_at
FROM {{.Staging}}
GROUP BY object
