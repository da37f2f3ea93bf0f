{{- /* Counts again how many rows are in their table through each object, where another has taken some
       over: objects can be loaded in any order, and the ledger has to come out the same. */ -}}
MERGE INTO {{.Dataset}}.loads AS t
USING (
  SELECT l.object, l.generation, COALESCE(c.inserted, 0) AS inserted
  FROM {{.Dataset}}.loads AS l
  LEFT JOIN (
    SELECT object, COUNT(*) AS inserted
    FROM (SELECT DISTINCT listener, source, played_at, track_id, object FROM {{.Dataset}}.plays) AS held
    GROUP BY object
    UNION ALL
    SELECT object, COUNT(DISTINCT track_id) FROM {{.Dataset}}.audio_features GROUP BY object
  ) AS c ON c.object = l.object
  WHERE l.error IS NULL AND l.inserted <> COALESCE(c.inserted, 0)
  QUALIFY ROW_NUMBER() OVER (PARTITION BY l.object, l.generation ORDER BY l.loaded_at DESC) = 1
) AS s
ON t.object = s.object AND t.generation = s.generation
WHEN MATCHED THEN UPDATE SET
  inserted = s.inserted,
  duplicates = t.rows_read - t.rejected - t.not_music - s.inserted
