SELECT after, before FROM {{.Dataset}}.gaps WHERE listener = @listener ORDER BY after
