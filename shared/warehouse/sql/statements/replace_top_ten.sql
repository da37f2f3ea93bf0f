{{- /* One statement, so that the table, its grants and its description stay and no reader sees it empty. */ -}}
MERGE INTO {{.Dataset}}.top_ten AS t
USING {{.Staging}} AS s
ON FALSE
WHEN NOT MATCHED BY SOURCE AND t.listener = @listener THEN DELETE
WHEN NOT MATCHED THEN INSERT ({{join .TopTenColumns ", "}})
VALUES ({{range $i, $c := .TopTenColumns}}{{if $i}}, {{end}}s.{{$c}}{{end}})
