package warehouse

import (
	"context"
	"time"

	"cloud.google.com/go/bigquery"
)

// StagePlays loads 1 to 10,000 objects of plays into a new staging table in one job: see [Stage].
func (w *Warehouse) StagePlays(ctx context.Context, uris []string) (*Stage, error) {
	return w.stageObjects(ctx, Plays, stagedPlays(), "statements/stage_summary", uris, (*Stage).mergePlays)
}

func (s *Stage) mergePlays(ctx context.Context) (inserted map[string]int64, err error) {
	oldest, newest := s.bounds()
	if oldest.IsZero() {
		return nil, nil // no row is a play
	}
	bounds := []bigquery.QueryParameter{param("oldest", oldest), param("newest", newest)}
	_, status, err := s.w.run(ctx, "statements/merge_plays", s.names(), bounds...)
	if err != nil {
		return nil, err
	}
	s.TookOver = changed(status).UpdatedRowCount > 0
	return s.count(ctx, "statements/inserted", bounds...)
}

// bounds are the times of the oldest and the newest staged play, zero where there is none.
func (s *Stage) bounds() (oldest, newest time.Time) {
	for _, o := range s.Objects {
		if o.Oldest.Valid && (oldest.IsZero() || o.Oldest.Timestamp.Before(oldest)) {
			oldest = o.Oldest.Timestamp
		}
		if o.Newest.Valid && o.Newest.Timestamp.After(newest) {
			newest = o.Newest.Timestamp
		}
	}
	return oldest, newest
}
