{{- /* What is loaded of each export, which is named by the beginning of its objects' names. manifest_rows, oldest and
       newest are those of its manifest: null before that is loaded. An object that was loaded twice counts once. */ -}}
SELECT
  part.listener, part.prefix,
  SUM(CASE WHEN part.kind = 'export' THEN part.rows_read ELSE 0 END) AS loaded_rows,
  MAX(CASE WHEN part.kind = 'import' THEN part.rows_read END) AS manifest_rows,
  MIN(CASE WHEN part.kind = 'import' THEN part.oldest END) AS oldest,
  MAX(CASE WHEN part.kind = 'import' THEN part.newest END) AS newest
FROM (
  SELECT
    receipt.listener, receipt.kind, receipt.object,
    REGEXP_EXTRACT(receipt.object, '^.*/') AS prefix,
    MAX(receipt.rows_read) AS rows_read, MIN(receipt.oldest) AS oldest, MAX(receipt.newest) AS newest
  FROM {{.Dataset}}.loads AS receipt
  WHERE receipt.kind IN ('export', 'import') AND receipt.listener IS NOT NULL AND receipt.error IS NULL
  GROUP BY receipt.listener, receipt.kind, receipt.object
) AS part
GROUP BY part.listener, part.prefix
