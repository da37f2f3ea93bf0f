{{- /* Writes the tracks of one listener's listens, with their audio features, to Parquet files. */ -}}
EXPORT DATA OPTIONS (uri = '{{.Destination}}', format = 'PARQUET', compression = 'SNAPPY', overwrite = FALSE) AS
WITH played AS (
  SELECT DISTINCT listen.track_id
  FROM {{.Dataset}}.listens AS listen
  WHERE listen.listener = @listener
)
SELECT
  played.track_id, track.track_name, track.artists, track.artist_name, track.artist_id, track.album, track.album_id,
  track.album_artist, track.isrc, track.duration_ms, track.spotify_url, track.image_url,
  feature.found AS features_found, feature.danceability, feature.energy, feature.key, feature.loudness, feature.mode,
  feature.speechiness, feature.acousticness, feature.instrumentalness, feature.liveness, feature.valence, feature.tempo,
  feature.time_signature
FROM played
LEFT JOIN {{.Dataset}}.tracks AS track ON track.track_id = played.track_id
LEFT JOIN {{.Dataset}}.features AS feature ON feature.track_id = played.track_id
ORDER BY played.track_id
