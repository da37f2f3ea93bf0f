// Package inprocess runs the functions one after the other in this process, on the cloud that the
// environment names. They are made of the clients that they are deployed with; only the messages from one
// to the next are handed over here.
package inprocess

import (
	"context"
	"fmt"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"spotify-insights.internal/functions/features"
	"spotify-insights.internal/functions/ingest"
	"spotify-insights.internal/functions/load"
	"spotify-insights.internal/functions/reconcile"
	"spotify-insights.internal/functions/topten"
	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/events"
	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/shared/loader"
	"spotify-insights.internal/shared/providers"
	"spotify-insights.internal/shared/spotify"
)

// Functions are the functions of one deployment.
type Functions struct {
	Ingester   *ingest.Ingester
	Load       *load.Function
	Reconciler *reconcile.Reconciler
	Refresher  *topten.Refresher
	Fetcher    *features.Fetcher
	Lake       *bucket.Bucket
	Documents  *bucket.Bucket // the insights

	messages int             // that nobody has had
	loaded   map[string]bool // objects of audio features
}

// Secrets are where ingest finds its tokens.
type Secrets interface {
	Latest(ctx context.Context, id string, v any) (version int, err error)
	Newest(ctx context.Context, id string, v any) (version int, err error)
	Add(ctx context.Context, id string, v any) (version int, err error)
	DestroyBefore(ctx context.Context, id string, version int) error
}

// Open makes the functions; features asks ReccoBeats alone. now is the clock of ingest, which a Spotify
// whose clock stands has to share.
func Open(ctx context.Context, s config.All, store Secrets, now func() time.Time) (*Functions, error) {
	f := &Functions{loaded: map[string]bool{}}
	var err error
	if f.Documents, err = bucket.Open(ctx, s.InsightsBucket); err != nil {
		return nil, err
	}
	web, err := config.Read[config.Providers]()
	if err != nil {
		return nil, err
	}
	web.Names = "reccobeats"
	client := spotify.New(web.Spotify)
	loader, lake, warehouse, err := loader.Open(ctx, s.Load)
	if err != nil {
		return nil, err
	}
	loader.Publisher, f.Lake = f, lake
	providers, err := providers.New(web, nil)
	if err != nil {
		return nil, err
	}
	f.Fetcher = &features.Fetcher{Providers: providers, Warehouse: warehouse, Lake: f.Lake, Now: time.Now}
	f.Ingester = &ingest.Ingester{Tokens: &ingest.Tokens{Secrets: store, Spotify: client, Now: now}, Spotify: client, Lake: f.Lake, Status: f.Documents, Now: now}
	f.Load = &load.Function{Bucket: s.LakeBucket, Loader: loader, Now: time.Now}
	f.Reconciler = &reconcile.Reconciler{Lake: f.Lake, Warehouse: warehouse, Loader: loader}
	f.Refresher = &topten.Refresher{Bucket: s.InsightsBucket, Listeners: s.Listeners, Warehouse: warehouse, Objects: f.Documents, Now: time.Now, FeaturesPause: s.FeaturesPause}
	return f, nil
}

// Publish keeps a message for topten.
func (f *Functions) Publish(context.Context) error {
	f.messages++
	return nil
}

// Finalized has load take an object that was written.
func (f *Functions) Finalized(ctx context.Context, object string) error {
	e, err := eventOf(events.ObjectFinalized, map[string]string{"bucket": f.Load.Bucket, "name": object, "generation": "1"})
	if err != nil {
		return err
	}
	return f.Load.Handle(ctx, e)
}

// FetchFeatures has features run as Cloud Scheduler does.
func (f *Functions) FetchFeatures(ctx context.Context) error {
	_, err := f.Fetcher.Run(ctx)
	return err
}

// LoadFeatures has load take the audio features that were fetched since it was last called.
func (f *Functions) LoadFeatures(ctx context.Context) error {
	list, err := f.Lake.List(ctx, lake.FeaturesPrefix)
	if err != nil {
		return err
	}
	for _, o := range list {
		if f.loaded[o.Name] {
			continue
		}
		f.loaded[o.Name] = true
		if err := f.Finalized(ctx, o.Name); err != nil {
			return err
		}
	}
	return nil
}

// Deliver gives the messages that were published since it was last called to topten, one after the other.
func (f *Functions) Deliver(ctx context.Context) error {
	for ; f.messages > 0; f.messages-- {
		message, err := eventOf(events.MessagePublished, map[string]any{"message": map[string]any{"data": []byte("loaded")}})
		if err != nil {
			return err
		}
		if err := f.Refresher.Handle(ctx, message); err != nil {
			return err
		}
	}
	return nil
}

func eventOf(kind string, data any) (event.Event, error) {
	e := event.New()
	e.SetID(fmt.Sprint(time.Now().UnixNano()))
	e.SetSource("//inprocess")
	e.SetType(kind)
	e.SetTime(time.Now())
	return e, e.SetData("application/json", data)
}
