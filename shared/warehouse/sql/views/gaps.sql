{{- /* Times in which plays were missed. A page of the API that is full and has no play that an
       earlier page could know begins after a gap, unless one whole export spans it. */ -}}
SELECT p.listener, p.known AS after, p.oldest AS before
FROM (
  SELECT
    listener, oldest, full_page,
    MAX(newest) OVER (
      PARTITION BY listener ORDER BY fetched_at, newest, object
      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS known
  FROM {{.Dataset}}.loads
  WHERE kind = 'api' AND error IS NULL AND newest IS NOT NULL
) AS p
LEFT JOIN (
  SELECT listener, zip, MIN(oldest) AS oldest, MAX(newest) AS newest
  FROM {{.Dataset}}.loads
  WHERE kind = 'export' AND error IS NULL AND zip IS NOT NULL
  GROUP BY listener, zip
) AS e
  ON e.listener = p.listener AND e.oldest <= p.known AND e.newest >= p.oldest
WHERE p.full_page AND p.known < p.oldest AND e.zip IS NULL
GROUP BY p.listener, p.known, p.oldest
