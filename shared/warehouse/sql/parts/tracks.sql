{{- /* What is known of each track, from every listener's plays: of every column the latest API row's
       value, else the latest export row's; null never hides a value. With a past, plays before it are
       known by what past_tracks keeps of them; a key's rows then need no collapsing, being of one time. */ -}}
SELECT
  {{- range .TrackColumns}}
  MAX_BY({{.}}, CASE WHEN {{.}} IS NOT NULL THEN precedence END) AS {{.}},
  {{- end}}
  track_id
FROM (
  SELECT
    track_id, {{join .TrackColumns ", "}},
    UNIX_MICROS(played_at) + CASE source WHEN 'api' THEN 10000000000000000 ELSE 0 END AS precedence
  FROM (
    {{- if .Counts}}
    SELECT track_id, source, played_at, {{join .TrackColumns ", "}} FROM {{.Dataset}}.plays WHERE played_at >= @until
    UNION ALL
    SELECT track_id, source, played_at, {{join .TrackColumns ", "}} FROM {{.Dataset}}.past_tracks
    {{- else}}{{template "once" .}}{{end -}}
  ) AS said
) AS known
GROUP BY track_id
