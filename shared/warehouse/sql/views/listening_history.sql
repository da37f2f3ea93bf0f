{{- /* Every listen with its track and audio features, under the column names of the dataset that people start from. */ -}}
{{- $ms_per_minute := 60000}}{{$ms_per_second := 1000 -}}
WITH uploads AS (
  SELECT play.listener, play.track_id, play.played_at, MIN(play.ingested_at) AS ingested_at
  FROM {{.Dataset}}.plays AS play
  WHERE play.reject_reason IS NULL
  GROUP BY play.listener, play.track_id, play.played_at
)
SELECT
  listen.listener, listen.track_id, track.track_name, track.artists, listen.played_at, track.duration_ms,
  CONCAT(
    CAST(DIV(track.duration_ms, {{$ms_per_minute}}) AS STRING), ':',
    LPAD(CAST(DIV(MOD(track.duration_ms, {{$ms_per_minute}}), {{$ms_per_second}}) AS STRING), 2, '0')
  ) AS track_duration,
  track.spotify_url,
  upload.ingested_at AS upload_timestamp,
  CONCAT(listen.listener, '-', listen.track_id, '-', CAST(UNIX_MILLIS(listen.played_at) AS STRING)) AS unique_id,
  feature.danceability, feature.energy, feature.key, feature.loudness, feature.mode, feature.speechiness, feature.acousticness,
  feature.instrumentalness, feature.liveness, feature.valence, feature.tempo, feature.time_signature
FROM {{.Dataset}}.listens AS listen
LEFT JOIN {{.Dataset}}.tracks AS track ON track.track_id = listen.track_id
LEFT JOIN uploads AS upload
  ON upload.listener = listen.listener AND upload.track_id = listen.track_id AND upload.played_at = listen.played_at
LEFT JOIN {{.Dataset}}.features AS feature ON feature.track_id = listen.track_id AND feature.found
