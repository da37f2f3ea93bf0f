{{- /* Brings the names of tracks up to date with the plays from the beginning of a month, or from all plays
       where rebuild is true. Of all rows that can count the one with the greatest precedence is the track's row: one
       with a name, then a complete one, then one of the API, then the latest. The order is total, so that refreshing
       month by month ends as a rebuild does. All listeners are read: a track belongs to all of them. */ -}}
MERGE INTO {{.Dataset}}.tracks AS t
USING (
  WITH told AS (
    SELECT
      track_id, track_name, artists, artist_name, artist_id, album, album_id, album_artist, isrc, duration_ms, spotify_url, image_url,
      object, row_index,
      CASE WHEN track_name IS NOT NULL THEN 40000000000000000 ELSE 0 END
        + CASE WHEN artist_name IS NOT NULL AND album IS NOT NULL AND duration_ms IS NOT NULL THEN 20000000000000000 ELSE 0 END
        + CASE source WHEN 'api' THEN 10000000000000000 ELSE 0 END
        + UNIX_MICROS(played_at) AS precedence
    FROM {{.Dataset}}.plays
    WHERE played_at >= @from AND reject_reason IS NULL AND (source = 'api' OR ms_played >= {{.CountedMS}})
  )
  SELECT {{join (.Columns "tracks") ", "}}
  FROM told
  QUALIFY ROW_NUMBER() OVER (PARTITION BY track_id ORDER BY precedence DESC, object DESC, row_index DESC) = 1
) AS s
ON t.track_id = s.track_id
WHEN MATCHED AND (@rebuild OR s.precedence >= t.precedence) THEN UPDATE SET
  {{range $i, $c := .Columns "tracks"}}{{if $i}}, {{end}}{{$c}} = s.{{$c}}{{end}}
WHEN NOT MATCHED BY SOURCE AND @rebuild THEN DELETE
WHEN NOT MATCHED THEN INSERT ({{join (.Columns "tracks") ", "}})
VALUES ({{join (.Columns "tracks" "s.") ", "}})
