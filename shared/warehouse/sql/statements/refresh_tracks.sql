{{- /* Updates the names of tracks from the plays since the beginning of a month, or from all plays where rebuild is
       true. Of all plays that can count, the one with the greatest precedence becomes the track's row: one with a name
       before one without, then a complete one, then one of the API, then the latest. Ties go to the play that was
       fetched last. The order is total, so that refreshes month by month end as a rebuild does. It reads the plays of
       all listeners, because a track belongs to all of them. */ -}}
{{- $named := 40000000000000000}}{{$complete := 20000000000000000}}{{$from_api := 10000000000000000 -}}
MERGE INTO {{.Dataset}}.tracks AS target
USING (
  WITH candidates AS (
    SELECT
      play.track_id, play.track_name, play.artists, play.artist_name, play.artist_id, play.album, play.album_id, play.album_artist,
      play.isrc, play.duration_ms, play.spotify_url, play.image_url, play.ingested_at, play.listener, play.row_index, play.file,
      CASE WHEN play.track_name IS NOT NULL THEN {{$named}} ELSE 0 END
        + CASE WHEN play.artist_name IS NOT NULL AND play.album IS NOT NULL AND play.duration_ms IS NOT NULL THEN {{$complete}} ELSE 0 END
        + CASE play.source WHEN 'api' THEN {{$from_api}} ELSE 0 END
        + UNIX_MICROS(play.played_at) AS precedence
    FROM {{.Dataset}}.plays AS play
    WHERE play.played_at >= @from AND play.reject_reason IS NULL AND (play.source = 'api' OR play.ms_played >= {{.CountedMS}})
  ),
  greatest_precedence AS (
    SELECT candidate.track_id, MAX(candidate.precedence) AS precedence
    FROM candidates AS candidate
    GROUP BY candidate.track_id
  )
  SELECT
    candidate.track_id, candidate.track_name, candidate.artists, candidate.artist_name, candidate.artist_id, candidate.album,
    candidate.album_id, candidate.album_artist, candidate.isrc, candidate.duration_ms, candidate.spotify_url, candidate.image_url,
    candidate.precedence
  FROM candidates AS candidate
  JOIN greatest_precedence AS greatest ON greatest.track_id = candidate.track_id AND greatest.precedence = candidate.precedence
  QUALIFY ROW_NUMBER() OVER (
    PARTITION BY candidate.track_id
    ORDER BY candidate.ingested_at DESC, candidate.listener DESC, candidate.row_index DESC, candidate.file DESC
  ) = 1
) AS source
ON target.track_id = source.track_id
WHEN MATCHED AND (@rebuild OR source.precedence >= target.precedence) THEN UPDATE SET
  {{range $i, $column := .Columns "tracks"}}{{if $i}}, {{end}}{{$column}} = source.{{$column}}{{end}}
WHEN NOT MATCHED BY SOURCE AND @rebuild THEN DELETE
WHEN NOT MATCHED THEN INSERT ({{join (.Columns "tracks") ", "}})
VALUES ({{join (.Columns "tracks" "source.") ", "}})
