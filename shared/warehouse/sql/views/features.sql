{{- /* One answer of each track: one that found it before one that did not, then the latest. */ -}}
SELECT
  answer.track_id, answer.found, answer.danceability, answer.energy, answer.key, answer.loudness, answer.mode, answer.speechiness,
  answer.acousticness, answer.instrumentalness, answer.liveness, answer.valence, answer.tempo, answer.time_signature
FROM {{.Dataset}}.audio_features AS answer
QUALIFY ROW_NUMBER() OVER (
  PARTITION BY answer.track_id ORDER BY answer.found DESC, answer.fetched_at DESC, answer.object DESC
) = 1
