{{- /* What is known of each track, from every listener's plays: of every column the latest API row's
       value, else the latest export row's; null never hides a value. In a ranking, plays before until
       are known by what past_tracks keeps of them; a key's rows need no collapsing there, being of one
       time. */ -}}
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
    {{- if .Ranking}}
    SELECT track_id, source, played_at, {{join .TrackColumns ", "}} FROM {{.Dataset}}.plays WHERE played_at >= @until
    UNION ALL
    SELECT track_id, source, played_at, {{join .TrackColumns ", "}} FROM {{.Dataset}}.past_tracks
    WHERE listener = @listener AND sum_id = @sum_id
    {{- else}}{{template "once" .}}{{end -}}
  ) AS said
) AS known
GROUP BY track_id
