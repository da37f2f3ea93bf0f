{{- /* Of equal keys the larger ms_played wins, then the smaller object name. The constant bounds keep
       the statement to the months it touches. */ -}}
MERGE INTO {{.Dataset}}.plays AS t
USING (
  SELECT {{join .PlayColumns ", "}}
  FROM {{.Staging}}
  WHERE reject_reason IS NULL
  QUALIFY ROW_NUMBER() OVER (
    PARTITION BY listener, source, played_at, track_id
    ORDER BY COALESCE(ms_played, -1) DESC, object, index
  ) = 1
) AS s
ON t.played_at BETWEEN @oldest AND @newest
  AND t.listener = s.listener AND t.source = s.source AND t.played_at = s.played_at AND t.track_id = s.track_id
WHEN MATCHED AND (
  COALESCE(s.ms_played, -1) > COALESCE(t.ms_played, -1)
  OR (COALESCE(s.ms_played, -1) = COALESCE(t.ms_played, -1) AND s.object < t.object)
) THEN UPDATE SET
  {{- range $i, $c := .PlayValues}}{{if $i}},{{end}}
  {{$c}} = s.{{$c}}
  {{- end}}
WHEN NOT MATCHED THEN INSERT ({{join .PlayColumns ", "}})
VALUES ({{range $i, $c := .PlayColumns}}{{if $i}}, {{end}}s.{{$c}}{{end}})
