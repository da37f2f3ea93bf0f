{{- /* How many different items of each listener were rejected, however many API pages contain them. Asked only where
       receipts report rejected rows, because it reads plays. */ -}}
SELECT play.listener, COUNT(DISTINCT play.item) AS items
FROM {{.Dataset}}.plays AS play
WHERE play.reject_reason <> '{{.NotMusic}}'
GROUP BY play.listener
