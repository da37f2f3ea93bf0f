{{- /* The gaps that no import spans. */ -}}
WITH imports AS (
  SELECT listener, oldest, newest, object
  FROM {{.Dataset}}.loads
  WHERE kind = 'import' AND error IS NULL
)
SELECT g.listener, g.after, g.before
FROM {{.Dataset}}.gaps AS g
LEFT JOIN imports AS i ON i.listener = g.listener AND i.oldest <= g.after AND i.newest >= g.before
WHERE i.object IS NULL
