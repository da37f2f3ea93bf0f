{{- /* The instant a ranking is as of, and how a listener's loads stood then. Since recent_since there
       were more plays than are shown as the latest: an object of that many begins there. */ -}}
SELECT
  CURRENT_TIMESTAMP AS as_of,
  MAX(CASE WHEN error IS NULL THEN loaded_at END) AS last_load_at,
  MAX(CASE WHEN rows_read - rejected - not_music >= 2 * {{.RecentPlays}} THEN oldest END) AS recent_since,
  COALESCE(SUM(rejected), 0) AS rejected,
  COUNT(error) AS failed_objects
FROM (
  SELECT loaded_at, oldest, rows_read, rejected, not_music, error
  FROM {{.Dataset}}.loads
  WHERE listener = @listener
  QUALIFY ROW_NUMBER() OVER (PARTITION BY object ORDER BY generation DESC, loaded_at DESC) = 1
) AS latest
