package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"spotify-insights.internal/functions/local/embedded"
	"spotify-insights.internal/functions/local/fakespotify"
	"spotify-insights.internal/functions/local/machine"
	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/shared/listener"
	"spotify-insights.internal/shared/spotify"
)

const (
	demoSeed  = 1
	demoToken = "demo-refresh-token"
	demoSpan  = 365 * 24 * time.Hour
	// demoPace is how often the demo's listener plays another track: faster than life, to be watched.
	demoPace = 4 * time.Second
	// demoFirstFeatures and demoFeatures are when audio features are first asked for, and how often then:
	// sooner than deployed, so that they show.
	demoFirstFeatures, demoFeatures = 10 * time.Second, time.Minute
	// demoUnknown is the share of tracks of which nobody knows audio features.
	demoUnknown = 0.06
)

// demo is a Spotify with one listener, for whom a year is fetched at the start and new plays come
// every few seconds. All else is the pipeline as it is.
type demo struct {
	zone    *time.Location
	spotify *fakespotify.Server
	server  *http.Server
	clock   atomic.Int64 // unix ms that Spotify believes it is, 0 for the real time
}

// startDemo starts the demo's Spotify and points the functions there.
func startDemo() (*demo, error) {
	listeners, err := machine.ReadListeners()
	if err != nil {
		return nil, err
	}
	me, ok := listeners[listener.Default]
	if !ok {
		return nil, fmt.Errorf("no account is connected, and the demo's listener %q is not in LISTENERS", listener.Default)
	}
	zone := me.Zone
	d := &demo{zone: zone}
	d.spotify = fakespotify.New(fakespotify.Options{Seed: demoSeed, Now: d.now})
	d.spotify.SetFlaw(fakespotify.UnknownTrack, demoUnknown)
	now := time.Now()
	d.spotify.AddListener(fakespotify.Listener{
		Name: listener.Default, RefreshToken: demoToken,
		Plays: fakespotify.History(demoSeed, now.Add(-demoSpan), now, zone),
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

// fillLake ingests the year before now, or what of it is not in the lake yet: an ingest for every
// time the listener had played almost a page more, on Spotify's clock of that time.
func (d *demo) fillLake(ctx, work context.Context, functions *url.URL) error {
	start := time.Now()
	newest, err := newestInLake(work)
	if err != nil {
		return err
	}
	history := fakespotify.History(demoSeed, maxTime(newest, start.Add(-demoSpan)), start, d.zone)
	slog.Info(fmt.Sprintf("demo: no account is connected, so an invented listener's plays are shown; fetching %d", len(history)))
	consoleLevel.Set(slog.LevelWarn) // a line for each of hundreds of pages helps nobody
	defer consoleLevel.Set(slog.LevelInfo)
	defer d.clock.Store(0)
	const step = lake.PageSize - 1 // each page repeats the last play of the one before: no gap
	for i := step - 1; i < len(history)+step-1 && ctx.Err() == nil; i += step {
		d.clock.Store(history[min(i, len(history)-1)].PlayedAt.UnixMilli() + 1)
		if err := post(work, functions, "ingest", nil); err != nil {
			return err
		}
	}
	return nil
}

// playOn has the listener play a track every few seconds, and ingests each.
func (d *demo) playOn(ctx, work context.Context, functions *url.URL) {
	every(ctx, demoPace, demoPace, func() {
		now := time.Now()
		play := fakespotify.NextPlay(demoSeed, now, d.zone)
		play.PlayedAt = now
		d.spotify.Play(listener.Default, play)
		_ = post(work, functions, "ingest", nil) // logged by the function
	})
}

// newestInLake is the time of the newest play that a page in the lake is named after, zero where
// there is none.
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
		if at, err := time.Parse("20060102T150405Z", stamp); err == nil {
			newest = maxTime(newest, at)
		}
	}
	return newest, nil
}

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
