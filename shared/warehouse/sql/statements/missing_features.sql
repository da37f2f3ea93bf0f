{{- /* The tracks to ask providers for. First those without an answer, then those that no provider found: they are asked
       for again a day after the first attempt, and 90 days after each later one. */ -}}
WITH answers AS (
  SELECT
    answer.track_id,
    COUNT(CASE WHEN answer.found THEN 1 END) AS found,
    COUNT(DISTINCT answer.fetched_at) AS attempts,
    MAX(answer.fetched_at) AS last_attempt_at
  FROM {{.Dataset}}.audio_features AS answer
  GROUP BY answer.track_id
)
SELECT track.track_id
FROM {{.Dataset}}.tracks AS track
LEFT JOIN answers AS answer ON answer.track_id = track.track_id
WHERE answer.track_id IS NULL
  OR (answer.found = 0 AND answer.last_attempt_at < CASE WHEN answer.attempts = 1 THEN @day_ago ELSE @ninety_days_ago END)
ORDER BY answer.last_attempt_at IS NOT NULL, answer.last_attempt_at, track.track_id
LIMIT {{.MaxMissing}}
