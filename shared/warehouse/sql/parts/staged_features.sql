{{- /* The audio features of a staging table, each track once. Of two rows one that has something wins, then the
       newer, then the smaller object name, as in features.sql: what was found is never lost to a provider
       that does not know it later. */ -}}
SELECT {{join .AudioColumns ", "}}
FROM {{.Staging}}
QUALIFY ROW_NUMBER() OVER (PARTITION BY track_id ORDER BY found DESC, fetched_at DESC, object, index) = 1
