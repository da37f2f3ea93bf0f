{{- /* The tracks of one listener's listens, with their audio features, as Parquet. */ -}}
EXPORT DATA OPTIONS (uri = '{{.Destination}}', format = 'PARQUET', compression = 'SNAPPY', overwrite = FALSE) AS
WITH heard AS (
  SELECT DISTINCT track_id
  FROM {{.Dataset}}.listens
  WHERE listener = @listener
)
SELECT
  h.track_id, t.track_name, t.artists, t.artist_name, t.artist_id, t.album, t.album_id, t.album_artist, t.isrc, t.duration_ms,
  t.spotify_url, t.image_url,
  f.found AS features_found, f.danceability, f.energy, f.key, f.loudness, f.mode, f.speechiness, f.acousticness, f.instrumentalness,
  f.liveness, f.valence, f.tempo, f.time_signature
FROM heard AS h
LEFT JOIN {{.Dataset}}.tracks AS t ON t.track_id = h.track_id
LEFT JOIN {{.Dataset}}.features AS f ON f.track_id = h.track_id
ORDER BY track_id
