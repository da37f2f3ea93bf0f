{{- /* One row a track: an answer that knows the track before one that does not, then the latest. */ -}}
SELECT
  track_id, found, danceability, energy, key, loudness, mode, speechiness, acousticness, instrumentalness, liveness, valence, tempo,
  time_signature
FROM {{.Dataset}}.audio_features
QUALIFY ROW_NUMBER() OVER (PARTITION BY track_id ORDER BY found DESC, fetched_at DESC, object DESC) = 1
