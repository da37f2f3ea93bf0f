package billing

import (
	"context"
	"errors"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"spotify-insights.internal/functions/ingest"
	"spotify-insights.internal/functions/local/machine"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/secrets"
	"spotify-insights.internal/shared/settings"
	"spotify-insights.internal/shared/spotify"
	"spotify-insights.internal/test/fakespotify"
	"spotify-insights.internal/test/inprocess"
)

const listener = settings.DefaultListener

// pipeline is the functions on an embedded cloud, one run after the other, beside a Spotify whose
// clock stands.
type pipeline struct {
	*machine.Machine
	functions *inprocess.Functions

	now     atomic.Int64 // Spotify's, Unix milliseconds
	spotify *http.Server
}

// startPipeline starts the cloud kept in dir, with a listener who has played what is given.
func startPipeline(ctx context.Context, dir string, played []fakespotify.Play) (p *pipeline, err error) {
	p = &pipeline{}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.stop())
		}
	}()
	if p.Machine, err = startMachine(ctx, dir); err != nil {
		return p, err
	}
	if err := p.connect(ctx, played); err != nil {
		return p, err
	}
	store, err := secrets.Open(ctx, p.Settings.Project)
	if err != nil {
		return p, err
	}
	p.functions, err = inprocess.Open(ctx, p.Settings, store, p.clock)
	return p, err
}

func startMachine(ctx context.Context, dir string) (*machine.Machine, error) {
	os.Setenv("LISTENERS", `{"`+listener+`":{"time_zone":"America/Los_Angeles"}}`)
	return machine.Start(ctx, dir)
}

// connect starts a Spotify and gives the listener's token to the functions.
func (p *pipeline) connect(ctx context.Context, played []fakespotify.Play) (err error) {
	app, token := spotify.App{ClientID: "id", ClientSecret: "the-apps-secret"}, spotify.Token{RefreshToken: "the-refresh-token"}
	fake := fakespotify.New(fakespotify.Options{Seed: 1, ClientID: app.ClientID, ClientSecret: app.ClientSecret, Now: p.clock})
	fake.AddListener(fakespotify.Listener{Name: listener, RefreshToken: token.RefreshToken, Plays: played, ConsentedAt: played[0].PlayedAt})
	if p.spotify, err = fake.Serve(); err != nil {
		return err
	}
	return p.Connect(ctx, listener, app, token)
}

func (p *pipeline) clock() time.Time { return time.UnixMilli(p.now.Load()) }

// run is an hourly run just after a play, up to its last function but the ranking.
func (p *pipeline) run(ctx context.Context, last fakespotify.Play) (result ingest.Result, err error) {
	p.now.Store(last.PlayedAt.UnixMilli() + 1)
	if result, err = p.functions.Ingester.Run(ctx, listener); err != nil || result.Status != insights.Written {
		return result, err
	}
	return result, p.functions.Finalized(ctx, result.Object)
}

func (p *pipeline) stop() (err error) {
	if p.spotify != nil {
		err = p.spotify.Close()
	}
	if p.Machine != nil {
		err = errors.Join(err, p.Machine.Stop())
	}
	return err
}
