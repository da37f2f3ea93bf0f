{{- /* Puts in the audio features of tracks that have no row. It updates nothing: BigQuery would bill the whole
       table for it. */ -}}
MERGE INTO {{.Dataset}}.audio_features AS t
USING ({{template "staged_features" .}}) AS s
ON t.track_id = s.track_id
WHEN NOT MATCHED THEN INSERT ({{join .AudioColumns ", "}})
VALUES ({{range $i, $c := .AudioColumns}}{{if $i}}, {{end}}s.{{$c}}{{end}})
