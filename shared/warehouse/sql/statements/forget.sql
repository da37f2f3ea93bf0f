{{- /*
Deletes a listener's rows of a table. The receipt of an object that could not be loaded names no listener, but the name of
the object does.
*/ -}}
DELETE FROM {{.Dataset}}.{{.Table}}
WHERE listener = @listener{{if eq .Table "loads"}} OR STRPOS(object, CONCAT('/listener=', @listener, '/')) > 0{{end}}
