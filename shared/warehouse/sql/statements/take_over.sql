{{- /* Of equal keys the larger ms_played wins, then the smaller object name: plays that a staging table has
       better than the table are replaced. */ -}}
MERGE INTO {{.Dataset}}.plays AS t
USING ({{template "staged_plays" .}}) AS s
ON {{template "same_play"}}
WHEN MATCHED AND (
  COALESCE(s.ms_played, -1) > COALESCE(t.ms_played, -1)
  OR (COALESCE(s.ms_played, -1) = COALESCE(t.ms_played, -1) AND s.object < t.object)
) THEN UPDATE SET
  {{- range $i, $c := .PlayValues}}{{if $i}},{{end}}
  {{$c}} = s.{{$c}}
  {{- end}}
