{{- /* Asked on every run, because a document has its listener's gaps. */ -}}
SELECT gap.listener, gap.after, gap.before, gap.closed
FROM {{.Dataset}}.gaps AS gap
ORDER BY gap.listener, gap.after
