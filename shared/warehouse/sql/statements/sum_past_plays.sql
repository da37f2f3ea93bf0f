{{- /* Puts a listener's plays before until, summed by track and year, in the place of what there was. */ -}}
MERGE INTO {{.Dataset}}.past_plays AS t
USING (
  SELECT
    listener, track_id, {{template "year"}} AS year,
    COUNT(*) AS plays,
    COALESCE(SUM(COALESCE(ms_played, duration_ms)), 0) AS known_ms,
    COUNT(CASE WHEN ms_played IS NULL AND duration_ms IS NULL THEN 1 END) AS unknown,
    MAX(played_at) AS last_played_at
  FROM ({{template "counted" .}}) AS c
  GROUP BY 1, 2, 3
) AS s
ON FALSE
WHEN NOT MATCHED BY SOURCE AND t.listener = @listener THEN DELETE
WHEN NOT MATCHED THEN INSERT (listener, sum_id, track_id, year, plays, known_ms, unknown, last_played_at)
VALUES (s.listener, @sum_id, s.track_id, s.year, s.plays, s.known_ms, s.unknown, s.last_played_at)
