package loader

import (
	"context"
	"time"

	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/events"
	"spotify-insights.internal/shared/warehouse"
)

// Open makes a Loader with Google's clients, and returns it with its lake and its warehouse. It makes no call.
func Open(ctx context.Context, s config.Load) (*Loader, *bucket.Bucket, *warehouse.Warehouse, error) {
	lake, err := bucket.Open(ctx, s.LakeBucket)
	if err != nil {
		return nil, nil, nil, err
	}
	w, err := warehouse.Open(ctx, s.Warehouse)
	if err != nil {
		return nil, nil, nil, err
	}
	p, err := events.OpenPublisher(ctx, s.Project, s.Topic)
	if err != nil {
		return nil, nil, nil, err
	}
	return &Loader{Lake: lake, Warehouse: w, Publisher: p, Now: time.Now}, lake, w, nil
}
