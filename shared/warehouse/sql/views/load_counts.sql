{{- /* How many plays of each object are new, and how many an earlier row of its listener and source had reported. A row
       that was loaded twice counts once. It reads the keys of all plays, so it is asked for after an import only. */ -}}
WITH reported AS (
  SELECT
    play.object, play.row_index, play.listener, play.source, play.played_at, play.track_id,
    MIN(play.ingested_at) AS ingested_at
  FROM {{.Dataset}}.plays AS play
  WHERE play.reject_reason IS NULL
  GROUP BY play.object, play.row_index, play.listener, play.source, play.played_at, play.track_id
),
ranked AS (
  SELECT
    reported.object, reported.listener, reported.source,
    ROW_NUMBER() OVER (
      PARTITION BY reported.listener, reported.source, reported.played_at, reported.track_id
      ORDER BY reported.ingested_at, reported.object, reported.row_index
    ) AS place
  FROM reported
)
SELECT
  ranked.object, ranked.listener, ranked.source,
  COUNTIF(ranked.place = 1) AS plays, COUNTIF(ranked.place > 1) AS duplicates
FROM ranked
GROUP BY ranked.object, ranked.listener, ranked.source
