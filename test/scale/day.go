package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"time"

	"spotify-insights.internal/functions/local/embedded"
	"spotify-insights.internal/functions/local/embedded/eventbridge"
	"spotify-insights.internal/functions/local/fakespotify"
	"spotify-insights.internal/functions/local/machine"
	"spotify-insights.internal/functions/local/platform"
	"spotify-insights.internal/shared/secrets"
	"spotify-insights.internal/shared/spotify"
	"spotify-insights.internal/test/billing"
	"spotify-insights.internal/test/inprocess"
)

// topic is the queue of listeners.
const topic = "ingests"

// zones are the time zones of the listeners, in turn.
var zones = []string{"America/Los_Angeles", "America/New_York", "Europe/Berlin", "Asia/Kolkata", "Asia/Tokyo"}

// day is a deployment with batch loading and a queue of ingests, on one machine. Spotify's clock is the simulated one. The
// functions have the real clock: for them the whole day passes within minutes.
type day struct {
	*machine.Machine
	clock   inprocess.Clock
	spotify *fakespotify.Server
	web     *http.Server
	plays   map[string][]fakespotify.Play // by listener
	queue   *queue
	bridge  *eventbridge.Bridge
	serve   http.Handler
	log     *billing.Log
	report  *Report
}

func id(n int) string { return fmt.Sprintf("listener-%04d", n) }

// start starts the deployment in dir. The day begins at a time.
func start(ctx context.Context, dir string, listeners int, from, to time.Time) (d *day, err error) {
	d = &day{plays: map[string][]fakespotify.Play{}, serve: platform.Handler(), report: newReport(listeners)}
	started := d // a return of an error sets d to nil
	defer func() {
		if err != nil {
			err = errors.Join(err, started.stop(ctx))
		}
	}()
	all := map[string]any{}
	for n := range listeners {
		all[id(n)] = map[string]string{"time_zone": zones[n%len(zones)]}
	}
	text, err := json.Marshal(all)
	if err != nil {
		return nil, err
	}
	os.Setenv("LISTENERS", string(text))
	os.Setenv("INGEST_TOPIC", topic)
	if d.Machine, err = machine.Start(ctx, dir); err != nil {
		return nil, err
	}
	d.Cloud.DeclareTopic(topic)
	d.clock.Set(from)
	d.spotify = fakespotify.New(fakespotify.Options{Seed: 1, ClientID: inprocess.App.ClientID, ClientSecret: inprocess.App.ClientSecret, Now: d.clock.Now})
	if d.web, err = d.spotify.Serve(); err != nil {
		return nil, err
	}
	if err := d.connect(ctx, from, to); err != nil {
		return nil, err
	}
	d.queue = newQueue(ctx, d.Cloud.PubSub, d.serve)
	routes := slices.DeleteFunc(platform.Routes(d.Config.Topic), func(r eventbridge.Route) bool { return r.Name == "load" }) // batch loading
	d.bridge = eventbridge.Start(ctx, eventbridge.Options{Project: embedded.Project, PubSub: d.Cloud.PubSub, Storage: d.Cloud.Storage, Routes: routes})
	d.log, err = billing.OpenLog(ctx, d.Config.Warehouse)
	return d, err
}

// connect gives each listener plays, and a token.
func (d *day) connect(ctx context.Context, from, to time.Time) error {
	store, err := secrets.Open(ctx, d.Config.Project)
	if err != nil {
		return err
	}
	if _, err := store.Add(ctx, secrets.ClientID, inprocess.App); err != nil {
		return err
	}
	for n := range d.report.Listeners {
		l, token := id(n), "token-of-"+id(n)
		d.plays[l] = fakespotify.History(uint64(n), from, to, d.Config.Listeners[l].Zone)
		d.spotify.AddListener(fakespotify.Listener{Name: l, RefreshToken: token, ConsentedAt: from, Plays: d.plays[l]})
		if _, err := store.Add(ctx, secrets.TokenID(l), spotify.Token{RefreshToken: token, AuthorizedAt: &from}); err != nil {
			return err
		}
	}
	return nil
}

