{{- /* The plays that count, once each, and without names. An export row counts from 30 s on, or with
       an API twin; an API row counts unless it has an export twin, which knows more. A twin is the same
       listener's play of the same track within 5 s. Counts narrows to a part of the history, of which
       Where also reads the neighbours that may be twins; a part has figures only. */ -}}
SELECT listener, source, played_at, track_id, duration_ms, ms_played{{if not .Counts}}, ingested_at{{end}}
FROM (
  SELECT
    listener, source, played_at, track_id, duration_ms, ms_played{{if not .Counts}}, ingested_at{{end}},
    COUNT(CASE WHEN source = 'api' THEN 1 END) OVER near AS api_near,
    COUNT(CASE WHEN source = 'export' THEN 1 END) OVER near AS export_near
  FROM ({{if .Counts}}{{template "figures" .}}{{else}}{{template "once" .}}{{end}}) AS once
  WINDOW near AS (
    PARTITION BY listener, track_id ORDER BY UNIX_MICROS(played_at)
    RANGE BETWEEN 5000000 PRECEDING AND 5000000 FOLLOWING
  )
) AS twinned
WHERE ((source = 'export' AND (ms_played >= 30000 OR api_near > 0)) OR (source = 'api' AND export_near = 0))
{{- with .Counts}}
  AND {{.}}
{{- end}}
