{{- /* Puts the rows into the ledger that it has not. It updates nothing: BigQuery would bill the whole table. */ -}}
MERGE INTO {{.Dataset}}.loads AS t
USING {{.Staging}} AS s
ON t.object = s.object AND t.generation = s.generation
WHEN NOT MATCHED THEN INSERT ({{join .LoadColumns ", "}})
VALUES ({{range $i, $c := .LoadColumns}}{{if $i}}, {{end}}s.{{$c}}{{end}})
