{{- /* The plays of a staging table, each key once: the larger ms_played wins, then the smaller object name. */ -}}
SELECT {{join .PlayColumns ", "}}
FROM {{.Staging}}
WHERE reject_reason IS NULL
QUALIFY ROW_NUMBER() OVER (
  PARTITION BY listener, source, played_at, track_id
  ORDER BY COALESCE(ms_played, -1) DESC, object, index
) = 1
