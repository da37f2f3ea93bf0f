package warehouse

import (
	"context"
	"time"

	"cloud.google.com/go/bigquery"

	"spotify-insights.internal/shared/lake"
)

// Beginning is the start of the first month that can contain a play.
var Beginning = lake.Earliest

// RefreshTracks updates the table tracks from all plays since from, the beginning of a month. From [Beginning]
// on it rebuilds the table.
func (w *Warehouse) RefreshTracks(ctx context.Context, from time.Time) error {
	_, _, err := w.run(ctx, "statements/refresh_tracks", w.values(), param("from", from), param("rebuild", from.Equal(Beginning)))
	return err
}

// RefreshListens replaces the listens of listeners since from, the beginning of a month.
func (w *Warehouse) RefreshListens(ctx context.Context, listeners []string, from time.Time) error {
	_, _, err := w.run(ctx, "statements/refresh_listens", w.values(),
		param("listeners", listeners), param("from", from), param("read_from", from.Add(-lake.LongestPlay-reach)))
	return err
}

// Period is a time range of one listener that gets a top ten. Since is included, Until is not.
type Period struct {
	Listener     string
	Name         string // such as 4w or 2026
	Since, Until time.Time
}

// RebuildTopTen replaces the table top_ten by the top tens of these periods.
func (w *Warehouse) RebuildTopTen(ctx context.Context, periods []Period) error {
	v := w.values()
	v.Calendars = calendarsOf(periods)
	params := make([]bigquery.QueryParameter, len(v.Calendars))
	for i, c := range v.Calendars {
		params[i] = param(c.Param(), c.Listeners)
	}
	_, _, err := w.run(ctx, "statements/rebuild_top_ten", v, params...)
	return err
}
