{{- /* Replaces the ten most played tracks of every listener and period. A period is given by its instants, since and
       until in microseconds: only Go knows time zones. */ -}}
MERGE INTO {{.Dataset}}.top_ten AS t
USING (
  WITH periods AS (
    {{- range $i, $p := .Periods}}
    {{if $i}}UNION ALL {{end}}SELECT '{{$p.Listener}}' AS listener, '{{$p.Name}}' AS period, {{$p.Since.UnixMicro}} AS since, {{$p.Until.UnixMicro}} AS until
    {{- end}}
  ),
  counted AS (
    SELECT
      p.listener, p.period, l.track_id,
      COUNT(*) AS times_played,
      SUM(COALESCE(l.ms_played, 0)) AS ms_played,
      MAX(l.played_at) AS last_played_at
    FROM {{.Dataset}}.listens AS l
    JOIN periods AS p ON p.listener = l.listener AND UNIX_MICROS(l.played_at) >= p.since AND UNIX_MICROS(l.played_at) < p.until
    GROUP BY p.listener, p.period, l.track_id
  ),
  ranked AS (
    SELECT
      *,
      ROW_NUMBER() OVER (
        PARTITION BY listener, period ORDER BY times_played DESC, ms_played DESC, last_played_at DESC, track_id
      ) AS rank
    FROM counted
  )
  SELECT
    r.listener, r.period, r.rank, r.track_id, t.track_name, t.artists, r.times_played,
    r.ms_played / 60000 AS minutes_played,
    r.last_played_at, t.spotify_url, t.image_url, f.danceability, f.energy, f.valence
  FROM ranked AS r
  LEFT JOIN {{.Dataset}}.tracks AS t ON t.track_id = r.track_id
  LEFT JOIN {{.Dataset}}.features AS f ON f.track_id = r.track_id AND f.found
  WHERE r.rank <= 10
) AS s
ON FALSE
WHEN NOT MATCHED BY SOURCE THEN DELETE
WHEN NOT MATCHED THEN INSERT ({{join (.Columns "top_ten") ", "}})
VALUES ({{join (.Columns "top_ten" "s.") ", "}})
