{{- /* Times in which plays may have been missed. A gap ends at a listen that follows_gap and begins at the listen
       at an earlier instant; refresh_listens.sql says how a gap is found. */ -}}
WITH instants AS (
  SELECT listener, played_at, MAX(follows_gap) AS follows_gap
  FROM {{.Dataset}}.listens
  GROUP BY listener, played_at
),
neighbours AS (
  SELECT listener, played_at, follows_gap, LAG(played_at) OVER (PARTITION BY listener ORDER BY played_at) AS played_before
  FROM instants
)
SELECT listener, played_before AS after, played_at AS before
FROM neighbours
WHERE follows_gap AND played_before IS NOT NULL
