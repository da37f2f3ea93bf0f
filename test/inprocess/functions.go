// Package inprocess runs the functions one after the other in this process, with the clients that they are deployed
// with. It delivers the messages between them itself.
package inprocess

import (
	"context"
	"io"
	"time"

	"spotify-insights.internal/functions/features"
	"spotify-insights.internal/functions/importer"
	"spotify-insights.internal/functions/ingest"
	"spotify-insights.internal/functions/load"
	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/functions/reconcile"
	"spotify-insights.internal/functions/topten"
	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/shared/loader"
	"spotify-insights.internal/shared/providers"
	"spotify-insights.internal/shared/spotify"
	"spotify-insights.internal/shared/warehouse"
)

// Functions are the functions of one deployment.
type Functions struct {
	Ingester   *ingest.Ingester
	Importer   *importer.Importer
	Load       *load.Function
	Loader     *loader.Loader
	Reconciler *reconcile.Reconciler
	Refresher  *topten.Refresher
	Fetcher    *features.Fetcher
	Uploads    *bucket.Bucket
	Lake       *bucket.Bucket
	Documents  *bucket.Bucket // the insights
	Warehouse  *warehouse.Warehouse

	messages int             // that were not delivered yet
	loaded   map[string]bool // objects of audio features
}

// Open makes the functions on the cloud that the environment names. features asks only ReccoBeats. now is the clock of
// ingest, the same as Spotify's.
func Open(ctx context.Context, s config.All, store ingest.Secrets, now func() time.Time) (*Functions, error) {
	f := &Functions{loaded: map[string]bool{}}
	var err error
	if f.Documents, err = bucket.Open(ctx, s.InsightsBucket); err != nil {
		return nil, err
	}
	if f.Loader, f.Lake, f.Warehouse, err = loader.Open(ctx, s.Load); err != nil {
		return nil, err
	}
	f.Loader.Publisher = f
	if f.Uploads, err = bucket.Open(ctx, s.UploadsBucket); err != nil {
		return nil, err
	}
	i := config.Importer{Project: s.Project, UploadsBucket: s.UploadsBucket, LakeBucket: s.LakeBucket, InsightsBucket: s.InsightsBucket, Listeners: s.Listeners}
	if f.Importer, err = importer.Open(ctx, i); err != nil {
		return nil, err
	}
	web, err := config.Read[config.Providers]()
	if err != nil {
		return nil, err
	}
	web.Names = "reccobeats"
	client := spotify.New(web.Spotify)
	providers, err := providers.New(web, nil)
	if err != nil {
		return nil, err
	}
	f.Fetcher = &features.Fetcher{Providers: providers, Warehouse: f.Warehouse, Lake: f.Lake, Now: time.Now}
	f.Ingester = &ingest.Ingester{Tokens: &ingest.Tokens{Secrets: store, Spotify: client, Now: now}, Spotify: client, Lake: f.Lake, Status: f.Documents, Now: now}
	f.Load = &load.Function{Bucket: s.LakeBucket, Loader: f.Loader, Now: time.Now}
	f.Reconciler = &reconcile.Reconciler{Lake: f.Lake, Warehouse: f.Warehouse, Loader: f.Loader}
	f.Refresher = &topten.Refresher{Bucket: s.InsightsBucket, Listeners: s.Listeners, Warehouse: f.Warehouse, Objects: f.Documents, Now: time.Now, FeaturesPause: s.FeaturesPause}
	return f, nil
}

// Publish stores a message for topten.
func (f *Functions) Publish(context.Context) error {
	f.messages++
	return nil
}

// Finalized runs load for an object that was written.
func (f *Functions) Finalized(ctx context.Context, object string) error {
	return f.Load.Handle(ctx, machinetest.Finalized(f.Load.Bucket, object, time.Now()))
}

// Import uploads an export of a listener's, and runs importer for it and load for every object that it writes.
func (f *Functions) Import(ctx context.Context, listener, file string, export io.Reader) error {
	upload, err := f.Uploads.Upload(ctx, "listener="+listener+"/"+file, "application/zip", export)
	if err != nil {
		return err
	}
	if err := f.Importer.Handle(ctx, machinetest.FinalizedGeneration(f.Importer.Bucket, upload.Name, upload.Generation, time.Now())); err != nil {
		return err
	}
	var status insights.ImportStatus
	if _, err := f.Documents.ReadJSON(ctx, insights.ImportStatusName(listener), &status); err != nil {
		return err
	}
	list, err := f.Lake.List(ctx, lake.ExportPrefix(listener, status.Zip))
	if err != nil {
		return err
	}
	for _, o := range list {
		if err := f.Finalized(ctx, o.Name); err != nil {
			return err
		}
	}
	return nil
}

// LoadFeatures runs load for the audio features that were fetched since the last call.
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

// Deliver runs topten for each message that was published since the last call.
func (f *Functions) Deliver(ctx context.Context) error {
	for ; f.messages > 0; f.messages-- {
		if err := f.Refresher.Handle(ctx, machinetest.Message(time.Now())); err != nil {
			return err
		}
	}
	return nil
}
