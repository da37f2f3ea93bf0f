{{- /* Replaces the listens of some listeners from the beginning of a month. The same statement with the earliest
       month is the full refresh.

       1. Rows of one key are one row, with the largest value of each column.
       2. An API row within 1 s after another API row of its track repeats it and is dropped.
       3. An export row counts from 30 s on. Rows of both sources within 5 s are one listen: the export row where it
          counts, else the API row, which takes the time that the export measured.
       4. Where no export measured the time, it is the track's length, and at most the time since the listen before.

       A gap ends where a page of 50 items begins, unless another page that has the same play goes back further:
       between the pages there may have been more plays than Spotify returns.

       read_from is a day and some seconds before from: rows so far back decide on the first listens. */ -}}
MERGE INTO {{.Dataset}}.listens AS t
USING (
  WITH pages AS (
    SELECT object, MIN(oldest) AS oldest, MAX(full_page) AS full_page
    FROM {{.Dataset}}.loads
    WHERE kind = 'api' AND error IS NULL
    GROUP BY object
  ),
  keyed AS (
    SELECT
      p.listener, p.source, p.played_at, p.track_id,
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
    LEFT JOIN pages AS g ON g.object = p.object
    WHERE p.played_at >= @read_from AND p.listener IN UNNEST(@listeners) AND p.reject_reason IS NULL
    GROUP BY p.listener, p.source, p.played_at, p.track_id
  ),
  reported AS (
    SELECT
      *,
      UNIX_MICROS(played_at) AS micros,
      COALESCE(
        source = 'api' AND UNIX_MICROS(played_at) - LAG(UNIX_MICROS(played_at)) OVER (
          PARTITION BY listener, track_id, source ORDER BY played_at
        ) <= {{.RepeatMicros}},
        FALSE
      ) AS repeats
    FROM keyed
  ),
  twinned AS (
    SELECT
      *,
      MAX(CASE WHEN source = 'export' THEN ms_played END) OVER twins AS export_ms,
      COUNT(CASE WHEN source = 'api' AND NOT repeats THEN 1 END) OVER twins AS api_rows,
      MAX(context_uri) OVER twins AS played_from,
      MIN(CASE WHEN source = 'api' THEN played_at END) OVER twins AS first_told,
      MIN(page_oldest) OVER twins AS pages_oldest,
      MAX(begins_page) OVER twins AS begins_pages
    FROM reported
    WINDOW twins AS (
      PARTITION BY listener, track_id ORDER BY micros
      RANGE BETWEEN {{.TwinMicros}} PRECEDING AND {{.TwinMicros}} FOLLOWING
    )
  ),
  counted AS (
    SELECT
      listener, played_at, track_id, micros, reason_end, shuffle, skipped, offline,
      played_from AS context_uri,
      CASE source WHEN 'export' THEN ms_played ELSE export_ms END AS measured_ms,
      CASE WHEN duration_ms <= {{.LongestMS}} THEN duration_ms END AS length_ms,
      CASE
        WHEN source = 'api' AND export_ms IS NULL THEN 'api'
        WHEN source = 'export' AND api_rows = 0 THEN 'export'
        ELSE 'both'
      END AS told_by,
      COALESCE(begins_pages AND pages_oldest >= first_told, FALSE) AS follows_gap
    FROM twinned
    WHERE (source = 'export' AND ms_played >= {{.CountedMS}})
      OR (source = 'api' AND NOT repeats AND COALESCE(export_ms, 0) < {{.CountedMS}})
  ),
  timed AS (
    SELECT
      *,
      micros - MAX(micros) OVER (
        PARTITION BY listener ORDER BY micros RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
      ) AS passed_micros
    FROM counted
  )
  SELECT
    listener, played_at, track_id,
    CASE
      WHEN measured_ms IS NOT NULL THEN measured_ms
      WHEN passed_micros < length_ms * 1000 THEN DIV(passed_micros, 1000)
      ELSE length_ms
    END AS ms_played,
    measured_ms IS NOT NULL AS ms_measured,
    told_by, follows_gap, reason_end, shuffle, skipped, offline, context_uri
  FROM timed
  WHERE played_at >= @from
) AS s
ON FALSE
WHEN NOT MATCHED BY SOURCE AND t.played_at >= @from AND t.listener IN UNNEST(@listeners) THEN DELETE
WHEN NOT MATCHED THEN INSERT ({{join (.Columns "listens") ", "}})
VALUES ({{join (.Columns "listens" "s.") ", "}})
