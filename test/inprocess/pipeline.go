package inprocess

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"spotify-insights.internal/functions/local/fakespotify"
	"spotify-insights.internal/functions/local/machine"
	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/secrets"
	"spotify-insights.internal/shared/spotify"
)

// App and Token connect a listener to the fake Spotify.
var (
	App   = spotify.App{ClientID: "id", ClientSecret: "the-apps-secret"}
	Token = spotify.Token{RefreshToken: "the-refresh-token"}
)

// Clock is Spotify's clock, which stands until it is set.
type Clock struct{ ms atomic.Int64 }

func (c *Clock) Now() time.Time   { return time.UnixMilli(c.ms.Load()) }
func (c *Clock) Set(at time.Time) { c.ms.Store(at.UnixMilli()) }

// Serve starts a fake Spotify with one listener, makes the clients of this process use it, and returns it with its
// server. A quarter of the tracks has no audio features.
func (c *Clock) Serve(listener string, plays []fakespotify.Play) (*fakespotify.Server, *http.Server, error) {
	fake := fakespotify.New(fakespotify.Options{Seed: 1, ClientID: App.ClientID, ClientSecret: App.ClientSecret, Now: c.Now})
	fake.SetFlaw(fakespotify.UnknownTrack, 0.25)
	account := fakespotify.Listener{Name: listener, RefreshToken: Token.RefreshToken, Plays: plays}
	if len(plays) > 0 {
		account.ConsentedAt = plays[len(plays)-1].PlayedAt
	}
	fake.AddListener(account)
	server, err := fake.Serve()
	return fake, server, err
}

// Connect connects a listener of a machine to a new fake Spotify with plays, until the test ends. The clock stands at zero.
func Connect(t testing.TB, m *machine.Machine, listener string, plays []fakespotify.Play) (*Clock, *fakespotify.Server) {
	t.Helper()
	for _, variable := range []string{"SPOTIFY_API_URL", "SPOTIFY_ACCOUNTS_URL", "RECCOBEATS_URL"} {
		t.Setenv(variable, "") // restores the variable at the end of the test
	}
	clock := &Clock{}
	fake, server, err := clock.Serve(listener, plays)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	machinetest.NoSecrets(t, fake.Secrets, machinetest.Objects(t, m.Config))
	if err := m.Connect(t.Context(), listener, App, Token); err != nil {
		t.Fatal(err)
	}
	return clock, fake
}

// Pipeline is an embedded cloud, a fake Spotify that one listener is connected to, and the functions on them.
type Pipeline struct {
	*machine.Machine
	*Functions
	Clock
	Spotify *fakespotify.Server
	web     *http.Server
}

// Start starts the cloud in dir for the listeners of the environment. The listener has the plays given. It makes the
// clients of this process use the cloud and the Spotify.
func Start(ctx context.Context, dir, listener string, plays []fakespotify.Play) (p *Pipeline, err error) {
	p = &Pipeline{}
	started := p // a return of an error sets p to nil
	defer func() {
		if err != nil {
			err = errors.Join(err, started.Stop())
		}
	}()
	if p.Machine, err = machine.Start(ctx, dir); err != nil {
		return nil, err
	}
	if p.Spotify, p.web, err = p.Clock.Serve(listener, plays); err != nil {
		return nil, err
	}
	if err := p.Connect(ctx, listener, App, Token); err != nil {
		return nil, err
	}
	store, err := secrets.Open(ctx, p.Config.Project)
	if err != nil {
		return nil, err
	}
	p.Functions, err = Open(ctx, p.Config, store, p.Now)
	return p, err
}

// Stop stops the cloud and the Spotify.
func (p *Pipeline) Stop() (err error) {
	if p.web != nil {
		err = p.web.Close()
	}
	if p.Machine != nil {
		err = errors.Join(err, p.Machine.Stop())
	}
	return err
}
