{{- /* Every listen with its track and audio features. */ -}}
WITH uploads AS (
  SELECT listener, track_id, played_at, MIN(ingested_at) AS ingested_at
  FROM {{.Dataset}}.plays
  WHERE reject_reason IS NULL
  GROUP BY listener, track_id, played_at
)
SELECT
  l.listener, l.track_id, t.track_name, t.artists, l.played_at, t.duration_ms,
  CONCAT(
    CAST(DIV(t.duration_ms, 60000) AS STRING), ':',
    LPAD(CAST(DIV(MOD(t.duration_ms, 60000), 1000) AS STRING), 2, '0')
  ) AS track_duration,
  t.spotify_url,
  u.ingested_at AS upload_timestamp,
  CONCAT(l.listener, '-', l.track_id, '-', CAST(UNIX_MILLIS(l.played_at) AS STRING)) AS unique_id,
  f.danceability, f.energy, f.key, f.loudness, f.mode, f.speechiness, f.acousticness,
  f.instrumentalness, f.liveness, f.valence, f.tempo, f.time_signature
FROM {{.Dataset}}.listens AS l
LEFT JOIN {{.Dataset}}.tracks AS t ON t.track_id = l.track_id
LEFT JOIN uploads AS u ON u.listener = l.listener AND u.track_id = l.track_id AND u.played_at = l.played_at
LEFT JOIN {{.Dataset}}.features AS f ON f.track_id = l.track_id AND f.found
