{{- /* What became of each object that was loaded, the newest word on it. */ -}}
SELECT object, generation, error
FROM {{.Dataset}}.loads
{{- with .Where}}
WHERE {{.}}
{{- end}}
QUALIFY ROW_NUMBER() OVER (PARTITION BY object, generation ORDER BY loaded_at DESC) = 1
