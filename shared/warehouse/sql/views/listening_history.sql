SELECT
  l.listener,
  l.track_id, l.track_name, l.artists, l.played_at, l.duration_ms,
  CONCAT(
    CAST(DIV(l.duration_ms, 60000) AS STRING), ':',
    LPAD(CAST(DIV(MOD(l.duration_ms, 60000), 1000) AS STRING), 2, '0')
  ) AS track_duration,
  l.spotify_url,
  l.ingested_at AS upload_timestamp,
  CONCAT(l.listener, '-', l.track_id, '-', CAST(UNIX_MILLIS(l.played_at) AS STRING)) AS unique_id,
  f.danceability, f.energy, f.key, f.loudness, f.mode, f.speechiness, f.acousticness,
  f.instrumentalness, f.liveness, f.valence, f.tempo, f.time_signature
FROM {{.Dataset}}.listens AS l
LEFT JOIN ({{template "features" .}}) AS f ON f.track_id = l.track_id AND f.found
