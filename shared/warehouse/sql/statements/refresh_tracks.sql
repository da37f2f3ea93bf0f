{{- /* Brings the names of tracks up to date with the plays from the beginning of a month, or from all plays
       where rebuild is true. Of all rows that can count the one with the greatest precedence is the track's row: one
       with a name, then a complete one, then one of the API, then the latest; ties go to the row fetched last. The order
       is total, so that refreshing month by month ends as a rebuild does. All listeners are read: a track belongs to all of them. */ -}}
{{- define "precedence" -}}
CASE WHEN p.track_name IS NOT NULL THEN 40000000000000000 ELSE 0 END
      + CASE WHEN p.artist_name IS NOT NULL AND p.album IS NOT NULL AND p.duration_ms IS NOT NULL THEN 20000000000000000 ELSE 0 END
      + CASE p.source WHEN 'api' THEN 10000000000000000 ELSE 0 END
      + UNIX_MICROS(p.played_at)
{{- end -}}
{{- define "can_count" -}}
p.played_at >= @from AND p.reject_reason IS NULL AND (p.source = 'api' OR p.ms_played >= {{.CountedMS}})
{{- end -}}
MERGE INTO {{.Dataset}}.tracks AS t
USING (
  WITH best AS (
    SELECT
      p.track_id,
      MAX({{template "precedence"}}) AS precedence
    FROM {{.Dataset}}.plays AS p
    WHERE {{template "can_count" .}}
    GROUP BY p.track_id
  )
  SELECT
    p.track_id, p.track_name, p.artists, p.artist_name, p.artist_id, p.album, p.album_id, p.album_artist, p.isrc, p.duration_ms,
    p.spotify_url, p.image_url, b.precedence
  FROM {{.Dataset}}.plays AS p
  JOIN best AS b
    ON b.track_id = p.track_id
    AND b.precedence = {{template "precedence"}}
  WHERE {{template "can_count" .}}
  QUALIFY ROW_NUMBER() OVER (PARTITION BY p.track_id ORDER BY p.ingested_at DESC, p.listener DESC, p.row_index DESC, p.file DESC) = 1
) AS s
ON t.track_id = s.track_id
WHEN MATCHED AND (@rebuild OR s.precedence >= t.precedence) THEN UPDATE SET
  {{range $i, $c := .Columns "tracks"}}{{if $i}}, {{end}}{{$c}} = s.{{$c}}{{end}}
WHEN NOT MATCHED BY SOURCE AND @rebuild THEN DELETE
WHEN NOT MATCHED THEN INSERT ({{join (.Columns "tracks") ", "}})
VALUES ({{join (.Columns "tracks" "s.") ", "}})
