package main

import (
	"context"
	"errors"
	"net/http"
	"runtime"
	"sync/atomic"
	"time"

	"spotify-insights.internal/functions/local/fakespotify"
	"spotify-insights.internal/shared/listener"
	"spotify-insights.internal/shared/spotify"
)

const listenerID = listener.Default

// cloud is an embedded cloud connected to a Spotify whose clock stands until it is moved on.
type cloud struct {
	*local
	plays []fakespotify.Play // the listener's, oldest first
	next  int                // the first of plays that has not happened
	now   atomic.Int64       // Unix milliseconds
	web   *http.Server       // Spotify's
}

// startCloud starts a cloud in a new folder, connected to a listener who will play at least so many
// tracks, and points this process's environment there.
func startCloud(ctx context.Context, plays int) (c *cloud, err error) {
	c = &cloud{}
	if c.local, err = startLocal(ctx, ""); err != nil {
		return nil, err
	}
	if err := c.connect(ctx, plays); err != nil {
		return nil, errors.Join(err, c.stop())
	}
	return c, nil
}

// connect starts the Spotify, and stores what Spotify knows the app and the listener by.
func (c *cloud) connect(ctx context.Context, plays int) (err error) {
	end := time.Now().Truncate(24 * time.Hour)
	for days := 30; len(c.plays) < plays; days *= 2 {
		c.plays = fakespotify.History(1, end.AddDate(0, 0, -days), end, time.UTC)
	}
	c.now.Store(c.plays[0].PlayedAt.UnixMilli() - 1)
	app := spotify.App{ClientID: "id", ClientSecret: "the-apps-secret"}
	token := spotify.Token{RefreshToken: "the-refresh-token"}
	fake := fakespotify.New(fakespotify.Options{Seed: 1, ClientID: app.ClientID, ClientSecret: app.ClientSecret, Now: c.clock})
	fake.AddListener(fakespotify.Listener{Name: listenerID, RefreshToken: token.RefreshToken, Plays: c.plays})
	if c.web, err = fake.Serve(); err != nil {
		return err
	}
	return c.Connect(ctx, listenerID, app, token)
}

func (c *cloud) clock() time.Time { return time.UnixMilli(c.now.Load()) }

// play lets n more plays happen.
func (c *cloud) play(n int) error {
	if c.next += n; c.next > len(c.plays) {
		return errors.New("the listener has no more plays")
	}
	c.now.Store(c.plays[c.next-1].PlayedAt.UnixMilli() + 1)
	return nil
}

// rest lets this process finish what it still does, so that it takes nothing from what is measured.
func (c *cloud) rest() {
	runtime.GC()
	time.Sleep(100 * time.Millisecond)
}

func (c *cloud) stop() (err error) {
	if c.web != nil {
		err = c.web.Close()
	}
	return errors.Join(err, c.local.stop())
}
