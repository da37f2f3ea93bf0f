{{- /* One receipt an object and generation: a load that succeeded before one that failed, then the latest. */ -}}
SELECT object, generation, kind, row_version, rows_read, error
FROM {{.Dataset}}.loads
QUALIFY ROW_NUMBER() OVER (PARTITION BY object, generation ORDER BY error IS NULL DESC, loaded_at DESC) = 1
