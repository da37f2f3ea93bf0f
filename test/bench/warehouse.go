package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"spotify-insights.internal/functions/local/machine"
	"spotify-insights.internal/functions/reconcile"
	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/loader"
	"spotify-insights.internal/shared/warehouse"
)

// What the loads are to stay under.
const (
	reachLoad      = 3  // s
	reachReconcile = 30 // s
)

// loads is how often a load is measured, each time of another object.
const loads = 5

// local is an embedded cloud in this process and a client of its lake.
type local struct {
	*machine.Machine
	dir  string
	lake *bucket.Bucket
}

// startLocal starts a cloud in a folder, "" for a new one, and points this process's environment there.
func startLocal(ctx context.Context, dir string) (l *local, err error) {
	os.Setenv("LISTENERS", `{"`+listenerID+`":{"time_zone":"America/Los_Angeles"}}`)
	l = &local{dir: dir}
	if dir == "" {
		if l.dir, err = os.MkdirTemp("", "bench"); err != nil {
			return nil, err
		}
	}
	if l.Machine, err = machine.Start(ctx, l.dir); err == nil {
		if l.lake, err = bucket.Open(ctx, l.Config.LakeBucket); err == nil {
			return l, nil
		}
	}
	return nil, errors.Join(err, l.stop())
}

func (l *local) stop() (err error) {
	if l.Machine != nil {
		err = l.Machine.Stop()
	}
	return errors.Join(err, os.RemoveAll(l.dir))
}

// measureLoad measures what the function load does with one object of 100,000 rows of an export.
func measureLoad(ctx context.Context, r *report) (err error) {
	const rows = 100_000
	l, err := startLocal(ctx, "")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.stop()) }()
	loader, _, _, err := loader.Open(ctx, l.Config.Load)
	if err != nil {
		return err
	}
	var took []float64
	for i := range loads {
		name := fmt.Sprintf("plays/source=export/listener=%s/%064x/v1/Streaming_History_Audio_1-0-%d.ndjson.gz", listenerID, i, rows-1)
		r.progress("writing an object of %d rows", rows)
		if err := writeExport(ctx, l.lake, name, rows); err != nil {
			return err
		}
		attrs, err := l.lake.Attrs(ctx, name)
		if err != nil {
			return err
		}
		start := time.Now()
		loaded, err := loader.Load(ctx, []bucket.Object{attrs})
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
}

// measureReconcile measures the function reconcile on a lake of a year's hourly pages and an empty warehouse.
func measureReconcile(ctx context.Context, r *report) (err error) {
	const hours = 8760
	l, err := startLocal(ctx, "")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.stop()) }()
	r.progress("writing %d pages", hours)
	distinct, err := writePages(ctx, l.lake, hours, playsAnHour)
	if err != nil {
		return err
	}
	loader, lake, w, err := loader.Open(ctx, l.Config.Load)
	if err != nil {
		return err
	}
	start := time.Now()
	result, err := (&reconcile.Reconciler{Lake: lake, Warehouse: w, Loader: loader}).Run(ctx)
	if err != nil {
		return err
	}
	took := time.Since(start)
	if err := w.RefreshListens(ctx, []string{listenerID}, warehouse.Beginning); err != nil {
		return err
	}
	if listens, err := w.Rows(ctx, warehouse.Listens); err != nil || result.Loaded != hours || listens != uint64(distinct) {
		return errors.Join(fmt.Errorf("%d of %d objects were loaded with %d plays, %d wanted", result.Loaded, hours, listens, distinct), err)
	}
	r.add(fmt.Sprintf("`reconcile`: a year of hourly pages (%d objects of 50 rows) into an empty warehouse", hours), figure{took.Seconds(), seconds, reachReconcile})
	return nil
}
