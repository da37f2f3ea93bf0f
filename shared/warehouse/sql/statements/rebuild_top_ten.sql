{{- /* Replaces the ten most played tracks of every listener and period. The text has each period with its instants,
       since and until in microseconds, because only Go knows time zones. A calendar is the periods that some listeners
       have in common. */ -}}
{{- $places := 10}}{{$ms_per_minute := 60000 -}}
MERGE INTO {{.Dataset}}.top_ten AS target
USING (
  WITH periods AS (
    {{- range $c := .Calendars}}{{range $i, $p := $c.Periods}}
    {{if or $c.Number $i}}UNION ALL {{end}}SELECT {{$c.Number}} AS calendar, '{{$p.Name}}' AS period, {{$p.Since.UnixMicro}} AS since, {{$p.Until.UnixMicro}} AS until
    {{- end}}{{end}}
  ),
  calendars AS (
    SELECT
      listen.listener,
      CASE
        {{- range .Calendars}}
        WHEN listen.listener IN UNNEST(@{{.Param}}) THEN {{.Number}}
        {{- end}}
      END AS calendar
    FROM {{.Dataset}}.listens AS listen
    GROUP BY listen.listener
  ),
  counted AS (
    SELECT
      listen.listener, bounds.period, listen.track_id,
      COUNT(*) AS times_played,
      SUM(COALESCE(listen.ms_played, 0)) AS ms_played,
      MAX(listen.played_at) AS last_played_at
    FROM {{.Dataset}}.listens AS listen
    JOIN calendars AS calendar ON calendar.listener = listen.listener
    JOIN periods AS bounds
      ON bounds.calendar = calendar.calendar
      AND UNIX_MICROS(listen.played_at) >= bounds.since AND UNIX_MICROS(listen.played_at) < bounds.until
    GROUP BY listen.listener, bounds.period, listen.track_id
  ),
  ranked AS (
    SELECT
      counted.*,
      ROW_NUMBER() OVER (
        PARTITION BY counted.listener, counted.period
        ORDER BY counted.times_played DESC, counted.ms_played DESC, counted.last_played_at DESC, counted.track_id
      ) AS rank
    FROM counted
  )
  SELECT
    ranked.listener, ranked.period, ranked.rank, ranked.track_id, track.track_name, track.artists, ranked.times_played,
    ranked.ms_played / {{$ms_per_minute}} AS minutes_played,
    ranked.last_played_at, track.spotify_url, track.image_url, feature.danceability, feature.energy, feature.valence
  FROM ranked
  LEFT JOIN {{.Dataset}}.tracks AS track ON track.track_id = ranked.track_id
  LEFT JOIN {{.Dataset}}.features AS feature ON feature.track_id = ranked.track_id AND feature.found
  WHERE ranked.rank <= {{$places}}
) AS source
ON FALSE
WHEN NOT MATCHED BY SOURCE THEN DELETE
WHEN NOT MATCHED THEN INSERT ({{join (.Columns "top_ten") ", "}})
VALUES ({{join (.Columns "top_ten" "source.") ", "}})
