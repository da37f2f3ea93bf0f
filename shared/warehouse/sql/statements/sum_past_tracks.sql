{{- /* Puts what a listener's plays before until say of tracks in the place of what there was: a row a track
       and source, of every column the latest value that is not null. */ -}}
MERGE INTO {{.Dataset}}.past_tracks AS t
USING (
  SELECT
    {{- range .TrackColumns}}
    MAX_BY({{.}}, CASE WHEN {{.}} IS NOT NULL THEN UNIX_MICROS(played_at) END) AS {{.}},
    {{- end}}
    listener, track_id, source, MAX(played_at) AS played_at
  FROM {{.Dataset}}.plays
  WHERE listener = @listener AND played_at < @until
  GROUP BY listener, track_id, source
) AS s
ON FALSE
WHEN NOT MATCHED BY SOURCE AND t.listener = @listener THEN DELETE
WHEN NOT MATCHED THEN INSERT (listener, track_id, source, played_at, {{join .TrackColumns ", "}})
VALUES (s.listener, s.track_id, s.source, s.played_at{{range .TrackColumns}}, s.{{.}}{{end}})
