{{- /* The times in which plays may have been missed. A gap ends at a listen with follows_gap, and begins at the listen of
       the previous instant. refresh_listens.sql sets follows_gap. An import has every play of its time, so it closes the
       gaps that it spans, once every row of it is loaded. */ -}}
WITH instants AS (
  SELECT listen.listener, listen.played_at, MAX(listen.follows_gap) AS follows_gap
  FROM {{.Dataset}}.listens AS listen
  GROUP BY listen.listener, listen.played_at
),
neighbours AS (
  SELECT
    instant.listener, instant.played_at, instant.follows_gap,
    LAG(instant.played_at) OVER (PARTITION BY instant.listener ORDER BY instant.played_at) AS previous_played_at
  FROM instants AS instant
),
exports AS (
{{template "parts/exports" .}}
)
SELECT
  neighbour.listener, neighbour.previous_played_at AS after, neighbour.played_at AS before,
  COUNT(spanning.prefix) > 0 AS closed
FROM neighbours AS neighbour
LEFT JOIN exports AS spanning
  ON spanning.listener = neighbour.listener AND spanning.loaded_rows = spanning.manifest_rows
  AND spanning.oldest <= neighbour.previous_played_at AND spanning.newest >= neighbour.played_at
WHERE neighbour.follows_gap AND neighbour.previous_played_at IS NOT NULL
GROUP BY neighbour.listener, neighbour.previous_played_at, neighbour.played_at
