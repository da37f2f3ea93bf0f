package warehouse

import (
	"context"
	"time"

	"spotify-insights.internal/shared/lake"
)

// Beginning is before every play that is believed, and the beginning of a month.
var Beginning = lake.Earliest

// RefreshTracks brings the table tracks up to date with all plays since from, the beginning of a month.
// From [Beginning] on it rebuilds the table.
func (w *Warehouse) RefreshTracks(ctx context.Context, from time.Time) error {
	_, _, err := w.run(ctx, "statements/refresh_tracks", w.values(), param("from", from), param("rebuild", from.Equal(Beginning)))
	return err
}

// RefreshListens makes the listens of listeners since from, the beginning of a month, again from the plays.
func (w *Warehouse) RefreshListens(ctx context.Context, listeners []string, from time.Time) error {
	_, _, err := w.run(ctx, "statements/refresh_listens", w.values(),
		param("listeners", listeners), param("from", from), param("read_from", from.Add(-longestPlay-reach)))
	return err
}

// Period is a time that is ranked, of one listener. Since is part of it, Until is not.
type Period struct {
	Listener     string // a valid listener's id
	Name         string // such as 4w or 2026
	Since, Until time.Time
}

// RebuildTopTen makes the table top_ten again, for these periods and no others.
func (w *Warehouse) RebuildTopTen(ctx context.Context, periods []Period) error {
	v := w.values()
	v.Periods = periods
	_, _, err := w.run(ctx, "statements/rebuild_top_ten", v)
	return err
}
