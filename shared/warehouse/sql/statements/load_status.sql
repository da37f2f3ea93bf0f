{{- /* What is loaded, at one instant of the warehouse's clock: a fact a row. A receipt counts in the month of its
       oldest play less some seconds, as a play can decide on a listen that ended just before it. */ -}}
WITH receipts AS (
  SELECT *, oldest - INTERVAL {{.ReachSeconds}} SECOND AS reaches
  FROM {{.Dataset}}.loads
),
objects AS (
  SELECT listener, object, COUNT(CASE WHEN error IS NULL THEN 1 END) AS loads
  FROM receipts
  WHERE listener IS NOT NULL
  GROUP BY listener, object
)
SELECT
  'now' AS fact, '' AS listener, 0 AS month, '' AS zip, 0 AS number,
  CURRENT_TIMESTAMP AS instant, CAST(NULL AS TIMESTAMP) AS oldest, CAST(NULL AS TIMESTAMP) AS newest
UNION ALL
SELECT 'features', '', 0, '', COUNT(*), NULL, NULL, NULL
FROM receipts
WHERE kind = 'features' AND error IS NULL
UNION ALL
SELECT
  'receipts', listener, COALESCE(EXTRACT(YEAR FROM reaches) * 100 + EXTRACT(MONTH FROM reaches), 0) AS month, '', COUNT(*),
  MAX(loaded_at), NULL, NULL
FROM receipts
WHERE listener IS NOT NULL
GROUP BY listener, month
UNION ALL
SELECT
  'loaded', listener, 0, '', COUNT(DISTINCT object), MAX(loaded_at), NULL,
  MAX(CASE WHEN kind = 'api' AND fetched_at <= CURRENT_TIMESTAMP THEN fetched_at END)
FROM receipts
WHERE listener IS NOT NULL AND error IS NULL
GROUP BY listener
UNION ALL
SELECT 'failed', listener, 0, '', COUNTIF(loads = 0), NULL, NULL, NULL
FROM objects
GROUP BY listener
UNION ALL
SELECT 'rejected', listener, 0, '', SUM(rejected), NULL, NULL, NULL
FROM receipts
WHERE listener IS NOT NULL AND error IS NULL
GROUP BY listener
UNION ALL
SELECT 'import', listener, 0, COALESCE(zip, ''), MAX(rows_read), MAX(loaded_at), MIN(oldest), MAX(newest)
FROM receipts
WHERE kind = 'import' AND error IS NULL AND listener IS NOT NULL
GROUP BY listener, zip
