{{- /* What is known of each track, from every listener's plays: of every column the latest API row's
       value, else the latest export row's; null never hides a value. */ -}}
SELECT
  {{- range .TrackColumns}}
  MAX_BY({{.}}, CASE WHEN {{.}} IS NOT NULL THEN precedence END) AS {{.}},
  {{- end}}
  track_id
FROM (
  SELECT
    track_id, {{join .TrackColumns ", "}},
    UNIX_MICROS(played_at) + CASE source WHEN 'api' THEN 10000000000000000 ELSE 0 END AS precedence
  FROM ({{template "once" .Everybody}}) AS once
) AS known
GROUP BY track_id
