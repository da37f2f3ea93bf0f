{{- /* The tracks that are to be asked for: without a row of audio features, or with one that nobody could
       fill and that is old. A track counts with a row of the API, or of an export from 30 s on: see
       counted.sql, where a shorter one counts only beside a row of the API. Those that nobody was ever asked
       for come first, and of them those played most. */ -}}
SELECT p.track_id, f.track_id IS NOT NULL AS missed
FROM (
  SELECT track_id, COUNT(*) AS plays
  FROM {{.Dataset}}.plays
  WHERE played_at >= @since AND track_id <> '' AND (source = 'api' OR ms_played >= 30000)
  GROUP BY track_id
) AS p
LEFT JOIN (
  SELECT track_id, COUNT(CASE WHEN found THEN 1 END) AS found, MAX(fetched_at) AS fetched_at
  FROM {{.Dataset}}.audio_features
  GROUP BY track_id
) AS f ON f.track_id = p.track_id
WHERE f.track_id IS NULL OR (f.found = 0 AND f.fetched_at < @forgotten)
ORDER BY missed, p.plays DESC, p.track_id
LIMIT {{.MaxMissing}}
