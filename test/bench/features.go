package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"spotify-insights.internal/functions/local/fakespotify"
	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/shared/warehouse"
	"spotify-insights.internal/test/billing"
)

// measureBacklog measures the function features, and load after it, on a history of which no track has audio
// features, with a ReccoBeats that answers at once.
func measureBacklog(ctx context.Context, r *report) error {
	h := billing.History{Plays: 500_000, Years: 20, APIYears: 2, NewOnAPage: 50, NoFeatures: true}
	return withCloud(ctx, r, h, 0, func(c *cloud) error {
		if err := c.Warehouse.RefreshTracks(ctx, warehouse.Beginning); err != nil {
			return err
		}
		start := time.Now()
		if _, err := c.Fetcher.Run(ctx); err != nil {
			return err
		}
		fetched := time.Since(start)
		list, err := c.Lake.List(ctx, lake.FeaturesPrefix)
		if err != nil {
			return err
		}
		start = time.Now()
		receipts, err := c.Loader.Load(ctx, list)
		if err != nil {
			return err
		}
		loaded := time.Since(start)
		var tracks int64
		for _, receipt := range receipts {
			tracks += receipt.RowsRead
		}
		missing, err := c.Warehouse.MissingFeatures(ctx, time.Now())
		if err != nil || len(missing) > 0 || tracks != int64(len(c.Spotify.Asked())) {
			return errors.Join(fmt.Errorf("%d tracks have rows, %d have none", tracks, len(missing)), err)
		}
		what := fmt.Sprintf("a backlog of %s tracks: ", grouped(int(tracks)))
		r.add(fmt.Sprintf("`features`, %s%d calls of a provider that answers at once", what, c.Spotify.Calls(fakespotify.ReccoBeats)), figure{fetched.Seconds(), seconds, 0})
		r.add(fmt.Sprintf("`load`, %sits %d objects together", what, len(list)), figure{loaded.Seconds(), seconds, 0})
		return nil
	})
}
