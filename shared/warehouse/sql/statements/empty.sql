{{- /* Deletes all rows and leaves the table with its schema. */ -}}
DELETE FROM {{.Dataset}}.{{.Table}} WHERE TRUE
