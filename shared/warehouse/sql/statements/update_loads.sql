MERGE INTO {{.Dataset}}.loads AS t
USING {{.Staging}} AS s
ON t.object = s.object AND t.generation = s.generation
WHEN MATCHED THEN UPDATE SET
  {{- range $i, $c := .LoadValues}}{{if $i}},{{end}}
  {{$c}} = s.{{$c}}
  {{- end}}
