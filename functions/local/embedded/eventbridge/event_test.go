package eventbridge

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/google/go-cmp/cmp"

	"spotify-insights.internal/functions/local/embedded/storageserver"
)

// capture returns a function and what it received.
func capture(t *testing.T) (receive func(context.Context, event.Event) error, received *[]event.Event) {
	received = new([]event.Event)
	return func(_ context.Context, e event.Event) error {
		if err := e.Validate(); err != nil {
			t.Error(err)
		}
		*received = append(*received, e)
		return nil
	}, received
}

// attributes are what functions and log lines take from an event, besides its data.
func attributes(e event.Event) map[string]any {
	return map[string]any{"id": e.ID(), "type": e.Type(), "source": e.Source(), "subject": e.Subject(), "time": e.Time(), "bucket": e.Extensions()["bucket"], "content": e.DataContentType()}
}

// An object written to the bucket of a route is the event that Eventarc makes of it.
func TestFinalized(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		storage, err := storageserver.Open(t.TempDir(), "lake", "insights")
		if err != nil {
			t.Fatal(err)
		}
		defer storage.Close()
		receive, got := capture(t)
		Start(t.Context(), Options{Storage: storage, Routes: []Route{{Name: "load", Bucket: "lake", Receive: receive}}})
		const object = "listener=me/my \"Müller\" 100%.zip"
		for _, bucket := range []string{"insights", "lake"} {
			if err := storage.Write(t.Context(), bucket, object, strings.NewReader("hello")); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		if len(*got) != 1 {
			t.Fatalf("%d events", len(*got))
		}
		var data struct{ Bucket, Name, Generation, Size string }
		if err := json.Unmarshal((*got)[0].Data(), &data); err != nil {
			t.Fatal(err)
		}
		at := (*got)[0].Time()
		if data.Bucket != "lake" || data.Name != object || data.Size != "5" || data.Generation != fmt.Sprint(at.UnixMicro()) {
			t.Errorf("data %+v of %v", data, at)
		}
		want := map[string]any{
			"id": "lake/" + object + "/" + data.Generation, "type": "google.cloud.storage.object.v1.finalized", "source": "//storage.googleapis.com/projects/_/buckets/lake",
			"subject": "objects/" + object, "time": at, "bucket": "lake", "content": "application/json",
		}
		if diff := cmp.Diff(want, attributes((*got)[0])); diff != "" {
			t.Error(diff)
		}
	})
}

// Where a route asks for it, the objects that are there at the start have an event, too.
func TestExisting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		storage, err := storageserver.Open(t.TempDir(), "uploads", "lake")
		if err != nil {
			t.Fatal(err)
		}
		defer storage.Close()
		for _, object := range []string{"lake/a", "uploads/listener=me/a.zip", "uploads/listener=you/b.zip"} {
			bucket, name, _ := strings.Cut(object, "/")
			if err := storage.Write(t.Context(), bucket, name, strings.NewReader("hello")); err != nil {
				t.Fatal(err)
			}
		}
		receive, got := capture(t)
		Start(t.Context(), Options{Storage: storage, Routes: []Route{
			{Name: "importer", Bucket: "uploads", Receive: receive, Existing: true}, {Name: "load", Bucket: "lake", Receive: receive},
		}})
		if err := storage.Write(t.Context(), "uploads", "listener=me/c.zip", strings.NewReader("hello")); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		var names []string
		for _, e := range *got {
			var data struct{ Name, Generation string }
			if err := json.Unmarshal(e.Data(), &data); err != nil || data.Generation == "" {
				t.Errorf("data %s: %v", e.Data(), err)
			}
			names = append(names, data.Name)
		}
		if diff := cmp.Diff([]string{"listener=me/a.zip", "listener=you/b.zip", "listener=me/c.zip"}, names); diff != "" {
			t.Error(diff)
		}
	})
}

// A message is the event that Eventarc makes of it.
func TestPublished(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		receive, got := capture(t)
		r := start(t, receive)
		at := time.Now().UTC() // time stands still in a bubble
		stamp := at.Format(time.RFC3339Nano)
		id := r.publish(t, "loaded", "me")
		synctest.Wait()
		wantAttributes := map[string]any{
			"id": id, "type": "google.cloud.pubsub.topic.v1.messagePublished", "source": "//pubsub.googleapis.com/projects/p/topics/loaded",
			"subject": "", "time": at, "bucket": nil, "content": "application/json",
		}
		if diff := cmp.Diff(wantAttributes, attributes((*got)[0])); diff != "" {
			t.Error(diff)
		}
		want := map[string]any{
			"message": map[string]any{
				"data": "bWU=", "attributes": map[string]any{"data": "me"},
				"messageId": id, "message_id": id, "publishTime": stamp, "publish_time": stamp,
			},
			"subscription": "projects/p/subscriptions/topten",
		}
		var body map[string]any
		if err := json.Unmarshal((*got)[0].Data(), &body); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, body); diff != "" {
			t.Error(diff)
		}
	})
}
