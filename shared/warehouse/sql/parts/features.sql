{{- /* The newest row of each track's audio features. */ -}}
SELECT *
FROM {{.Dataset}}.audio_features
WHERE found
QUALIFY ROW_NUMBER() OVER (PARTITION BY track_id ORDER BY fetched_at DESC, object) = 1
