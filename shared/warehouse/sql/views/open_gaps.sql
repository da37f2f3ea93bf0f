{{- /* The gaps that no import closes. */ -}}
SELECT gap.listener, gap.after, gap.before
FROM {{.Dataset}}.gaps AS gap
WHERE NOT gap.closed