// post calls a function as Cloud Scheduler or Pub/Sub does, and decodes its answer.
func post(ctx context.Context, serve http.Handler, path string, body []byte, v any) error {
	req := httptest.NewRequestWithContext(ctx, http.MethodPost, path, bytes.NewReader(body))
	w := httptest.NewRecorder()
	serve.ServeHTTP(w, req)
	var failed struct{ Error, Action string }
	err := errors.Join(json.Unmarshal(w.Body.Bytes(), &failed), json.Unmarshal(w.Body.Bytes(), v))
	if err != nil || w.Code != http.StatusOK || failed.Error != "" {
		return fmt.Errorf("%s answers %d %s", path, w.Code, w.Body)
	}
	return nil
}

// hour is an hour: all ingests at its beginning, and reconcile every ten minutes, with topten after each load.
func (d *day) hour(ctx context.Context, at time.Time) error {
	d.clock.Set(at)
	err := d.report.time("ingest", func() error {
		var queued struct{ Queued int }
		if err := post(ctx, d.serve, "/ingest?listeners=all", nil, &queued); err != nil {
			return err
		}
		return d.queue.wait(queued.Queued, &d.report.Ingests, &d.report.Objects)
	})
	if err != nil {
		return err
	}
	for range 6 {
		if err := d.reconcile(ctx, "?recent=true"); err != nil {
			return err
		}
	}
	return d.log.Read(ctx)
}

// reconcile runs reconcile, and topten where something was loaded.
func (d *day) reconcile(ctx context.Context, query string) error {
	var result struct{ Loaded, Failed int }
	err := d.report.time("load", func() error { return post(ctx, d.serve, "/reconcile"+query, nil, &result) })
	if err != nil {
		return err
	}
	d.report.Loaded += result.Loaded
	if result.Failed > 0 {
		return fmt.Errorf("%d objects cannot be loaded", result.Failed)
	}
	if result.Loaded == 0 && query != "" {
		return nil
	}
	return d.report.time("rank", func() error { return d.bridge.Idle(ctx) })
}

// stop stops everything. It can be called twice.
func (d *day) stop(ctx context.Context) (err error) {
	if d.bridge != nil {
		err = d.bridge.Close(context.WithoutCancel(ctx))
	}
	if d.queue != nil {
		d.queue.close()
	}
	if d.web != nil {
		err = errors.Join(err, d.web.Close())
	}
	if d.Machine != nil {
		err = errors.Join(err, d.Machine.Stop())
	}
	d.bridge, d.queue, d.web, d.Machine = nil, nil, nil, nil
	return err
}

// Simulate simulates hours that end now for a number of listeners, in the folder dir. An error says what was lost.
func Simulate(ctx context.Context, dir string, listeners, hours int) (*Report, error) {
	to := time.Now().UTC().Truncate(time.Hour)
	from := to.Add(-time.Duration(hours) * time.Hour)
	begin := time.Now()
	d, err := start(ctx, dir, listeners, from, to)
	if err != nil {
		return nil, err
	}
	defer d.stop(ctx)
	d.report.Hours = hours
	for h := range hours {
		if err := d.hour(ctx, from.Add(time.Duration(h+1)*time.Hour)); err != nil {
			return d.report, fmt.Errorf("hour %d: %w", h+1, err)
		}
		slog.Warn("simulated", "hour", h+1, "objects", d.report.Objects, "ingest", d.report.Stages["ingest"].Last, "rank", d.report.Stages["rank"].Last)
	}
	if err := d.check(ctx); err != nil {
		return d.report, err
	}
	config := d.Config
	if err := errors.Join(d.log.Read(ctx), d.stop(ctx)); err != nil {
		return d.report, err
	}
	queries, err := d.log.Bill(ctx, dir, config.Dataset)
	d.report.count(queries, d.log.Loads)
	d.report.Took = time.Since(begin)
	return d.report, err
}
