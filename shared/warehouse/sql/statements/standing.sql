{{- /* The instant a ranking is as of, how a listener's loads stood then, and their gaps, a row each. Since
       recent_since there were more plays than are shown as the latest: an object of that many begins there.
       past_loads is another number when anything was loaded that may have changed which plays before until
       count: twins is a little after it. */ -}}
SELECT
  CURRENT_TIMESTAMP AS as_of, s.last_load_at, s.recent_since, s.rejected, s.failed_objects, s.past_loads, g.after, g.before
FROM (
  SELECT
    @listener AS listener,
    MAX(CASE WHEN error IS NULL THEN loaded_at END) AS last_load_at,
    MAX(CASE WHEN rows_read - rejected - not_music >= 2 * {{.RecentPlays}} THEN oldest END) AS recent_since,
    COALESCE(SUM(rejected), 0) AS rejected,
    COUNT(error) AS failed_objects,
    COALESCE(SUM(CASE WHEN oldest < @twins THEN 1 + MOD(UNIX_MICROS(loaded_at), 1000000007) END), 0) AS past_loads
  FROM (
    SELECT loaded_at, oldest, rows_read, rejected, not_music, error
    FROM {{.Dataset}}.loads
    WHERE listener = @listener
    QUALIFY ROW_NUMBER() OVER (PARTITION BY object ORDER BY generation DESC, loaded_at DESC) = 1
  ) AS latest
) AS s
LEFT JOIN {{.Dataset}}.gaps AS g ON g.listener = s.listener
ORDER BY g.after
