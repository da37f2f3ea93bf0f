package main

import (
	"context"
	"errors"
	"os"
	"runtime"
	"time"

	"spotify-insights.internal/functions/local/fakespotify"
	"spotify-insights.internal/shared/listener"
	"spotify-insights.internal/test/billing"
	"spotify-insights.internal/test/inprocess"
)

const listenerID = listener.Default

// cloud is an embedded cloud with the functions, connected to a Spotify whose clock stands until play moves it on.
type cloud struct {
	*inprocess.Pipeline
	dir   string
	plays []fakespotify.Play // the listener's, oldest first
	next  int                // the first of plays that has not happened
}

// withCloud calls measure with a new cloud. Its warehouse has a history, where that has plays, and its listener will
// play at least so many tracks. The clients of this process use the cloud.
func withCloud(ctx context.Context, r *report, h billing.History, plays int, measure func(*cloud) error) (err error) {
	c := &cloud{}
	if c.dir, err = os.MkdirTemp("", "bench"); err != nil {
		return err
	}
	defer os.RemoveAll(c.dir)
	os.Setenv("LISTENERS", `{"`+listenerID+`":{"time_zone":"America/Los_Angeles"}}`)
	if h.Plays > 0 {
		r.progress("making %d plays", h.Plays)
		if err := billing.WriteHistory(ctx, c.dir, h); err != nil {
			return err
		}
	}
	end := time.Now().Truncate(24 * time.Hour)
	for days := 30; len(c.plays) < plays; days *= 2 {
		c.plays = fakespotify.History(1, end.AddDate(0, 0, -days), end, time.UTC)
	}
	if c.Pipeline, err = inprocess.Start(ctx, c.dir, listenerID, c.plays); err != nil {
		return err
	}
	return errors.Join(measure(c), c.Stop())
}

// play makes n more plays happen.
func (c *cloud) play(n int) error {
	if c.next += n; c.next > len(c.plays) {
		return errors.New("the listener has no more plays")
	}
	c.Set(c.plays[c.next-1].PlayedAt.Add(time.Millisecond))
	return nil
}

// rest lets this process finish what it still does, so that it does not disturb a measurement.
func (c *cloud) rest() {
	runtime.GC()
	time.Sleep(100 * time.Millisecond)
}
