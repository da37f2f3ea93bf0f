{{- /* The year of a play by the listener's clock. No clock is a day off, so only the first and last days
       of a year need the conversion, which costs more than all else of a ranking. */ -}}
CASE
  WHEN EXTRACT(DAYOFYEAR FROM played_at) IN (1, 365, 366) THEN EXTRACT(YEAR FROM played_at AT TIME ZONE @time_zone)
  ELSE EXTRACT(YEAR FROM played_at)
END
