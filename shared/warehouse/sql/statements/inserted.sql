{{- /* How many plays are in the table through each of some objects. Counted in the table,
       because a retry after a crash would see no insert. */ -}}
SELECT object, COUNT(*) AS inserted
FROM (
  SELECT DISTINCT listener, source, played_at, track_id, object
  FROM {{.Dataset}}.plays
  WHERE played_at BETWEEN @oldest AND @newest
    AND object IN UNNEST(@objects)
) AS mine
GROUP BY object
