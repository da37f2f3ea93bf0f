package loading

import (
	"context"
	"maps"
	"slices"
	"time"

	"spotify-insights.internal/shared/publisher"
	"spotify-insights.internal/shared/settings"
	"spotify-insights.internal/shared/warehouse"
)

// Open makes a Loader of Google's clients, and returns the warehouse it loads into. It makes no call.
func Open(ctx context.Context, s settings.Settings) (*Loader, *warehouse.Warehouse, error) {
	w, err := warehouse.Open(ctx, s)
	if err != nil {
		return nil, nil, err
	}
	p, err := publisher.Open(ctx, s.Project, s.Topic)
	if err != nil {
		return nil, nil, err
	}
	listeners := slices.Sorted(maps.Keys(s.Listeners))
	return &Loader{Bucket: s.LakeBucket, Listeners: listeners, Warehouse: w, Publisher: p, Now: time.Now}, w, nil
}
