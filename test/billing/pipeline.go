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

	"github.com/cloudevents/sdk-go/v2/event"

	"spotify-insights.internal/functions/features"
	"spotify-insights.internal/functions/ingest"
	"spotify-insights.internal/functions/load"
	"spotify-insights.internal/functions/local/machine"
	"spotify-insights.internal/functions/reconcile"
	"spotify-insights.internal/functions/topten"
	"spotify-insights.internal/shared/audio"
	"spotify-insights.internal/shared/events"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/shared/loading"
	"spotify-insights.internal/shared/objects"
	"spotify-insights.internal/shared/secrets"
	"spotify-insights.internal/shared/settings"
	"spotify-insights.internal/shared/spotify"
	"spotify-insights.internal/test/fakespotify"
)

const listener = settings.DefaultListener

// pipeline is the functions on an embedded cloud, one run after the other, beside a Spotify whose
// clock stands.
type pipeline struct {
	*machine.Machine
	ingester   *ingest.Ingester
	load       *load.Function
	reconciler *reconcile.Reconciler
	ranker     *topten.Ranker
	fetcher    *features.Fetcher
	messages   []events.Loaded // that nobody has had
	lake       *objects.Bucket
	loaded     map[string]bool // objects of audio features

	now     atomic.Int64 // Spotify's, Unix milliseconds
	spotify *http.Server
}

// Publish keeps a message for those who wait for it.
func (p *pipeline) Publish(_ context.Context, loaded events.Loaded) error {
	p.messages = append(p.messages, loaded)
	return nil
}

// startPipeline starts the cloud kept in dir, with a listener who has played what is given.
func startPipeline(ctx context.Context, dir string, played []fakespotify.Play) (p *pipeline, err error) {
	p = &pipeline{loaded: map[string]bool{}}
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
	return p, p.open(ctx)
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

// open makes the functions, of the clients that they are deployed with. Only the messages from one to
// the next are handed over here.
func (p *pipeline) open(ctx context.Context) (err error) {
	if p.lake, err = objects.Open(ctx, p.Settings.LakeBucket); err != nil {
		return err
	}
	documents, err := objects.Open(ctx, p.Settings.InsightsBucket)
	if err != nil {
		return err
	}
	store, err := secrets.Open(ctx, p.Settings.Project)
	if err != nil {
		return err
	}
	client, err := spotify.New()
	if err != nil {
		return err
	}
	loader, warehouse, err := loading.Open(ctx, p.Settings)
	if err != nil {
		return err
	}
	loader.Publisher = p
	providers, err := audio.Providers("reccobeats", audio.Needs{})
	if err != nil {
		return err
	}
	p.fetcher = &features.Fetcher{Providers: providers, Warehouse: warehouse, Lake: p.lake, Documents: documents, Now: time.Now}
	p.ingester = &ingest.Ingester{Tokens: &ingest.Tokens{Secrets: store, Spotify: client, Now: p.clock}, Spotify: client, Lake: p.lake, Status: documents, Now: p.clock}
	p.load = &load.Function{Bucket: p.Settings.LakeBucket, Lake: p.lake, Loader: loader, Now: time.Now}
	p.reconciler = &reconcile.Reconciler{Lake: p.lake, Ledger: warehouse, Loader: loader}
	p.ranker = &topten.Ranker{Listeners: p.Settings.Listeners, Warehouse: warehouse, Documents: documents}
	return nil
}

func (p *pipeline) clock() time.Time { return time.UnixMilli(p.now.Load()) }

// run is an hourly run just after a play, up to its last function but the ranking.
func (p *pipeline) run(ctx context.Context, last fakespotify.Play) (result ingest.Result, err error) {
	p.now.Store(last.PlayedAt.UnixMilli() + 1)
	if result, err = p.ingester.Run(ctx, listener); err != nil || result.Status != insights.Written {
		return result, err
	}
	return result, p.finalized(ctx, result.Object)
}

// finalized has load take an object that was written.
func (p *pipeline) finalized(ctx context.Context, object string) error {
	e, err := eventOf(events.ObjectFinalized, map[string]string{"bucket": p.Settings.LakeBucket, "name": object, "generation": "1"})
	if err != nil {
		return err
	}
	return p.load.Handle(ctx, e)
}

// loadFeatures has load take the audio features that were fetched since it was last called.
func (p *pipeline) loadFeatures(ctx context.Context) error {
	list, err := p.lake.List(ctx, lake.FeaturesPrefix)
	if err != nil {
		return err
	}
	for _, o := range list {
		if p.loaded[o.Name] {
			continue
		}
		p.loaded[o.Name] = true
		if err := p.finalized(ctx, o.Name); err != nil {
			return err
		}
	}
	return nil
}

// tell gives the messages to functions, one after the other.
func (p *pipeline) tell(ctx context.Context, functions ...interface {
	Handle(context.Context, event.Event) error
}) error {
	for _, m := range p.messages {
		data, err := json.Marshal(m)
		if err != nil {
			return err
		}
		message, err := eventOf(events.MessagePublished, map[string]any{"message": map[string]any{"data": data}})
		if err != nil {
			return err
		}
		for _, f := range functions {
			if err := f.Handle(ctx, message); err != nil {
				return err
			}
		}
	}
	p.messages = nil
	return nil
}

func eventOf(kind string, data any) (event.Event, error) {
	e := event.New()
	e.SetID(fmt.Sprint(time.Now().UnixNano()))
	e.SetSource("//billing")
	e.SetType(kind)
	e.SetTime(time.Now())
	return e, e.SetData("application/json", data)
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
