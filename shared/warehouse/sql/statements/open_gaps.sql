{{- /* Asked on every run, because a document has its listener's open gaps. */ -}}
SELECT gap.listener, gap.after, gap.before
FROM {{.Dataset}}.open_gaps AS gap
ORDER BY gap.listener, gap.after
