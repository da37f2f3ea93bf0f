{{- /* The instant everything below is as of, and how a listener's loads stand. */ -}}
SELECT
  CURRENT_TIMESTAMP AS as_of,
  MAX(loaded_at) AS last_load_at,
  MAX(newest) AS newest,
  COALESCE(SUM(rejected), 0) AS rejected,
  COUNT(error) AS failed_objects
FROM (
  SELECT loaded_at, newest, rejected, error
  FROM {{.Dataset}}.loads
  WHERE listener = @listener
  QUALIFY ROW_NUMBER() OVER (PARTITION BY object ORDER BY generation DESC, loaded_at DESC) = 1
) AS latest
