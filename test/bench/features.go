package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"spotify-insights.internal/functions/features"
	"spotify-insights.internal/functions/local/fakespotify"
	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/shared/loader"
	"spotify-insights.internal/shared/providers"
	"spotify-insights.internal/shared/warehouse"
)

// measureBacklog measures the function features, and load after it, on a history of which no track has
// audio features, with a ReccoBeats that answers at once.
func measureBacklog(ctx context.Context, r *report) (err error) {
	const plays = 1_000_000
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	r.progress("making %d plays", plays)
	if err := fill(ctx, dir, plays); err != nil {
		return err
	}
	l, err := startLocal(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.stop()) }()
	fake := fakespotify.New(fakespotify.Options{Seed: 1})
	fake.SetFlaw(fakespotify.UnknownTrack, 0.25)
	web, err := fake.Serve()
	if err != nil {
		return err
	}
	defer web.Close()
	s, err := config.Read[config.Providers]()
	if err != nil {
		return err
	}
	s.Names = "reccobeats"
	providers, err := providers.New(s, nil)
	if err != nil {
		return err
	}
	loader, _, w, err := loader.Open(ctx, l.Config.Load)
	if err != nil {
		return err
	}
	if err := w.RefreshTracks(ctx, warehouse.Beginning); err != nil {
		return err
	}
	fetcher := &features.Fetcher{Providers: providers, Warehouse: w, Lake: l.lake, Now: time.Now}
	start := time.Now()
	if _, err := fetcher.Run(ctx); err != nil {
		return err
	}
	fetched := time.Since(start)
	list, err := l.lake.List(ctx, lake.FeaturesPrefix)
	if err != nil {
		return err
	}
	start = time.Now()
	receipts, err := loader.Load(ctx, list)
	if err != nil {
		return err
	}
	loaded := time.Since(start)
	var tracks int64
	for _, receipt := range receipts {
		tracks += receipt.RowsRead
	}
	if missing, err := w.MissingFeatures(ctx, time.Now()); err != nil || len(missing) > 0 || tracks != int64(len(fake.Asked(fakespotify.ReccoBeats))) {
		return errors.Join(fmt.Errorf("%d tracks have rows, %d have none", tracks, len(missing)), err)
	}
	what := fmt.Sprintf("a backlog of %s tracks: ", grouped(int(tracks)))
	r.add(fmt.Sprintf("`features`, %s%d calls of a provider that answers at once", what, fake.Calls(fakespotify.ReccoBeats)), figure{fetched.Seconds(), seconds, 0})
	r.add(fmt.Sprintf("`load`, %sits %d objects together", what, len(list)), figure{loaded.Seconds(), seconds, 0})
	return nil
}
