package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"spotify-insights.internal/functions/local/embedded"
	"spotify-insights.internal/functions/local/embedded/eventbridge"
	"spotify-insights.internal/functions/local/machine"
)

// bridge starts to deliver the cloud's events to the functions.
func bridge(ctx context.Context, m *machine.Machine, functions *url.URL) *eventbridge.Bridge {
	return eventbridge.Start(ctx, eventbridge.Options{
		Project: embedded.Project, PubSub: m.Cloud.PubSub, Storage: m.Cloud.Storage,
		Routes: []eventbridge.Route{
			{Name: "importer", Bucket: embedded.UploadsBucket, URL: functions.JoinPath("importer").String(), Existing: true},
			{Name: "load", Bucket: embedded.LakeBucket, URL: functions.JoinPath("load").String()},
			{Name: "topten", Topic: m.Config.Topic, URL: functions.JoinPath("topten").String()},
		},
	})
}

// post calls an HTTP function as Cloud Scheduler does. The function logs its result.
func post(ctx context.Context, functions *url.URL, name string, query url.Values) error {
	target := functions.JoinPath(name)
	target.RawQuery = query.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target.String(), nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered %s", name, resp.Status)
	}
	return nil
}

// reconcile calls the function reconcile as Cloud Scheduler does every day, and then writes BigQuery's log into the
// warehouse's file. Until then, each load and each run of topten adds to the memory that the log needs.
func reconcile(ctx context.Context, m *machine.Machine, functions *url.URL) {
	if err := post(ctx, functions, "reconcile", nil); err != nil {
		slog.Warn("not everything in the lake is loaded; reconcile runs again tomorrow and at the next start", "error", err)
	}
	if err := m.Cloud.Checkpoint(ctx); err != nil {
		slog.Warn("the log of the warehouse stays in memory until the next reconcile or stop", "error", err)
	}
}

// every calls do after first and then every period, until ctx ends.
func every(ctx context.Context, first, period time.Duration, do func()) {
	timer := time.NewTimer(first)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
			timer.Reset(period)
			do()
		}
	}
}
