package eventbridge

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"
	"github.com/google/go-cmp/cmp"

	"spotify-insights.internal/functions/local/embedded/storageserver"
)

// sent is a request as the function gets it, and as the CloudEvents SDK reads it.
type sent struct {
	header map[string]string
	event  *cloudevents.Event
}

// capture returns a transport and what was sent with it.
func capture(t *testing.T) (function, *[]sent) {
	list := new([]sent)
	return func(r *http.Request) (int, error) {
		header := map[string]string{"method": r.Method}
		for k, v := range r.Header {
			header[k] = strings.Join(v, "|")
		}
		event, err := cehttp.NewEventFromHTTPRequest(r)
		if err == nil {
			err = event.Validate()
		}
		if err != nil {
			t.Errorf("the SDK cannot read %v: %v", r.Header, err)
		}
		*list = append(*list, sent{header, event})
		return 200, nil
	}, list
}

// An object written to the bucket of a route is the event that Eventarc makes of it.
func TestFinalized(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		storage, err := storageserver.Open(t.TempDir(), "lake", "insights")
		if err != nil {
			t.Fatal(err)
		}
		defer storage.Close()
		transport, got := capture(t)
		Start(t.Context(), Options{Storage: storage, Transport: transport, Routes: []Route{{Name: "load", Bucket: "lake", URL: "http://host/load"}}})
		const object, subject = "listener=me/my \"Müller\" 100%.zip", "objects/listener=me/my%20%22M%C3%BCller%22%20100%25.zip"
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
		if err := json.Unmarshal((*got)[0].event.Data(), &data); err != nil {
			t.Fatal(err)
		}
		at := (*got)[0].event.Time()
		if data.Bucket != "lake" || data.Name != object || data.Size != "5" || data.Generation != fmt.Sprint(at.UnixMicro()) {
			t.Errorf("data %+v of %v", data, at)
		}
		want := map[string]string{
			"method": "POST", "Content-Type": "application/json", "Ce-Specversion": "1.0", "Ce-Bucket": "lake", "Ce-Subject": subject,
			"Ce-Type": "google.cloud.storage.object.v1.finalized", "Ce-Source": "//storage.googleapis.com/projects/_/buckets/lake",
			"Ce-Id": headerValue("lake/" + object + "/" + data.Generation), "Ce-Time": at.Format(time.RFC3339Nano),
		}
		if diff := cmp.Diff(want, (*got)[0].header); diff != "" {
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
		transport, got := capture(t)
		Start(t.Context(), Options{Storage: storage, Transport: transport, Routes: []Route{
			{Name: "importer", Bucket: "uploads", URL: "http://host/importer", Existing: true}, {Name: "load", Bucket: "lake", URL: "http://host/load"},
		}})
		if err := storage.Write(t.Context(), "uploads", "listener=me/c.zip", strings.NewReader("hello")); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		var names []string
		for _, s := range *got {
			var data struct{ Name, Generation string }
			if err := json.Unmarshal(s.event.Data(), &data); err != nil || data.Generation == "" {
				t.Errorf("data %s: %v", s.event.Data(), err)
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
		transport, got := capture(t)
		r := start(t, transport)
		stamp := time.Now().UTC().Format(time.RFC3339Nano) // time stands still in a bubble
		id := r.publish(t, "loaded", "me")
		synctest.Wait()
		wantHeader := map[string]string{
			"method": "POST", "Content-Type": "application/json", "Ce-Specversion": "1.0", "Ce-Id": id, "Ce-Time": stamp,
			"Ce-Type": "google.cloud.pubsub.topic.v1.messagePublished", "Ce-Source": "//pubsub.googleapis.com/projects/p/topics/loaded",
		}
		if diff := cmp.Diff(wantHeader, (*got)[0].header); diff != "" {
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
		if err := json.Unmarshal((*got)[0].event.Data(), &body); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, body); diff != "" {
			t.Error(diff)
		}
	})
}

func TestHeaderValue(t *testing.T) {
	if got, want := headerValue("a\r\nCe-Id: forged"), "a%0D%0ACe-Id:%20forged"; got != want {
		t.Errorf("headerValue() = %q, want %q", got, want)
	}
}
