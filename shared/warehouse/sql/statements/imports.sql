{{- /* The accounts of listeners' imports: the newest receipt of each manifest with the number of loaded rows of its
       export, and the number of duplicates of each object of an export. Go puts them together, because a file can have
       several objects. It is sent only where an export changed, because it reads the keys of all plays. */ -}}
WITH exports AS (
{{template "parts/exports" .}}
),
manifests AS (
  SELECT receipt.listener, receipt.object, receipt.manifest, REGEXP_EXTRACT(receipt.object, '^.*/') AS prefix
  FROM {{.Dataset}}.loads AS receipt
  WHERE receipt.kind = 'import' AND receipt.error IS NULL AND receipt.manifest IS NOT NULL
    AND receipt.listener IN UNNEST(@listeners)
  QUALIFY ROW_NUMBER() OVER (PARTITION BY receipt.listener, receipt.object ORDER BY receipt.loaded_at DESC) = 1
)
SELECT imported.listener, imported.object, imported.manifest, export.loaded_rows AS number
FROM manifests AS imported
JOIN exports AS export ON export.listener = imported.listener AND export.prefix = imported.prefix
UNION ALL
SELECT counted.listener, counted.object, NULL, counted.duplicates
FROM {{.Dataset}}.load_counts AS counted
WHERE counted.source = 'export' AND counted.listener IN UNNEST(@listeners) AND counted.duplicates > 0
