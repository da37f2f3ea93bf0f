{{- /* Tracks to ask providers for: first those without an answer, then those that nobody knew. A track that nobody
       knew is asked for again after a day, and after that every 90 days. */ -}}
WITH answers AS (
  SELECT
    track_id,
    COUNT(CASE WHEN found THEN 1 END) AS found,
    COUNT(DISTINCT fetched_at) AS attempts,
    MAX(fetched_at) AS last_attempt_at
  FROM {{.Dataset}}.audio_features
  GROUP BY track_id
)
SELECT t.track_id
FROM {{.Dataset}}.tracks AS t
LEFT JOIN answers AS a ON a.track_id = t.track_id
WHERE a.track_id IS NULL
  OR (a.found = 0 AND a.last_attempt_at < CASE WHEN a.attempts = 1 THEN @day_ago ELSE @ninety_days_ago END)
ORDER BY a.last_attempt_at IS NOT NULL, a.last_attempt_at, t.track_id
LIMIT {{.MaxMissing}}
