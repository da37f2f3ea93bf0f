{{- /* The latest plays, from the months that Where leaves. */ -}}
SELECT
  c.played_at, c.track_id, t.track_name, t.artists,
  COALESCE(c.duration_ms, t.duration_ms) AS duration_ms, t.spotify_url, t.image_url
FROM ({{template "counted" .}}) AS c
JOIN ({{template "tracks" .}}) AS t ON t.track_id = c.track_id
ORDER BY c.played_at DESC, c.track_id
LIMIT {{.RecentPlays}}
