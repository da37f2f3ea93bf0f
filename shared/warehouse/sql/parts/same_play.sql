t.played_at BETWEEN @oldest AND @newest
  AND t.listener = s.listener AND t.source = s.source AND t.played_at = s.played_at AND t.track_id = s.track_id
