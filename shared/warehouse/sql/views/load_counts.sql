{{- /* Per object: how many of its plays are new, and how many an earlier row reported. A row that was loaded
       twice counts once. It reads the keys of all plays, so it is asked for after an import only. */ -}}
WITH reported AS (
  SELECT DISTINCT object, row_index, listener, source, played_at, track_id, ingested_at
  FROM {{.Dataset}}.plays
  WHERE reject_reason IS NULL
),
ranked AS (
  SELECT
    object,
    ROW_NUMBER() OVER (PARTITION BY listener, source, played_at, track_id ORDER BY ingested_at, object, row_index) AS place
  FROM reported
)
SELECT object, COUNTIF(place = 1) AS plays, COUNTIF(place > 1) AS duplicates
FROM ranked
GROUP BY object
