SELECT listener, after, before
FROM {{.Dataset}}.open_gaps
ORDER BY listener, after
