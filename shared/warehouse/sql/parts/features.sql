{{- /* The word that holds on each track's audio features: the newest that has any, else that nobody has. */ -}}
SELECT {{join .FeatureColumns ", "}}, found
FROM {{.Dataset}}.audio_features
QUALIFY ROW_NUMBER() OVER (PARTITION BY track_id ORDER BY found DESC, fetched_at DESC, object) = 1
