{{- /* Writes one listener's listens of a time range to Parquet files, in the order of time. The public form has the day
       instead of the time, and no other fact about when, where and how.

       finished: the play ended with the track, which Spotify calls trackdone. Null where only the API reported the play. */ -}}
{{- $year := 10000}}{{$month := 100 -}}
EXPORT DATA OPTIONS (uri = '{{.Destination}}', format = 'PARQUET', compression = 'SNAPPY', overwrite = FALSE) AS
{{- if .Public}}
WITH local_listens AS (
  SELECT
    EXTRACT(YEAR FROM listen.played_at AT TIME ZONE @time_zone) * {{$year}}
      + EXTRACT(MONTH FROM listen.played_at AT TIME ZONE @time_zone) * {{$month}}
      + EXTRACT(DAY FROM listen.played_at AT TIME ZONE @time_zone) AS day,
    listen.track_id, listen.ms_played
  FROM {{.Dataset}}.listens AS listen
  WHERE listen.listener = @listener AND listen.played_at >= @since AND listen.played_at < @until
)
SELECT local_listen.day, local_listen.track_id, local_listen.ms_played
FROM local_listens AS local_listen
ORDER BY local_listen.day, local_listen.track_id, local_listen.ms_played
{{- else}}
SELECT
  UNIX_MICROS(listen.played_at) AS played_at,
  listen.track_id, listen.ms_played, listen.ms_measured, listen.told_by, listen.follows_gap,
  listen.reason_end = 'trackdone' AS finished
FROM {{.Dataset}}.listens AS listen
WHERE listen.listener = @listener AND listen.played_at >= @since AND listen.played_at < @until
ORDER BY listen.played_at, listen.track_id
{{- end}}
