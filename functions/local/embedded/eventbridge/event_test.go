package eventbridge_test

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/GoogleCloudPlatform/functions-framework-go/funcframework"
	"github.com/GoogleCloudPlatform/functions-framework-go/functions"
	cloudevents "github.com/cloudevents/sdk-go/v2"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"
	"github.com/google/go-cmp/cmp"

	"spotify-insights.internal/functions/local/embedded/eventbridge"
)

const notification = `{"kind":"storage#object","bucket":"lake","name":"plays/a b.ndjson.gz","generation":"1795443075189779","size":"5"}`

func notificationAttributes(object string) map[string]string {
	return map[string]string{
		"eventType": "OBJECT_FINALIZE", "bucketId": "lake", "objectId": object, "payloadFormat": "JSON_API_V1",
		"objectGeneration": "1795443075189779", "eventTime": "2026-05-01T12:34:56.789012Z",
	}
}

type request struct {
	method string
	header http.Header
	event  *cloudevents.Event
	err    error
}

// capture is a function that hands on what it was sent, as the CloudEvents SDK understands it.
func capture(t *testing.T) (url string, got chan request) {
	got = make(chan request, 10)
	return function(t, func(w http.ResponseWriter, r *http.Request) {
		ev, err := cehttp.NewEventFromHTTPRequest(r)
		got <- request{r.Method, r.Header.Clone(), ev, err}
	}), got
}

func TestStorageEvent(t *testing.T) {
	url, got := capture(t)
	c := start(t, eventbridge.Options{Routes: []eventbridge.Route{{Name: "load", Topic: "lake", URL: url, Kind: eventbridge.StorageFinalized}}})
	tests := []struct{ object, subject string }{
		{"plays/source=api/listener=me/date=2026-05-01/x.ndjson.gz", "objects/plays/source=api/listener=me/date=2026-05-01/x.ndjson.gz"},
		{"listener=me/my \"Müller\" 100%.zip", "objects/listener=me/my%20%22M%C3%BCller%22%20100%25.zip"},
		{"a\r\nCe-Id: forged", "objects/a%0D%0ACe-Id:%20forged"},
	}
	for _, tt := range tests {
		id := c.publish(t, "lake", notification, notificationAttributes(tt.object))
		r := <-got
		if r.err != nil {
			t.Fatalf("%q: the SDK cannot read it: %v", tt.object, r.err)
		}
		if err := r.event.Validate(); err != nil {
			t.Errorf("%q: %v", tt.object, err)
		}
		want := map[string]string{
			"Ce-Specversion": "1.0",
			"Ce-Id":          id,
			"Ce-Type":        "google.cloud.storage.object.v1.finalized",
			"Ce-Source":      "//storage.googleapis.com/projects/_/buckets/lake",
			"Ce-Subject":     tt.subject,
			"Ce-Time":        "2026-05-01T12:34:56.789012Z",
			"Ce-Bucket":      "lake",
			"Content-Type":   "application/json",
		}
		if diff := cmp.Diff(want, eventHeaders(r.header)); diff != "" {
			t.Errorf("%q: headers:\n%s", tt.object, diff)
		}
		ev := r.event
		if r.method != http.MethodPost || ev.ID() != id || ev.Extensions()["bucket"] != "lake" ||
			!ev.Time().Equal(time.Date(2026, 5, 1, 12, 34, 56, 789012000, time.UTC)) {
			t.Errorf("%q: %s %v", tt.object, r.method, ev)
		}
		if string(ev.Data()) != notification {
			t.Errorf("%q: data %s", tt.object, ev.Data())
		}
	}
}

func eventHeaders(h http.Header) map[string]string {
	m := map[string]string{}
	for k, v := range h {
		if strings.HasPrefix(k, "Ce-") || k == "Content-Type" {
			m[k] = strings.Join(v, "|")
		}
	}
	return m
}

