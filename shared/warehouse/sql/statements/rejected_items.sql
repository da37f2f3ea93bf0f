{{- /* How many different items of each listener could not be read as plays, however many pages they are in. It is
       asked where receipts say that there are any. */ -}}
SELECT listener, COUNT(DISTINCT item) AS items
FROM {{.Dataset}}.plays
WHERE reject_reason <> '{{.NotMusic}}'
GROUP BY listener
