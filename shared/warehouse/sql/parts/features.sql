{{- /* The newest word on each track's audio features. Nothing is known of a track that was not found. */ -}}
SELECT {{join .FeatureColumns ", "}}, found
FROM {{.Dataset}}.audio_features
QUALIFY ROW_NUMBER() OVER (PARTITION BY track_id ORDER BY fetched_at DESC, object) = 1
