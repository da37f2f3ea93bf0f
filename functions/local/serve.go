package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"spotify-insights.internal/functions/local/consent"
	"spotify-insights.internal/functions/local/embedded"
	"spotify-insights.internal/functions/local/machine"
	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/shared/secrets"
)

const (
	// firstIngest is how long after the start the first ingest runs.
	firstIngest = time.Minute
	// firstFeatures is how long after the start the function features runs first: after the first ingest.
	firstFeatures = 2 * time.Minute
)

// serve runs the whole pipeline until ctx ends.
func serve(ctx context.Context, dir string) (err error) {
	defer func() {
		if errors.Is(err, machine.ErrInUse) {
			err = alreadyRunning(dir)
		}
	}()
	listener := inherited()
	first := firstIngest
	if listener != nil {
		first = 0 // an account was connected, and somebody waits for its plays
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
	if !connected && !hasImports(dir) {
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
	if err := credentials.fill(ctx, m); err != nil {
		return err
	}
	p := newPipeline(ctx, m)
	defer func() { err = errors.Join(err, p.stop()) }()
	store, err := secrets.Open(ctx, m.Config.Project)
	if err != nil {
		return err
	}
	c := &connector{listeners: m.Config.Listeners, spotify: client, callback: consent.NewCallback(consent.Address), vault: secretVault{store}, connected: p.ingest}
	if demo != nil {
		c.vault, c.connected = outerVault{account}, func(string) { leave(errConnected) }
	}
	page, closePage, err := servePage(ctx, listener, m, c, demo != nil)
	if err != nil {
		return err
	}
	defer closePage()
	slog.Info("page at " + page)

	if demo != nil {
		if err := demo.fillLake(ctx, p); err != nil {
			return err
		}
	}
	p.deliver()
	var loops sync.WaitGroup
	defer loops.Wait()
	loops.Go(func() { every(ctx, 24*time.Hour, 24*time.Hour, p.reconcile) })
	features := func() { p.call("features", nil) }
	if demo != nil {
		loops.Go(func() { demo.playOn(ctx, p) })
		loops.Go(func() { every(ctx, demoFirstFeatures, demoFeatures, features) })
	} else {
		loops.Go(func() { every(ctx, firstFeatures, time.Hour, features) })
		for _, id := range m.Listeners() {
			loops.Go(func() { every(ctx, first, time.Hour, func() { p.ingestConnected(c.vault, id) }) })
		}
		switch {
		case first == 0: // the plays follow at once
		case connected:
			slog.Info("the first ingest runs in a minute, then one every hour; at once with: curl -X POST " + page + "ingest")
		default:
			slog.Info("no account is connected, so the page shows what was imported; for new plays: " + page + "connect")
		}
	}
	<-ctx.Done()
	if errors.Is(context.Cause(ctx), errConnected) {
		slog.Info("an account is connected, so the demo ends; the plays of the account follow")
		return restartOn(listener)
	}
	slog.Info("stopping")
	return nil
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

// hasImports reports whether a folder without an account has plays, or an export whose import was stopped.
func hasImports(dir string) bool {
	storage := filepath.Join(dir, "storage")
	for _, below := range []string{filepath.Join(storage, embedded.LakeBucket, lake.PlaysPrefix), filepath.Join(storage, embedded.UploadsBucket)} {
		found := false
		_ = filepath.WalkDir(below, func(_ string, entry fs.DirEntry, err error) error {
			if err == nil && !entry.IsDir() {
				found = true
				return fs.SkipAll
			}
			return nil
		})
		if found {
			return true
		}
	}
	return false
}

func alreadyRunning(dir string) error {
	a, err := machine.Serving(dir)
	if err != nil {
		return err
	}
	return fmt.Errorf("already running on this data: %s", a.Page)
}
