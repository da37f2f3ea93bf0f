package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/warehouse"
	"spotify-insights.internal/test/billing"
)

// The upper bounds of loads.
const (
	reachLoad      = 3  // s
	reachReconcile = 30 // s
)

// loads is how often a load is measured, each time of another object.
const loads = 5

// measureLoad measures the function load with one object of 100,000 rows of an export.
func measureLoad(ctx context.Context, r *report) error {
	return withCloud(ctx, r, billing.History{}, 0, func(c *cloud) error {
		const rows = 100_000
		var took []float64
		for i := range loads {
			name := fmt.Sprintf("plays/source=export/listener=%s/%064x/v1/Streaming_History_Audio_1-0-%d.ndjson.gz", listenerID, i, rows-1)
			r.progress("writing an object of %d rows", rows)
			if err := writeExport(ctx, c.Lake, name, rows); err != nil {
				return err
			}
			attrs, err := c.Lake.Attrs(ctx, name)
			if err != nil {
				return err
			}
			start := time.Now()
			loaded, err := c.Loader.Load(ctx, []bucket.Object{attrs})
			if err != nil {
				return err
			}
			took = append(took, time.Since(start).Seconds())
			if loaded[0].Error != nil || loaded[0].Plays != rows {
				return fmt.Errorf("loaded %+v", loaded[0])
			}
		}
		r.add("`load`: an object of 100,000 rows, median of "+fmt.Sprint(loads), figure{median(took), seconds, reachLoad})
		return nil
	})
}

// measureReconcile measures the function reconcile on a lake of a year's hourly pages and an empty warehouse.
func measureReconcile(ctx context.Context, r *report) error {
	return withCloud(ctx, r, billing.History{}, 0, func(c *cloud) error {
		const hours = 8760
		r.progress("writing %d pages", hours)
		distinct, err := writePages(ctx, c.Lake, hours, playsAnHour)
		if err != nil {
			return err
		}
		start := time.Now()
		result, err := c.Reconciler.Run(ctx)
		if err != nil {
			return err
		}
		took := time.Since(start)
		if err := c.Warehouse.RefreshListens(ctx, []string{listenerID}, warehouse.Beginning); err != nil {
			return err
		}
		if listens, err := c.Warehouse.Rows(ctx, warehouse.Listens); err != nil || result.Loaded != hours || listens != uint64(distinct) {
			return errors.Join(fmt.Errorf("%d of %d objects were loaded with %d plays, %d wanted", result.Loaded, hours, listens, distinct), err)
		}
		r.add(fmt.Sprintf("`reconcile`: a year of hourly pages (%d objects of 50 rows) into an empty warehouse", hours), figure{took.Seconds(), seconds, reachReconcile})
		return nil
	})
}
