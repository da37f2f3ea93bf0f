{{- /* How many plays are in the table through each of some objects, and (of the object null) how many rows
       through all whose names are between first and beyond. Counted in the table, because a retry after a
       crash would see no insert. */ -}}
SELECT object, COUNT(*) AS inserted
FROM (
  SELECT DISTINCT listener, source, played_at, track_id, object
  FROM {{.Dataset}}.plays
  WHERE played_at BETWEEN @oldest AND @newest
    AND object IN UNNEST(@objects)
) AS mine
GROUP BY object
UNION ALL
SELECT CAST(NULL AS STRING), COUNT(*)
FROM {{.Dataset}}.plays
WHERE played_at BETWEEN @oldest AND @newest
  AND object > @first AND object < @beyond
