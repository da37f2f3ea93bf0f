package warehouse

import (
	"context"
	"time"
)

// MaxMissing is the greatest number of tracks that [Warehouse.MissingFeatures] returns.
const MaxMissing = 100_000

// MissingFeatures returns the ids of tracks to ask providers for: first those without an answer, then those
// that no provider found, a day after the first attempt and 90 days after later ones.
func (w *Warehouse) MissingFeatures(ctx context.Context, now time.Time) ([]string, error) {
	rows, err := read[struct {
		TrackID string `bigquery:"track_id"`
	}](ctx, w, "statements/missing_features", w.values(),
		param("day_ago", now.AddDate(0, 0, -1)), param("ninety_days_ago", now.AddDate(0, 0, -90)))
	ids := make([]string, len(rows))
	for i, row := range rows {
		ids[i] = row.TrackID
	}
	return ids, err
}
