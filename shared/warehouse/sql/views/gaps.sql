{{- /* Times in which plays may have been missed. A gap ends at a listen that follows_gap and begins at the listen
       before; refresh_listens.sql says how a gap is found. */ -}}
SELECT g.listener, MAX(l.played_at) AS after, g.played_at AS before
FROM {{.Dataset}}.listens AS g
JOIN {{.Dataset}}.listens AS l ON l.listener = g.listener AND l.played_at < g.played_at
WHERE g.follows_gap
GROUP BY g.listener, g.played_at
