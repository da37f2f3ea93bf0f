package warehouse

import (
	"context"
	"time"

	"spotify-insights.internal/shared/insights"
)

// Gaps are the gaps of a listener, oldest first.
type Gaps struct {
	Open   []insights.Gap
	Closed []insights.Gap // by an import
}

// Gaps returns the gaps by listener.
func (w *Warehouse) Gaps(ctx context.Context) (map[string]Gaps, error) {
	rows, err := read[struct {
		Listener string    `bigquery:"listener"`
		After    time.Time `bigquery:"after"`
		Before   time.Time `bigquery:"before"`
		Closed   bool      `bigquery:"closed"`
	}](ctx, w, "statements/gaps", w.values())
	gaps := map[string]Gaps{}
	for _, r := range rows {
		one, gap := gaps[r.Listener], insights.Gap{After: r.After.UTC(), Before: r.Before.UTC()}
		if r.Closed {
			one.Closed = append(one.Closed, gap)
		} else {
			one.Open = append(one.Open, gap)
		}
		gaps[r.Listener] = one
	}
	return gaps, err
}
