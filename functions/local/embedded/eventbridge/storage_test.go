package eventbridge_test

import (
	"encoding/json"
	"strconv"
	"testing"

	"cloud.google.com/go/storage"

	"spotify-insights.internal/functions/local/embedded/eventbridge"
	"spotify-insights.internal/functions/local/embedded/pubsubserver"
	"spotify-insights.internal/functions/local/embedded/storageserver"
)

// TestObjectToFunction goes the whole way: an object is written, and Idle returns when its function has answered.
func TestObjectToFunction(t *testing.T) {
	ctx := t.Context()
	ps, err := pubsubserver.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer ps.Close()
	t.Setenv("PUBSUB_EMULATOR_HOST", ps.Host())
	store, err := storageserver.Start(storageserver.Options{
		Root: t.TempDir(), Project: project, Buckets: []storageserver.Bucket{{Name: "lake", Topic: "lake"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	t.Setenv("STORAGE_EMULATOR_HOST", store.Host())
	client, err := storage.NewClient(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	url, got := capture(t)
	b, err := eventbridge.Start(ctx, eventbridge.Options{Project: project, PubSub: ps,
		Routes: []eventbridge.Route{{Name: "load", Topic: "lake", URL: url, Kind: eventbridge.StorageFinalized}}})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close(ctx)

	const name = "plays/source=api/listener=me/date=2026-05-01/a ü.ndjson.gz"
	w := client.Bucket("lake").Object(name).NewWriter(ctx)
	w.ContentType = "application/gzip"
	w.Write([]byte("hello"))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	cloud{bridge: b}.waitIdle(t)
	if len(got) != 1 {
		t.Fatalf("%d events when idle, want 1", len(got))
	}
	r := <-got
	if r.err != nil {
		t.Fatal(r.err)
	}
	var data struct{ Bucket, Name, Generation, ContentType, Size string }
	if err := json.Unmarshal(r.event.Data(), &data); err != nil {
		t.Fatal(err)
	}
	if data.Bucket != "lake" || data.Name != name || data.ContentType != "application/gzip" || data.Size != "5" ||
		data.Generation != strconv.FormatInt(w.Attrs().Generation, 10) {
		t.Errorf("data %+v", data)
	}
}
