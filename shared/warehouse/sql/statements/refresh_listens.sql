{{- /* Replaces the listens of some listeners since the beginning of a month. With the earliest month it is the full
       refresh.

       1. Plays of equal keys are one, with the largest value of each column.
       2. An API play within 1 s after another API play of its track repeats it and is dropped.
       3. An export play counts from 30 s on. Plays of both sources within 5 s are one listen: the export play where it
          counts, else the API play, which takes the time that the export measured.
       4. Where no export measured the time, it is the track's length, and at most the time since the previous listen.

       A gap ends where a full API page begins, because more plays than Spotify returns may precede it. It is not a gap
       where another page goes back further from the same play or from a repeat of it. A page is identified by the time
       of its fetch, because the names of objects are long and each byte is billed.

       read_from is a day and some seconds before from: plays that far back decide on the first listens. */ -}}
{{- $page_start := 1}}{{$within_page := 2}}{{$micros_per_ms := 1000 -}}
MERGE INTO {{.Dataset}}.listens AS target
USING (
  WITH api_pages AS (
    SELECT receipt.listener, receipt.fetched_at, MIN(receipt.oldest) AS oldest, MAX(receipt.full_page) AS full_page
    FROM {{.Dataset}}.loads AS receipt
    WHERE receipt.kind = 'api' AND receipt.error IS NULL
    GROUP BY receipt.listener, receipt.fetched_at
  ),
  deduplicated AS (
    SELECT
      play.listener, play.source, play.played_at, play.track_id,
      UNIX_MICROS(play.played_at) AS micros,
      MAX(play.duration_ms) AS duration_ms,
      MAX(play.ms_played) AS ms_played,
      MAX(play.reason_end) AS reason_end,
      MAX(play.shuffle) AS shuffle,
      MAX(play.skipped) AS skipped,
      MAX(play.offline) AS offline,
      MAX(play.context_uri) AS context_uri,
      MIN(page.oldest) AS page_oldest,
      MAX(page.full_page AND page.oldest = play.played_at) AS begins_full_page
    FROM {{.Dataset}}.plays AS play
    LEFT JOIN api_pages AS page
      ON page.listener = play.listener AND page.fetched_at = play.ingested_at AND play.source = 'api'
    WHERE play.played_at >= @read_from AND play.listener IN UNNEST(@listeners) AND play.reject_reason IS NULL
    GROUP BY play.listener, play.source, play.played_at, play.track_id
  ),
  marked AS (
    SELECT
      deduplicated.*,
      CASE WHEN deduplicated.source = 'export' THEN deduplicated.ms_played END AS export_ms,
      CASE WHEN deduplicated.source = 'api' THEN 1 END AS is_api,
      CASE
        WHEN deduplicated.begins_full_page AND deduplicated.page_oldest = deduplicated.played_at THEN {{$page_start}}
        WHEN UNIX_MICROS(deduplicated.page_oldest) < deduplicated.micros - {{.TwinMicros}} THEN {{$within_page}}
      END AS place_in_page
    FROM deduplicated
  ),
  compared AS (
    SELECT
      marked.*,
      MAX(marked.export_ms) OVER twins AS twin_ms,
      COUNT(marked.is_api) OVER twins AS api_twins,
      MAX(marked.place_in_page) OVER twins AS twin_place_in_page,
      COUNT(marked.is_api) OVER (
        PARTITION BY marked.listener, marked.track_id ORDER BY marked.micros
        RANGE BETWEEN {{.RepeatMicros}} PRECEDING AND 1 PRECEDING
      ) AS repeated_plays
    FROM marked
    WINDOW twins AS (
      PARTITION BY marked.listener, marked.track_id ORDER BY marked.micros
      RANGE BETWEEN {{.TwinMicros}} PRECEDING AND {{.TwinMicros}} FOLLOWING
    )
  ),
  counted AS (
    SELECT
      compared.listener, compared.played_at, compared.track_id, compared.micros, compared.reason_end, compared.shuffle,
      compared.skipped, compared.offline, compared.context_uri,
      CASE compared.source WHEN 'export' THEN compared.ms_played ELSE compared.twin_ms END AS measured_ms,
      CASE WHEN compared.duration_ms <= {{.LongestMS}} THEN compared.duration_ms END AS length_ms,
      CASE
        WHEN compared.source = 'api' AND compared.twin_ms IS NULL THEN 'api'
        WHEN compared.source = 'export' AND compared.api_twins = 0 THEN 'export'
        ELSE 'both'
      END AS told_by,
      COALESCE(compared.twin_place_in_page = {{$page_start}}, FALSE) AS follows_gap
    FROM compared
    WHERE (compared.source = 'export' AND compared.ms_played >= {{.CountedMS}})
      OR (compared.source = 'api' AND compared.repeated_plays = 0 AND COALESCE(compared.twin_ms, 0) < {{.CountedMS}})
  ),
  instants AS (
    SELECT
      counted.listener, counted.micros,
      counted.micros - LAG(counted.micros) OVER (PARTITION BY counted.listener ORDER BY counted.micros) AS micros_since_previous
    FROM counted
    GROUP BY counted.listener, counted.micros
  )
  SELECT
    counted.listener, counted.played_at, counted.track_id,
    CASE
      WHEN counted.measured_ms IS NOT NULL THEN counted.measured_ms
      WHEN instant.micros_since_previous < counted.length_ms * {{$micros_per_ms}} THEN DIV(instant.micros_since_previous, {{$micros_per_ms}})
      ELSE counted.length_ms
    END AS ms_played,
    counted.measured_ms IS NOT NULL AS ms_measured,
    counted.told_by, counted.follows_gap, counted.reason_end, counted.shuffle, counted.skipped, counted.offline, counted.context_uri
  FROM counted
  JOIN instants AS instant ON instant.listener = counted.listener AND instant.micros = counted.micros
  WHERE counted.played_at >= @from
) AS source
ON FALSE
WHEN NOT MATCHED BY SOURCE AND target.played_at >= @from AND target.listener IN UNNEST(@listeners) THEN DELETE
WHEN NOT MATCHED THEN INSERT ({{join (.Columns "listens") ", "}})
VALUES ({{join (.Columns "listens" "source.") ", "}})
