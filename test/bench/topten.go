package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/test/billing"
)

// reach is the upper bounds of a run of topten, by the number of plays: s.
var reach = map[int]struct{ hourly, full float64 }{
	100_000:   {0.5, 0},
	500_000:   {1, 0},
	1_000_000: {1.2, 3},
}

const (
	hourlyRuns  = 5 // how often an hourly run is measured
	playsAnHour = 5 // how many plays of an hourly page are new
)

// measureRefreshes measures the function topten over histories of twenty years.
func measureRefreshes(ctx context.Context, r *report) error {
	for _, plays := range []int{100_000, 500_000, 1_000_000} {
		h := billing.History{Plays: plays, Years: 20, APIYears: 2, NewOnAPage: 50, NoFeatures: true}
		if err := withCloud(ctx, r, h, 0, func(c *cloud) error { return c.measureRefresh(ctx, r, plays) }); err != nil {
			return err
		}
	}
	return nil
}

func (c *cloud) measureRefresh(ctx context.Context, r *report, count int) error {
	var full time.Duration
	var took []float64
	pages := steady(lake.PageSize+hourlyRuns*playsAnHour, time.Minute, time.Now())
	for i := range 1 + hourlyRuns {
		if i > 0 {
			name, err := writePage(ctx, c.Lake, pages[i*playsAnHour:lake.PageSize+i*playsAnHour])
			if err != nil {
				return err
			}
			if _, err := c.Loader.Load(ctx, []bucket.Object{{Name: name}}); err != nil {
				return err
			}
		}
		start := time.Now()
		if err := c.Refresher.Handle(ctx, machinetest.Message(start)); err != nil {
			return err
		}
		if i == 0 {
			full = time.Since(start)
		} else {
			took = append(took, time.Since(start).Seconds())
		}
	}
	var document insights.Document
	if _, err := c.Documents.ReadJSON(ctx, insights.DocumentName(listenerID), &document); err != nil {
		return err
	}
	if listens := document.Snapshot.Listens.Rows; listens < int64(count)*9/10 || document.Loaded.Listens != listens {
		return fmt.Errorf("of %d plays the snapshot has %d listens", count, listens)
	}
	var size int64
	for _, name := range slices.Concat(document.Snapshot.Listens.Names, document.Snapshot.Tracks.Names) {
		attrs, err := c.Documents.Attrs(ctx, name)
		if err != nil {
			return err
		}
		size += attrs.Size
	}
	what := fmt.Sprintf("`topten`, %s plays of one listener in 20 years: ", grouped(count))
	r.add(fmt.Sprintf("%severy hour, median of %d", what, hourlyRuns), figure{median(took), seconds, reach[count].hourly})
	r.add(what+"full refresh", figure{full.Seconds(), seconds, reach[count].full})
	r.add(what+"its snapshot", figure{mb(size), megabytes, 0})
	return nil
}
