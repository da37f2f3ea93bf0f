DELETE FROM {{.Dataset}}.{{.Table}} WHERE TRUE
