SELECT
  c.listener, c.played_at, c.track_id, c.source, c.ms_played, c.ingested_at,
  COALESCE(c.duration_ms, t.duration_ms) AS duration_ms,
  COALESCE(c.ms_played, c.duration_ms, t.duration_ms) / 60000 AS minutes,
  t.track_name, t.artists, t.artist_name, t.album, t.isrc, t.spotify_url, t.image_url
FROM ({{template "counted" .}}) AS c
JOIN {{.Dataset}}.tracks AS t ON t.track_id = c.track_id
