{{- /* One listener's listens of a time as Parquet, in the order of time. The public form has the day in the place of
       the time, and nothing else of when, where and how. */ -}}
EXPORT DATA OPTIONS (uri = '{{.Destination}}', format = 'PARQUET', compression = 'SNAPPY', overwrite = FALSE) AS
{{- if .Public}}
WITH local_days AS (
  SELECT
    EXTRACT(YEAR FROM played_at AT TIME ZONE @time_zone) * 10000 + EXTRACT(MONTH FROM played_at AT TIME ZONE @time_zone) * 100
      + EXTRACT(DAY FROM played_at AT TIME ZONE @time_zone) AS day,
    track_id, ms_played
  FROM {{.Dataset}}.listens
  WHERE listener = @listener AND played_at >= @since AND played_at < @until
)
SELECT day, track_id, ms_played
FROM local_days
ORDER BY day, track_id, ms_played
{{- else}}
SELECT UNIX_MICROS(played_at) AS played_at, track_id, ms_played, ms_measured, told_by, follows_gap
FROM {{.Dataset}}.listens
WHERE listener = @listener AND played_at >= @since AND played_at < @until
ORDER BY played_at, track_id
{{- end}}
