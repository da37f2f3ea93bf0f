{{- /* Each track's audio features, where the newest row on them has any. */ -}}
SELECT {{join .FeatureColumns ", "}} FROM (
  SELECT {{join .FeatureColumns ", "}}, found
  FROM {{.Dataset}}.audio_features
  QUALIFY ROW_NUMBER() OVER (PARTITION BY track_id ORDER BY fetched_at DESC, object) = 1
) AS newest
WHERE found
