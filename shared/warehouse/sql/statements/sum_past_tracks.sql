{{- /* Puts what everybody's plays before until say of tracks in the place of what there was for a listener:
       a row a track and source, of every column the latest value that is not null. */ -}}
MERGE INTO {{.Dataset}}.past_tracks AS t
USING (
  SELECT
    {{- range .TrackColumns}}
    MAX_BY({{.}}, CASE WHEN {{.}} IS NOT NULL THEN UNIX_MICROS(played_at) END) AS {{.}},
    {{- end}}
    track_id, source, MAX(played_at) AS played_at
  FROM {{.Dataset}}.plays
  WHERE played_at < @until
  GROUP BY track_id, source
) AS s
ON FALSE
WHEN NOT MATCHED BY SOURCE AND t.listener = @listener THEN DELETE
WHEN NOT MATCHED THEN INSERT (listener, sum_id, track_id, source, played_at, {{join .TrackColumns ", "}})
VALUES (@listener, @sum_id, s.track_id, s.source, s.played_at{{range .TrackColumns}}, s.{{.}}{{end}})
