{{- /* How many tracks' audio features are in the table through each of some objects: see inserted.sql. */ -}}
SELECT object, COUNT(DISTINCT track_id) AS inserted
FROM {{.Dataset}}.audio_features
WHERE object IN UNNEST(@objects)
GROUP BY object
