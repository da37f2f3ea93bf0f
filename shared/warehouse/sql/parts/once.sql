{{- /* The rows of plays, each key once: the larger ms_played wins, then the smaller object name; what
       follows only makes the choice the same every time. Where narrows the rows that are read. */ -}}
SELECT listener, source, played_at, track_id, ms_played, ingested_at, {{join .TrackColumns ", "}}
FROM {{.Dataset}}.plays
{{- with .Where}}
WHERE {{.}}
{{- end}}
QUALIFY ROW_NUMBER() OVER (
  PARTITION BY listener, source, played_at, track_id
  ORDER BY COALESCE(ms_played, -1) DESC, object, ingested_at, {{join .TrackColumns ", "}}
) = 1
