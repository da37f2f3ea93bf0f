package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"spotify-insights.internal/functions/local/consent"
	"spotify-insights.internal/functions/local/machine"
	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/providers"
	"spotify-insights.internal/shared/secrets"
)

const (
	// firstIngest is how long after the start the first ingest runs.
	firstIngest = time.Minute
	// firstFeatures is how long after the start the function features runs first: after the first ingest.
	firstFeatures = 2 * time.Minute
	// reconcilePeriod is how often the function reconcile runs.
	reconcilePeriod = 24 * time.Hour
)

// serve runs the whole pipeline until ctx ends.
func serve(ctx context.Context, dir string) (err error) {
	defer func() {
		if errors.Is(err, machine.ErrInUse) {
			err = alreadyRunning(dir)
		}
		if ctx.Err() != nil && errors.Is(err, context.Canceled) { // a stop while it starts
			err = nil
		}
	}()
	listener := inherited()
	firstFetch := firstIngest
	if listener != nil {
		firstFetch = 0 // an account was connected, and somebody waits for its plays
	} else if listener, err = listen(dir); err != nil {
		return err
	}
	defer listener.Close()
	client, err := spotifyClient() // of the real one, before the demo sets its own
	if err != nil {
		return err
	}
	credentials := credentials()
	connected, err := hasAccount(dir)
	if err != nil {
		return err
	}
	ctx, leave := context.WithCancelCause(ctx)
	defer leave(nil)
	account := dir
	var demo *demo
	stored, err := hasPlays(dir)
	if err != nil {
		return err
	}
	if !connected && !stored {
		dir = demoFolder(dir)
		if demo, err = startDemo(); err != nil {
			return err
		}
		defer demo.stop()
		credentials = demo.credentials()
	}
	os.Setenv("DEMO", strconv.FormatBool(demo != nil)) // the pages say whether the listener is invented
	m, err := machine.Start(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, m.Stop()) }()
	if err := checkSettings(); err != nil {
		return err
	}
	if err := credentials.fill(ctx, m); err != nil {
		return err
	}
	p := newPipeline(ctx, m)
	defer p.stop()
	store, err := secrets.Open(ctx, m.Config.Project)
	if err != nil {
		return err
	}
	c := &connector{listeners: m.Config.Listeners, spotify: client, callback: consent.NewCallback(consent.Address), vault: secretVault{store}, connected: p.ingest}
	if demo != nil {
		c.vault, c.connected = outerVault{account}, func(string) { leave(errConnected) }
	}
	page, closePage, err := servePage(ctx, listener, p, c, demo != nil)
	if err != nil {
		return err
	}
	defer closePage()
	slog.Info("page at " + page)

	if demo != nil {
		if err := demo.fillLake(ctx, p); err != nil && ctx.Err() == nil {
			return err
		}
	}
	if ctx.Err() == nil {
		p.deliver()
		loops := schedule(ctx, p, c, demo, firstFetch)
		if demo == nil && firstFetch > 0 { // else the plays follow at once
			announce(page, connected)
		}
		<-ctx.Done()
		defer loops.Wait()
	}
	if errors.Is(context.Cause(ctx), errConnected) {
		slog.Info("an account is connected, so the demo ends; the plays of the account follow")
		return restartOn(listener)
	}
	slog.Info("stopping")
	time.AfterFunc(stopLimit+2*time.Second, func() {
		slog.Info("waiting for Spotify, whose answer may have a new token; Ctrl-C ends it at once")
	})
	return nil
}

// schedule starts what Cloud Scheduler does, until ctx ends.
func schedule(ctx context.Context, p *pipeline, c *connector, demo *demo, firstFetch time.Duration) *sync.WaitGroup {
	var loops sync.WaitGroup
	repeat := func(first, period time.Duration, do func()) {
		loops.Go(func() { every(ctx, clock, first, period, do) })
	}
	features := func() { p.call("features", nil) }
	if demo != nil {
		p.reconcile() // before new plays, so that the first page has the year
		repeat(reconcilePeriod, reconcilePeriod, p.reconcile)
		loops.Go(func() { demo.playOn(ctx, p) })
		repeat(demoFirstFeatures, demoFeatures, features)
		return &loops
	}
	repeat(0, reconcilePeriod, p.reconcile)
	repeat(firstFeatures, time.Hour, features)
	for _, id := range p.machine.Listeners() {
		repeat(firstFetch, time.Hour, func() { p.ingestConnected(c.vault, id) })
	}
	return &loops
}

// announce says when plays are fetched.
func announce(page string, connected bool) {
	if connected {
		slog.Info("the first ingest runs in a minute, then one every hour; at once with: curl -X POST " + page + "ingest")
		return
	}
	slog.Warn("no account is connected, so the page shows the plays that are stored; for new plays: " + page + "connect")
}

// errConnected ends the demo.
var errConnected = errors.New("an account is connected")

// demoFolder is the folder of the demo's data below that of the real data.
func demoFolder(dir string) string { return filepath.Join(dir, "demo") }

// hasAccount reports whether an account is connected or given. The error is [machine.ErrInUse] where a process uses the folder.
func hasAccount(dir string) (bool, error) {
	connected, err := machine.Connected(dir)
	return connected || credentials().any(), err
}

func alreadyRunning(dir string) error {
	a, err := machine.Serving(dir)
	if err != nil {
		return err
	}
	return fmt.Errorf("already running on this data: %s", a.Page)
}

// checkSettings reads the settings of functions that would otherwise report a mistake at their first call.
func checkSettings() error {
	features, err := config.Read[config.Features]()
	if err == nil {
		_, err = providers.New(features.Providers, nil)
	}
	_, pages := config.Read[config.Dashboard]()
	_, ingest := config.Read[config.Ingest]()
	return cmp.Or(err, pages, ingest)
}