func TestPublishedEvent(t *testing.T) {
	url, got := capture(t)
	c := start(t, eventbridge.Options{Routes: route(url)})
	before := time.Now()
	id := c.publish(t, "loaded", `{"listener":"me"}`, map[string]string{"listener": "me"})
	r := <-got
	if r.err != nil {
		t.Fatal(r.err)
	}
	at := r.event.Time()
	if at.Before(before) || at.After(time.Now()) {
		t.Errorf("time %v is not when it was published", at)
	}
	stamp := at.Format(time.RFC3339Nano)
	wantHeaders := map[string]string{
		"Ce-Specversion": "1.0",
		"Ce-Id":          id,
		"Ce-Type":        "google.cloud.pubsub.topic.v1.messagePublished",
		"Ce-Source":      "//pubsub.googleapis.com/projects/insights-local/topics/loaded",
		"Ce-Time":        stamp,
		"Content-Type":   "application/json",
	}
	if diff := cmp.Diff(wantHeaders, eventHeaders(r.header)); diff != "" {
		t.Errorf("headers:\n%s", diff)
	}
	want := map[string]any{
		"message": map[string]any{
			"data":        "eyJsaXN0ZW5lciI6Im1lIn0=",
			"attributes":  map[string]any{"listener": "me"},
			"messageId":   id,
			"message_id":  id,
			"publishTime": stamp, "publish_time": stamp,
		},
		"subscription": "projects/insights-local/subscriptions/topten",
	}
	var body map[string]any
	if err := json.Unmarshal(r.event.Data(), &body); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, body); diff != "" {
		t.Errorf("body:\n%s", diff)
	}
}

func TestUnusableNotifications(t *testing.T) {
	without := func(key string) map[string]string {
		m := notificationAttributes("x")
		delete(m, key)
		return m
	}
	deleted := notificationAttributes("x")
	deleted["eventType"] = "OBJECT_DELETE"
	tests := map[string]struct {
		data  string
		attrs map[string]string
	}{
		"another event": {notification, deleted},
		"no bucket":     {notification, without("bucketId")},
		"no object":     {notification, without("objectId")},
		"not JSON":      {"{", notificationAttributes("x")},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			logged := logs(t)
			url, got := capture(t)
			c := start(t, eventbridge.Options{Routes: []eventbridge.Route{{Name: "load", Topic: "lake", URL: url, Kind: eventbridge.StorageFinalized}}})
			c.publish(t, "lake", tt.data, tt.attrs)
			c.waitIdle(t)
			if len(got) != 0 {
				t.Error("delivered")
			}
			if !strings.Contains(logged.String(), "level=ERROR") {
				t.Errorf("no ERROR line:\n%s", logged)
			}
		})
	}
}

var probed = make(chan cloudevents.Event, 1)

func init() {
	functions.CloudEvent("probe", func(_ context.Context, ev cloudevents.Event) error {
		probed <- ev
		return nil
	})
}

// framework serves probe as it is served on Cloud Run, from the first call to the end of the process: the functions
// framework cannot be stopped.
var framework = sync.OnceValue(func() (addr string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	host, port, _ := net.SplitHostPort(l.Addr().String())
	l.Close()
	go func() { panic(funcframework.StartHostPort(host, port)) }()
	return l.Addr().String()
})

func TestFunctionsFramework(t *testing.T) {
	logs(t)
	t.Setenv("FUNCTION_TARGET", "probe")
	// The framework may not listen yet: then the bridge tries again.
	c := start(t, eventbridge.Options{
		FirstWait: 5 * time.Millisecond,
		Routes:    []eventbridge.Route{{Name: "probe", Topic: "lake", URL: "http://" + framework(), Kind: eventbridge.StorageFinalized}},
	})
	id := c.publish(t, "lake", notification, notificationAttributes("plays/a b.ndjson.gz"))
	c.waitIdle(t)
	ev := <-probed
	if ev.ID() != id || ev.Type() != "google.cloud.storage.object.v1.finalized" || string(ev.Data()) != notification {
		t.Errorf("the function got %v", ev)
	}
}

// TestResponseBodyIsRead has a function that answers at length; the connection is used again all the same.
func TestResponseBodyIsRead(t *testing.T) {
	addrs := map[string]bool{}
	url := function(t, func(w http.ResponseWriter, r *http.Request) {
		addrs[r.RemoteAddr] = true
		io.WriteString(w, strings.Repeat("x", 100_000))
	})
	c := start(t, eventbridge.Options{Routes: route(url), InFlight: 1})
	for range 5 {
		c.publish(t, "loaded", "x", nil)
		c.waitIdle(t)
	}
	if len(addrs) != 1 {
		t.Errorf("%d connections for 5 requests one after the other", len(addrs))
	}
}
