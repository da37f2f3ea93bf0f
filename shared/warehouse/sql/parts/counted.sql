{{- /* The plays that count, once each, and without names. An export row counts from 30 s on, or with
       an API twin; an API row counts unless it has an export twin, which knows more. A twin is the same
       listener's play of the same track within 5 s. A ranking wants figures only, and of a part of the
       history: Counts narrows to it, and Where reads the neighbours too that may be twins. */ -}}
SELECT listener, source, played_at, track_id, duration_ms, ms_played{{if not .Ranking}}, ingested_at{{end}}
FROM (
  SELECT
    listener, source, played_at, track_id, duration_ms, ms_played{{if not .Ranking}}, ingested_at{{end}},
    COUNT(CASE WHEN source = 'api' THEN 1 END) OVER near AS api_near,
    COUNT(CASE WHEN source = 'export' THEN 1 END) OVER near AS export_near
  FROM ({{if .Ranking}}{{template "figures" .}}{{else}}{{template "once" .}}{{end}}) AS once
  WINDOW near AS (
    PARTITION BY listener, track_id ORDER BY UNIX_MICROS(played_at)
    RANGE BETWEEN 5000000 PRECEDING AND 5000000 FOLLOWING
  )
) AS twinned
WHERE ((source = 'export' AND (ms_played >= 30000 OR api_near > 0)) OR (source = 'api' AND export_near = 0))
{{- with .Counts}}
  AND {{.}}
{{- end}}
