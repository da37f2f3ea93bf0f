package loading

import (
	"context"
	"time"

	"spotify-insights.internal/shared/objects"
	"spotify-insights.internal/shared/publisher"
	"spotify-insights.internal/shared/settings"
	"spotify-insights.internal/shared/warehouse"
)

// Open makes a Loader of Google's clients, and returns the lake and the warehouse between which it loads.
// It makes no call.
func Open(ctx context.Context, s settings.Settings) (*Loader, *objects.Bucket, *warehouse.Warehouse, error) {
	lake, err := objects.Open(ctx, s.LakeBucket)
	if err != nil {
		return nil, nil, nil, err
	}
	w, err := warehouse.Open(ctx, s)
	if err != nil {
		return nil, nil, nil, err
	}
	p, err := publisher.Open(ctx, s.Project, s.Topic)
	if err != nil {
		return nil, nil, nil, err
	}
	return &Loader{Lake: lake, Warehouse: w, Publisher: p, Now: time.Now}, lake, w, nil
}
