{{- /* Replaces the listens of some listeners from the beginning of a month. The same statement with the earliest
       month is the full refresh.

       1. Rows of one key are one row, with the largest value of each column.
       2. An API row within 1 s after another API row of its track repeats it and is dropped.
       3. An export row counts from 30 s on. Rows of both sources within 5 s are one listen: the export row where it
          counts, else the API row, which takes the time that the export measured.
       4. Where no export measured the time, it is the track's length, and at most the time since the listen before.

       A gap ends where a full page begins, unless another page with the same play goes back further: between the
       pages there may have been more plays than Spotify returns. gap_mark is 1 for such a play, and 2 for a play in
       the middle of a page: a repeat of a play in the middle of another page shows that there is no gap.

       A page is known by when it was fetched: the names of objects are long, and each byte is billed.

       read_from is a day and some seconds before from: rows so far back decide on the first listens. */ -}}
MERGE INTO {{.Dataset}}.listens AS t
USING (
  WITH pages AS (
    SELECT listener, fetched_at, MIN(oldest) AS oldest, MAX(full_page) AS full_page
    FROM {{.Dataset}}.loads
    WHERE kind = 'api' AND error IS NULL
    GROUP BY listener, fetched_at
  ),
  keyed AS (
    SELECT
      p.listener, p.source, p.played_at, p.track_id,
      UNIX_MICROS(p.played_at) AS micros,
      MAX(p.duration_ms) AS duration_ms,
      MAX(p.ms_played) AS ms_played,
      MAX(p.reason_end) AS reason_end,
      MAX(p.shuffle) AS shuffle,
      MAX(p.skipped) AS skipped,
      MAX(p.offline) AS offline,
      MAX(p.context_uri) AS context_uri,
      MIN(g.oldest) AS page_oldest,
      MAX(g.full_page AND g.oldest = p.played_at) AS begins_page
    FROM {{.Dataset}}.plays AS p
    LEFT JOIN pages AS g ON g.listener = p.listener AND g.fetched_at = p.ingested_at AND p.source = 'api'
    WHERE p.played_at >= @read_from AND p.listener IN UNNEST(@listeners) AND p.reject_reason IS NULL
    GROUP BY p.listener, p.source, p.played_at, p.track_id
  ),
  marked AS (
    SELECT
      *,
      CASE WHEN source = 'export' THEN ms_played END AS export_ms,
      CASE WHEN source = 'api' THEN 1 END AS api_row,
      CASE
        WHEN begins_page AND page_oldest = played_at THEN 1
        WHEN UNIX_MICROS(page_oldest) < micros - {{.TwinMicros}} THEN 2
      END AS gap_mark
    FROM keyed
  ),
  twinned AS (
    SELECT
      *,
      MAX(export_ms) OVER twins AS twin_ms,
      COUNT(api_row) OVER twins AS api_twins,
      MAX(gap_mark) OVER twins AS gap_marks,
      COUNT(api_row) OVER (
        PARTITION BY listener, track_id ORDER BY micros RANGE BETWEEN {{.RepeatMicros}} PRECEDING AND 1 PRECEDING
      ) AS repeated
    FROM marked
    WINDOW twins AS (
      PARTITION BY listener, track_id ORDER BY micros
      RANGE BETWEEN {{.TwinMicros}} PRECEDING AND {{.TwinMicros}} FOLLOWING
    )
  ),
  counted AS (
    SELECT
      listener, played_at, track_id, micros, reason_end, shuffle, skipped, offline, context_uri,
      CASE source WHEN 'export' THEN ms_played ELSE twin_ms END AS measured_ms,
      CASE WHEN duration_ms <= {{.LongestMS}} THEN duration_ms END AS length_ms,
      CASE
        WHEN source = 'api' AND twin_ms IS NULL THEN 'api'
        WHEN source = 'export' AND api_twins = 0 THEN 'export'
        ELSE 'both'
      END AS told_by,
      COALESCE(gap_marks = 1, FALSE) AS follows_gap
    FROM twinned
    WHERE (source = 'export' AND ms_played >= {{.CountedMS}})
      OR (source = 'api' AND repeated = 0 AND COALESCE(twin_ms, 0) < {{.CountedMS}})
  ),
  instants AS (
    SELECT listener, micros, micros - LAG(micros) OVER (PARTITION BY listener ORDER BY micros) AS passed_micros
    FROM counted
    GROUP BY listener, micros
  )
  SELECT
    c.listener, c.played_at, c.track_id,
    CASE
      WHEN c.measured_ms IS NOT NULL THEN c.measured_ms
      WHEN i.passed_micros < c.length_ms * 1000 THEN DIV(i.passed_micros, 1000)
      ELSE c.length_ms
    END AS ms_played,
    c.measured_ms IS NOT NULL AS ms_measured,
    c.told_by, c.follows_gap, c.reason_end, c.shuffle, c.skipped, c.offline, c.context_uri
  FROM counted AS c
  JOIN instants AS i ON i.listener = c.listener AND i.micros = c.micros
  WHERE c.played_at >= @from
) AS s
ON FALSE
WHEN NOT MATCHED BY SOURCE AND t.played_at >= @from AND t.listener IN UNNEST(@listeners) THEN DELETE
WHEN NOT MATCHED THEN INSERT ({{join (.Columns "listens") ", "}})
VALUES ({{join (.Columns "listens" "s.") ", "}})
