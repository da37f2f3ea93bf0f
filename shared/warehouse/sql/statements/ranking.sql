{{- /* Totals and the top ten tracks, artists and albums of every period at once, and the latest plays.
       Plays before until are read as past_plays has them, so that an hourly ranking reads a year and not
       the history; years before first_year are left out, as they were ranked when the past was summed.
       past_rows tells how many rows of past_plays were found, and known by name.
       Plays are grouped by track, year and recency first (0: within 4w, 1: 6m, 2: 1y, 3: older), so that
       however many periods there are, they are read once for counting and once for names. A play since
       recent_since is a group, and then a period, of its own: 'recent' and its time. Ranks are given to
       narrow rows; names join the few that are left. The tracks of years that are left out are in kept: what
       is known of them by now is told too. featured is how many tracks have audio features, unasked of how many
       nobody has been asked for any. */ -}}
WITH by_track AS (
  SELECT
    CASE w.period
      WHEN 'year' THEN CAST(g.year AS STRING)
      WHEN 'recent' THEN CONCAT('recent ', CAST(g.moment AS STRING))
      ELSE w.period
    END AS period,
    g.track_id,
    SUM(g.plays) AS plays,
    SUM(g.known_ms) AS known_ms,
    SUM(g.unknown) AS unknown,
    MAX(g.last_played_at) AS last_played_at,
    SUM(g.past_rows) AS past_rows
  FROM (
    SELECT
      track_id,
      {{template "year"}} AS year,
      CASE WHEN played_at > @since_4w THEN 0 WHEN played_at > @since_6m THEN 1 WHEN played_at > @since_1y THEN 2 ELSE 3 END AS recency,
      CASE WHEN played_at >= @recent_since THEN UNIX_MICROS(played_at) END AS moment,
      COUNT(*) AS plays,
      COALESCE(SUM(COALESCE(ms_played, duration_ms)), 0) AS known_ms,
      COUNT(CASE WHEN ms_played IS NULL AND duration_ms IS NULL THEN 1 END) AS unknown,
      MAX(played_at) AS last_played_at,
      0 AS past_rows
    FROM ({{template "counted" .}}) AS c
    GROUP BY 1, 2, 3, 4
    UNION ALL
    SELECT track_id, ranked_year, 3, CAST(NULL AS INT64), SUM(plays), SUM(known_ms), SUM(unknown), MAX(last_played_at), COUNT(*)
    FROM (
      SELECT track_id, CASE WHEN year >= @first_year THEN year END AS ranked_year, plays, known_ms, unknown, last_played_at
      FROM {{.Dataset}}.past_plays
      WHERE listener = @listener AND sum_id = @sum_id
    ) AS past
    GROUP BY track_id, ranked_year
  ) AS g
  JOIN (
    SELECT '4w' AS period, 0 AS recency UNION ALL SELECT '6m', 1 UNION ALL SELECT '1y', 2
    UNION ALL SELECT 'all', 3 UNION ALL SELECT 'year', 3 UNION ALL SELECT 'recent', 3
  ) AS w ON g.recency <= w.recency AND (w.period <> 'recent' OR g.moment IS NOT NULL) AND (w.period <> 'year' OR g.year IS NOT NULL)
  GROUP BY 1, 2
),
known AS (
  SELECT
    {{- range .TrackColumns}}
    k.{{.}},
    {{- end}}
    k.track_id, f.danceability, f.energy, f.valence, f.found
  FROM ({{template "tracks" .}}) AS k
  LEFT JOIN ({{template "features" .}}) AS f ON f.track_id = k.track_id
),
grouped AS (
  SELECT
    CASE
      WHEN GROUPING(n.track_id) = 0 THEN 'track'
      WHEN GROUPING(n.album) = 0 THEN 'album'
      WHEN GROUPING(n.artist_name) = 0 THEN 'artist'
      ELSE 'total'
    END AS kind,
    n.period, n.track_id, n.artist_name, n.album,
    SUM(n.plays) AS plays,
    SUM(n.ms) AS ms,
    MAX(n.last_played_at) AS last_played_at,
    COUNT(*) AS tracks,
    COUNT(CASE WHEN n.found THEN 1 END) AS featured,
    COUNT(CASE WHEN n.found IS NULL THEN 1 END) AS unasked,
    SUM(n.past_rows) AS past_rows,
    MAX(n.pictured) AS pictured
  FROM (
    SELECT
      b.period, b.track_id, b.plays, b.last_played_at, b.past_rows,
      b.known_ms + b.unknown * COALESCE(t.duration_ms, 0) AS ms,
      t.artist_name, t.album, t.found,
      CASE WHEN t.image_url IS NOT NULL THEN b.track_id END AS pictured
    FROM by_track AS b
    JOIN known AS t ON t.track_id = b.track_id
  ) AS n
  GROUP BY GROUPING SETS ((n.period), (n.period, n.track_id), (n.period, n.artist_name), (n.period, n.artist_name, n.album))
),
ranked AS (
  SELECT
    *,
    ROW_NUMBER() OVER (
      PARTITION BY period, kind
      ORDER BY plays DESC, ms DESC, last_played_at DESC, track_id, artist_name, album
    ) AS rank,
    COUNT(*) OVER (PARTITION BY period, kind) AS peers
  FROM grouped
  WHERE kind = 'track'
    OR (period NOT LIKE 'recent %' AND (
      kind = 'total' OR (kind = 'artist' AND artist_name IS NOT NULL) OR (kind = 'album' AND album IS NOT NULL)
    ))
)
SELECT
  r.kind, r.period, r.rank, r.track_id, r.artist_name, r.album, r.plays, r.ms, r.last_played_at, r.tracks, r.featured, r.unasked, r.peers, r.past_rows,
  t.track_name, t.artists, t.spotify_url, t.image_url, t.duration_ms, t.danceability, t.energy, t.valence
FROM ranked AS r
LEFT JOIN known AS t ON t.track_id = COALESCE(r.track_id, r.pictured)
WHERE r.rank <= 10
UNION ALL
SELECT
  'kept', '', 0, track_id, artist_name, album, 0, 0, @until, 0, 0, 0, 0, 0,
  track_name, artists, spotify_url, image_url, duration_ms, danceability, energy, valence
FROM known
WHERE track_id IN UNNEST(@kept)
ORDER BY period, kind, rank
