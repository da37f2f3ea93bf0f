package billing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"spotify-insights.internal/functions/local/fakespotify"
	"spotify-insights.internal/functions/local/machine"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/shared/listener"
	"spotify-insights.internal/shared/secrets"
	"spotify-insights.internal/shared/spotify"
	"spotify-insights.internal/shared/warehouse"
	"spotify-insights.internal/test/inprocess"
)

// pipeline is the functions on an embedded cloud, one run after the other, beside a Spotify whose clock
// stands. One listener plays, and the others have no rows.
type pipeline struct {
	*machine.Machine
	listener  string
	functions *inprocess.Functions
	jobs      *journal

	now     atomic.Int64 // Spotify's, Unix milliseconds
	spotify *http.Server
}

// names are the ids of listeners where there are several. The first one plays.
var names = []string{"clara", "anna", "david", "elena", "ben"}

// setListeners sets the listeners of this process's environment, and returns the one who plays.
func setListeners(count int, public bool) (player string) {
	ids := []string{listener.Default}
	if count > 1 {
		ids = names[:count]
	}
	all := listener.Set{}
	for _, id := range ids {
		all[id] = listener.Listener{TimeZone: "America/Los_Angeles", Public: public && id == ids[0]}
	}
	text, err := json.Marshal(all)
	if err != nil {
		panic(err) // a map of strings and booleans
	}
	os.Setenv("LISTENERS", string(text))
	return ids[0]
}

// startPipeline starts the cloud kept in dir. The listener has played what is given.
func startPipeline(ctx context.Context, dir, listener string, played []fakespotify.Play) (p *pipeline, err error) {
	p = &pipeline{listener: listener}
	started := p // a return of an error sets p to nil
	defer func() {
		if err != nil {
			err = errors.Join(err, started.stop())
		}
	}()
	if p.Machine, err = machine.Start(ctx, dir); err != nil {
		return nil, err
	}
	app, token := spotify.App{ClientID: "id", ClientSecret: "the-apps-secret"}, spotify.Token{RefreshToken: "the-refresh-token"}
	fake := fakespotify.New(fakespotify.Options{Seed: 1, ClientID: app.ClientID, ClientSecret: app.ClientSecret, Now: p.clock})
	fake.AddListener(fakespotify.Listener{Name: listener, RefreshToken: token.RefreshToken, Plays: played, ConsentedAt: played[0].PlayedAt})
	if p.spotify, err = fake.Serve(); err != nil {
		return nil, err
	}
	if err := p.Connect(ctx, listener, app, token); err != nil {
		return nil, err
	}
	store, err := secrets.Open(ctx, p.Config.Project)
	if err != nil {
		return nil, err
	}
	if p.functions, err = inprocess.Open(ctx, p.Config, store, p.clock); err != nil {
		return nil, err
	}
	p.functions.Refresher.FeaturesPause = 3 * time.Hour // as deployed
	client, err := warehouse.Client(ctx, p.Config.Warehouse)
	if err != nil {
		return nil, err
	}
	p.jobs = &journal{client, map[string]bool{}}
	return p, nil
}

func (p *pipeline) clock() time.Time { return time.UnixMilli(p.now.Load()) }

// ingest runs ingest just after a play, and load and topten where a page was written.
func (p *pipeline) ingest(ctx context.Context, last fakespotify.Play, want string) error {
	p.now.Store(last.PlayedAt.UnixMilli() + 1)
	result, err := p.functions.Ingester.Run(ctx, p.listener)
	if err != nil {
		return err
	}
	if result.Status != want || result.Plays != lake.PageSize {
		return fmt.Errorf("an hourly run is %q with %d plays, and not %q", result.Status, result.Plays, want)
	}
	if want == insights.Written {
		if err := p.functions.Finalized(ctx, result.Object); err != nil {
			return err
		}
	}
	return p.functions.Deliver(ctx)
}

// newDay makes all documents a day older, as they are after midnight, and runs reconcile and topten.
func (p *pipeline) newDay(ctx context.Context) error {
	for id := range p.Config.Listeners {
		var document insights.Document
		name := insights.DocumentName(id)
		generation, err := p.functions.Documents.ReadJSON(ctx, name, &document)
		if err == nil {
			document.AsOf = document.AsOf.AddDate(0, 0, -1)
			err = p.functions.Documents.WriteJSON(ctx, name, document, generation)
		}
		if err != nil {
			return err
		}
	}
	if _, err := p.functions.Reconciler.Run(ctx); err != nil {
		return err
	}
	return p.functions.Deliver(ctx)
}

func (p *pipeline) stop() (err error) {
	if p.jobs != nil {
		err = p.jobs.client.Close()
	}
	if p.spotify != nil {
		err = errors.Join(err, p.spotify.Close())
	}
	if p.Machine != nil {
		err = errors.Join(err, p.Machine.Stop())
	}
	return err
}
