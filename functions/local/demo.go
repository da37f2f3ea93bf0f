package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"spotify-insights.internal/functions/local/embedded"
	"spotify-insights.internal/functions/local/fakespotify"
	"spotify-insights.internal/functions/local/machine"
	"spotify-insights.internal/functions/local/platform"
	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/shared/listener"
	"spotify-insights.internal/shared/spotify"
)

const (
	demoSeed  = 1
	demoToken = "demo-refresh-token"
	demoSpan  = 365 * 24 * time.Hour
	// demoPace is how often the demo's listener plays another track: fast enough to be watched.
	demoPace = 4 * time.Second
	// demoFirstFeatures and demoFeatures are when the function features runs first, and its period: sooner
	// than deployed, so that the page shows its results.
	demoFirstFeatures, demoFeatures = 10 * time.Second, time.Minute
	// demoUnknown is the share of tracks without audio features.
	demoUnknown = 0.06
)

// demo is a fake Spotify with one listener. A year of plays is fetched at the start, and new plays come
// every few seconds. The rest is the pipeline as it is.
type demo struct {
	zone    *time.Location
	spotify *fakespotify.Server
	server  *http.Server
	clock   atomic.Int64 // the fake's time in ms since 1970, 0 for the real time
}

// startDemo starts the fake Spotify and points the functions at it.
func startDemo() (*demo, error) {
	listeners, err := machine.ReadListeners()
	if err != nil {
		return nil, err
	}
	me, ok := listeners[listener.Default]
	if !ok {
		return nil, fmt.Errorf("no account is connected, and the demo's listener %q is not in LISTENERS", listener.Default)
	}
	d := &demo{zone: me.Zone}
	d.spotify = fakespotify.New(fakespotify.Options{Seed: demoSeed, Now: d.now})
	d.spotify.SetFlaw(fakespotify.UnknownTrack, demoUnknown)
	now := time.Now()
	d.spotify.AddListener(fakespotify.Listener{
		Name: listener.Default, RefreshToken: demoToken,
		Plays: fakespotify.History(demoSeed, now.Add(-demoSpan), now, d.zone),
	})
	if d.server, err = d.spotify.Serve(); err != nil {
		return nil, err
	}
	return d, nil
}

func (d *demo) stop() { d.server.Close() }

func (d *demo) credentials() given {
	return given{app: spotify.App{ClientID: "demo", ClientSecret: "demo"}, token: demoToken, authorizedAt: new(time.Now().UTC())}
}

func (d *demo) now() time.Time {
	if ms := d.clock.Load(); ms != 0 {
		return time.UnixMilli(ms)
	}
	return time.Now()
}

// fillLake ingests the part of the year before now that is not in the lake yet. The fake's clock goes
// from one ingest to the next in steps of almost an API page.
func (d *demo) fillLake(ctx context.Context, p *pipeline) error {
	start := time.Now()
	newest, err := newestInLake(p.work)
	if err != nil {
		return err
	}
	first := start.Add(-demoSpan)
	if newest.After(first) {
		first = newest
	}
	history := fakespotify.History(demoSeed, first, start, d.zone)
	slog.Info(fmt.Sprintf("demo: no account is connected, so the plays of an invented listener are shown; %d plays are fetched first", len(history)))
	consoleLevel.Set(slog.LevelWarn) // without a line for each of hundreds of API pages
	defer consoleLevel.Set(slog.LevelInfo)
	defer d.clock.Store(0)
	const step = lake.PageSize - 1 // each API page repeats the last play of the one before, so there is no gap
	for i := step - 1; i < len(history)+step-1 && ctx.Err() == nil; i += step {
		d.clock.Store(history[min(i, len(history)-1)].PlayedAt.UnixMilli() + 1)
		if err := platform.Call(p.work, "ingest", nil); err != nil {
			return err
		}
	}
	return nil
}

// playOn adds a play every few seconds, and ingests it.
func (d *demo) playOn(ctx context.Context, p *pipeline) {
	every(ctx, clock, demoPace, demoPace, func() {
		now := time.Now()
		play := fakespotify.NextPlay(demoSeed, now, d.zone)
		play.PlayedAt = now
		d.spotify.Play(listener.Default, play)
		p.call("ingest", nil)
	})
}

// newestInLake reads the time of the newest play from the names of the lake's objects. It is zero where
// there are none.
func newestInLake(ctx context.Context) (newest time.Time, err error) {
	bucket, err := bucket.Open(ctx, embedded.LakeBucket)
	if err != nil {
		return newest, err
	}
	list, err := bucket.List(ctx, lake.PlaysPrefix)
	if err != nil {
		return newest, err
	}
	for _, o := range list {
		stamp, _, _ := strings.Cut(o.Name[strings.LastIndexByte(o.Name, '/')+1:], "-")
		if at, err := time.Parse("20060102T150405Z", stamp); err == nil && at.After(newest) {
			newest = at
		}
	}
	return newest, nil
}
