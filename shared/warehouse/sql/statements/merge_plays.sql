{{- /* Puts the plays into the table that it has not. The constant bounds keep the statement to the months it
       touches. It updates nothing: BigQuery would bill every column of those months for it. */ -}}
MERGE INTO {{.Dataset}}.plays AS t
USING ({{template "staged_plays" .}}) AS s
ON {{template "same_play"}}
WHEN NOT MATCHED THEN INSERT ({{join .PlayColumns ", "}})
VALUES ({{range $i, $c := .PlayColumns}}{{if $i}}, {{end}}s.{{$c}}{{end}})
