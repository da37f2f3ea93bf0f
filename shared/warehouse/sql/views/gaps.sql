{{- /* The times in which plays may have been missed. A gap ends at a listen with follows_gap, and begins at the listen of
       the previous instant. refresh_listens.sql sets follows_gap. */ -}}
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
)
SELECT neighbour.listener, neighbour.previous_played_at AS after, neighbour.played_at AS before
FROM neighbours AS neighbour
WHERE neighbour.follows_gap AND neighbour.previous_played_at IS NOT NULL
