{{- /* Of two rows of a track one that has something wins, then the newer, then the smaller object name, as in
       features.sql: what was found is never lost to a provider that does not know it later. */ -}}
MERGE INTO {{.Dataset}}.audio_features AS t
USING (
  SELECT {{join .AudioColumns ", "}}
  FROM {{.Staging}}
  QUALIFY ROW_NUMBER() OVER (PARTITION BY track_id ORDER BY found DESC, fetched_at DESC, object, index) = 1
) AS s
ON t.track_id = s.track_id
WHEN MATCHED AND (
  (s.found AND NOT t.found)
  OR (s.found = t.found AND (s.fetched_at > t.fetched_at OR (s.fetched_at = t.fetched_at AND s.object < t.object)))
) THEN UPDATE SET
  {{- range $i, $c := .AudioValues}}{{if $i}},{{end}}
  {{$c}} = s.{{$c}}
  {{- end}}
WHEN NOT MATCHED THEN INSERT ({{join .AudioColumns ", "}})
VALUES ({{range $i, $c := .AudioColumns}}{{if $i}}, {{end}}s.{{$c}}{{end}})
