package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"spotify-insights.internal/functions/local/framework"
	"spotify-insights.internal/functions/local/machine"
)

const (
	// firstTick is how long after the start the first ingest runs.
	firstTick = time.Minute
	// firstFeatures is how long after the start audio features are first asked for: behind the first ingest.
	firstFeatures = 2 * time.Minute
	// stopLimit is how long work under way may take to end at a stop. What it does not end in, the
	// next start makes up.
	stopLimit = 4 * time.Second
)

// serve runs the whole pipeline until ctx ends.
func serve(ctx context.Context, dir string) (err error) {
	credentials := credentials()
	connected, err := machine.Connected(dir)
	if errors.Is(err, machine.ErrHeld) {
		return alreadyRunning(dir)
	}
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
	if errors.Is(err, machine.ErrHeld) {
		return alreadyRunning(dir)
	}
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

	// Work that has begun at a stop has stopLimit to end: only the loops look at ctx.
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
	// What the last stop left undone: events and messages that were not delivered.
	reconcile(work, m, functions)
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
			loops.Go(func() { every(ctx, firstTick, time.Hour, func() { _ = post(work, functions, "ingest", query) }) })
		}
		loops.Go(func() { every(ctx, firstFeatures, time.Hour, features) })
		slog.Info("the first ingest runs in a minute, then one every hour; at once with: curl -X POST " + page + "ingest")
	}
	<-ctx.Done()
	slog.Info("stopping")
	return nil
}

// reconcile has the lake loaded as Cloud Scheduler does every day, and then writes BigQuery's log into the
// warehouse's file: until then, each load and each run of topten adds to the memory that it takes.
func reconcile(ctx context.Context, m *machine.Machine, functions *url.URL) {
	if err := post(ctx, functions, "reconcile", nil); err != nil {
		slog.Warn("not everything in the lake is loaded; tried again tomorrow and at the next start", "error", err)
	}
	if err := m.Cloud.Checkpoint(ctx); err != nil {
		slog.Warn("the log of the warehouse stays in memory until the next reconcile or stop", "error", err)
	}
}

// servePage serves the public port and writes its address down.
func servePage(m *machine.Machine, functions *url.URL) (page string, closePage func(), err error) {
	port := or(os.Getenv("PORT"), "8080")
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", port))
	if err != nil {
		return "", nil, fmt.Errorf("port %s cannot be had (another can: PORT=8081 make run): %w", port, err)
	}
	page = "http://" + listener.Addr().String() + "/"
	if err := m.Publish(page); err != nil {
		return "", nil, errors.Join(err, listener.Close())
	}
	server := &http.Server{Handler: publicHandler(functions), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, IdleTimeout: time.Minute}
	go server.Serve(listener)
	return page, func() {
		ctx, cancel := context.WithTimeout(context.Background(), stopLimit)
		defer cancel()
		_ = server.Shutdown(ctx)
	}, nil
}

func alreadyRunning(dir string) error {
	a, err := machine.Serving(dir)
	if err != nil {
		return err
	}
	return fmt.Errorf("already running on this data: %s", a.Page)
}
