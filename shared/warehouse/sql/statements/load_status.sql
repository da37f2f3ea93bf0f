{{- /* The facts about what is loaded, one a row, at one instant of the warehouse's clock. Go compares the receipts of
       each month with those that a document has read. A receipt counts in the month of its oldest play less some
       seconds, because a play can decide on a listen that ended just before it. */ -}}
{{- $year := 100 -}}
WITH receipts AS (
  SELECT
    receipt.object, receipt.kind, receipt.listener, receipt.rejected, receipt.fetched_at, receipt.loaded_at,
    receipt.error IS NULL AS succeeded,
    receipt.oldest - INTERVAL {{.ReachSeconds}} SECOND AS affects_since
  FROM {{.Dataset}}.loads AS receipt
),
receipt_months AS (
  SELECT
    receipt.listener, receipt.loaded_at,
    COALESCE(EXTRACT(YEAR FROM receipt.affects_since) * {{$year}} + EXTRACT(MONTH FROM receipt.affects_since), 0) AS month
  FROM receipts AS receipt
  WHERE receipt.listener IS NOT NULL
),
objects AS (
  SELECT receipt.listener, receipt.object, COUNTIF(receipt.succeeded) AS successes
  FROM receipts AS receipt
  WHERE receipt.listener IS NOT NULL
  GROUP BY receipt.listener, receipt.object
),
exports AS (
{{template "parts/exports" .}}
)
SELECT
  'now' AS fact, '' AS listener, 0 AS month, '' AS prefix, 0 AS number,
  CURRENT_TIMESTAMP AS instant, CAST(NULL AS TIMESTAMP) AS fetched_at
UNION ALL
SELECT 'features', '', 0, '', COUNT(*), NULL, NULL
FROM receipts AS receipt
WHERE receipt.kind = 'features' AND receipt.succeeded
UNION ALL
SELECT 'receipts', receipt.listener, receipt.month, '', COUNT(*), MAX(receipt.loaded_at), NULL
FROM receipt_months AS receipt
GROUP BY receipt.listener, receipt.month
UNION ALL
SELECT
  'loaded', receipt.listener, 0, '', COUNT(DISTINCT receipt.object), MAX(receipt.loaded_at),
  MAX(CASE WHEN receipt.kind = 'api' AND receipt.fetched_at <= CURRENT_TIMESTAMP THEN receipt.fetched_at END)
FROM receipts AS receipt
WHERE receipt.listener IS NOT NULL AND receipt.succeeded
GROUP BY receipt.listener
UNION ALL
SELECT 'failed', object.listener, 0, '', COUNTIF(object.successes = 0), NULL, NULL
FROM objects AS object
GROUP BY object.listener
UNION ALL
SELECT 'rejected', receipt.listener, 0, '', SUM(receipt.rejected), NULL, NULL
FROM receipts AS receipt
WHERE receipt.listener IS NOT NULL AND receipt.succeeded
GROUP BY receipt.listener
UNION ALL
SELECT 'export', export.listener, 0, export.prefix, export.loaded_rows, NULL, NULL
FROM exports AS export
UNION ALL
SELECT 'manifest', export.listener, 0, export.prefix, export.manifest_rows, NULL, NULL
FROM exports AS export
WHERE export.manifest_rows IS NOT NULL
UNION ALL
SELECT 'exported', receipt.listener, 0, '', COUNT(*), MAX(receipt.loaded_at), NULL
FROM receipts AS receipt
WHERE receipt.kind IN ('export', 'import') AND receipt.listener IS NOT NULL AND receipt.succeeded
GROUP BY receipt.listener
