{{- /* Of two rows of a track the newer wins, then the smaller object name, as in features.sql. */ -}}
MERGE INTO {{.Dataset}}.audio_features AS t
USING (
  SELECT {{join .AudioColumns ", "}}
  FROM {{.Staging}}
  QUALIFY ROW_NUMBER() OVER (PARTITION BY track_id ORDER BY fetched_at DESC, object, index) = 1
) AS s
ON t.track_id = s.track_id
WHEN MATCHED AND (s.fetched_at > t.fetched_at OR (s.fetched_at = t.fetched_at AND s.object < t.object)) THEN UPDATE SET
  {{- range $i, $c := .AudioValues}}{{if $i}},{{end}}
  {{$c}} = s.{{$c}}
  {{- end}}
WHEN NOT MATCHED THEN INSERT ({{join .AudioColumns ", "}})
VALUES ({{range $i, $c := .AudioColumns}}{{if $i}}, {{end}}s.{{$c}}{{end}})
