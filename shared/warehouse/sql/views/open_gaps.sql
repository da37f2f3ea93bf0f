{{- /* The gaps that no import spans: an import has every play of its time. */ -}}
WITH imports AS (
  SELECT receipt.listener, receipt.oldest, receipt.newest, receipt.object
  FROM {{.Dataset}}.loads AS receipt
  WHERE receipt.kind = 'import' AND receipt.error IS NULL
)
SELECT gap.listener, gap.after, gap.before
FROM {{.Dataset}}.gaps AS gap
LEFT JOIN imports AS spanning
  ON spanning.listener = gap.listener AND spanning.oldest <= gap.after AND spanning.newest >= gap.before
WHERE spanning.object IS NULL
