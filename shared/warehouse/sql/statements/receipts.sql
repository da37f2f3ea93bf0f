{{- /* One receipt of each object and generation, of those since an instant: a load that succeeded before one that failed,
       then the latest. */ -}}
SELECT receipt.object, receipt.generation, receipt.kind, receipt.row_version, receipt.rows_read, receipt.error
FROM {{.Dataset}}.loads AS receipt
WHERE receipt.loaded_at >= @since
QUALIFY ROW_NUMBER() OVER (
  PARTITION BY receipt.object, receipt.generation ORDER BY receipt.error IS NULL DESC, receipt.loaded_at DESC
) = 1
