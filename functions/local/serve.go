package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"path/filepath"
	"sync"
	"time"

	"spotify-insights.internal/functions/local/framework"
	"spotify-insights.internal/functions/local/machine"
)

const (
	// firstIngest is how long after the start the first ingest runs.
	firstIngest = time.Minute
	// firstFeatures is how long after the start the function features runs first: after the first ingest.
	firstFeatures = 2 * time.Minute
	// stopLimit is how long work under way may take to end at a stop. The next start makes up for what
	// does not end.
	stopLimit = 4 * time.Second
)

// serve runs the whole pipeline until ctx ends.
func serve(ctx context.Context, dir string) (err error) {
	defer func() {
		if errors.Is(err, machine.ErrInUse) {
			err = alreadyRunning(dir)
		}
	}()
	credentials := credentials()
	connected, err := machine.Connected(dir)
	if err != nil {
		return err
	}
	var demo *demo
	if !credentials.any() && !connected {
		dir = filepath.Join(dir, "demo")
		if demo, err = startDemo(); err != nil {
			return err
		}
		defer demo.stop()
		credentials = demo.credentials()
	}
	m, err := machine.Start(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, m.Stop()) }()
	if err := credentials.fill(ctx, m); err != nil {
		return err
	}
	functions, err := framework.Serve(ctx)
	if err != nil {
		return err
	}
	page, closePage, err := servePage(m, functions)
	if err != nil {
		return err
	}
	defer closePage()
	slog.Info("page at " + page)

	// At a stop, work that has begun has stopLimit to end: only the loops end with ctx.
	work, abandon := context.WithCancel(context.WithoutCancel(ctx))
	defer abandon()
	context.AfterFunc(ctx, func() { time.AfterFunc(stopLimit, abandon) })
	if demo != nil {
		if err := demo.fillLake(ctx, work, functions); err != nil {
			return err
		}
	}
	events := bridge(work, m, functions)
	defer func() {
		limited, cancel := context.WithTimeout(work, stopLimit)
		defer cancel()
		err = errors.Join(err, events.Close(limited))
	}()
	reconcile(work, m, functions) // makes up for events that were not delivered before the last stop
	var loops sync.WaitGroup
	defer loops.Wait()
	loops.Go(func() { every(ctx, 24*time.Hour, 24*time.Hour, func() { reconcile(work, m, functions) }) })
	features := func() { _ = post(work, functions, "features", nil) } // logged by the function
	if demo != nil {
		loops.Go(func() { demo.playOn(ctx, work, functions) })
		loops.Go(func() { every(ctx, demoFirstFeatures, demoFeatures, features) })
	} else {
		for _, listener := range m.Listeners() {
			query := url.Values{"listener": {listener}}
			loops.Go(func() { every(ctx, firstIngest, time.Hour, func() { _ = post(work, functions, "ingest", query) }) })
		}
		loops.Go(func() { every(ctx, firstFeatures, time.Hour, features) })
		slog.Info("the first ingest runs in a minute, then one every hour; at once with: curl -X POST " + page + "ingest")
	}
	<-ctx.Done()
	slog.Info("stopping")
	return nil
}

func alreadyRunning(dir string) error {
	a, err := machine.Serving(dir)
	if err != nil {
		return err
	}
	return fmt.Errorf("already running on this data: %s", a.Page)
}
