package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"spotify-insights.internal/functions/local/embedded"
	"spotify-insights.internal/functions/local/embedded/eventbridge"
	"spotify-insights.internal/functions/local/machine"
)

// bridge delivers the cloud's events to the functions.
func bridge(ctx context.Context, m *machine.Machine, functions *url.URL) (*eventbridge.Bridge, error) {
	return eventbridge.Start(ctx, eventbridge.Options{
		Project: embedded.Project, PubSub: m.Cloud.PubSub,
		InFlight: 1, // as deployed: max_instance_count = 1 and concurrency 1
		Routes: []eventbridge.Route{
			{Name: "load", Topic: embedded.LakeTopic, URL: functions.JoinPath("load").String(), Kind: eventbridge.StorageFinalized},
			{Name: "topten", Topic: m.Config.Topic, URL: functions.JoinPath("topten").String(), Kind: eventbridge.MessagePublished},
		},
	})
}

// post calls an HTTP function as Cloud Scheduler does. The function logs how it went.
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
