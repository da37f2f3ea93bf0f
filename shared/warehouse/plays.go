package warehouse

import (
	"context"
	"strings"
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
	first, beyond, comparable := s.rivals()
	count := append(bounds, param("first", first), param("beyond", beyond))
	if inserted, err = s.count(ctx, "statements/inserted", count...); err != nil {
		return nil, err
	}
	rivals := inserted[""]
	for object, n := range inserted {
		if object > first {
			rivals -= n // what is staged itself
		}
	}
	if changed(status).InsertedRowCount == s.readable() || comparable && rivals == 0 {
		return inserted, nil // nothing in the table can be worse than what is staged
	}
	if _, status, err = s.w.run(ctx, "statements/take_over", s.names(), bounds...); err != nil {
		return nil, err
	}
	if s.TookOver = changed(status).UpdatedRowCount > 0; !s.TookOver {
		return inserted, nil
	}
	return s.count(ctx, "statements/inserted", count...)
}

// rivals are the names between which those objects are of which staged plays may take some over: pages of
// the API do not tell ms_played, so a play of theirs is better only by the smaller name of its object.
// comparable is whether that is all there is to compare: one listener's pages.
func (s *Stage) rivals() (first, beyond string, comparable bool) {
	for _, o := range s.Objects {
		pages, _, ok := strings.Cut(o.Object, "/date=")
		if !ok || beyond != "" && beyond != pages+"0" { // "0" comes after "/"
			return "", "", false
		}
		if beyond = pages + "0"; first == "" || o.Object < first {
			first = o.Object
		}
	}
	return first, beyond, true
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
