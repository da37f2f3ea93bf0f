{{- /* Replaces rows that a staging table has better: see staged_features.sql. */ -}}
MERGE INTO {{.Dataset}}.audio_features AS t
USING ({{template "staged_features" .}}) AS s
ON t.track_id = s.track_id
WHEN MATCHED AND (
  (s.found AND NOT t.found)
  OR (s.found = t.found AND (s.fetched_at > t.fetched_at OR (s.fetched_at = t.fetched_at AND s.object < t.object)))
) THEN UPDATE SET
  {{- range $i, $c := .AudioValues}}{{if $i}},{{end}}
  {{$c}} = s.{{$c}}
  {{- end}}
