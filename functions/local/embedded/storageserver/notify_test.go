package storageserver_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"cloud.google.com/go/storage"
	"github.com/google/go-cmp/cmp"

	"spotify-insights.internal/functions/local/embedded/pubsubserver"
	"spotify-insights.internal/functions/local/embedded/storageserver"
)

// inbox has what was published to the topic of the bucket lake.
type inbox struct {
	mu       sync.Mutex
	messages []*pubsubpb.PubsubMessage
}

func (in *inbox) take() []*pubsubpb.PubsubMessage {
	in.mu.Lock()
	defer in.mu.Unlock()
	m := in.messages
	in.messages = nil
	return m
}

func serveNotifying(t *testing.T) (*inbox, *pubsubserver.Server, *storage.BucketHandle) {
	t.Helper()
	ps, err := pubsubserver.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(ps.Close)
	t.Setenv("PUBSUB_EMULATOR_HOST", ps.Host())
	_, lake, _ := serveOptions(t, storageserver.Options{
		Root: t.TempDir(), Project: "insights-local",
		Buckets: []storageserver.Bucket{{Name: "lake", Topic: "lake-finalized"}, {Name: "insights"}},
	})
	in := new(inbox)
	if _, err := ps.Subscribe("projects/insights-local/topics/lake-finalized", func(m *pubsubpb.PubsubMessage) {
		in.mu.Lock()
		defer in.mu.Unlock()
		in.messages = append(in.messages, m)
	}); err != nil {
		t.Fatal(err)
	}
	return in, ps, lake
}

func TestNotification(t *testing.T) {
	in, _, lake := serveNotifying(t)
	before := time.Now().Add(-time.Second)
	const name = "plays/my \"ü\" 100%.ndjson.gz"
	attrs := mustWrite(t, lake.Object(name), "hello")
	got := in.take() // at once: it was published before the writer had its answer
	if len(got) != 1 {
		t.Fatalf("%d notifications", len(got))
	}
	at, err := time.Parse(time.RFC3339, got[0].Attributes["eventTime"])
	if err != nil || at.Before(before) || at.After(time.Now()) {
		t.Errorf("event time %v, %v", at, err)
	}
	delete(got[0].Attributes, "eventTime")
	generation := strconv.FormatInt(attrs.Generation, 10)
	wantAttributes := map[string]string{
		"eventType": "OBJECT_FINALIZE", "payloadFormat": "JSON_API_V1", "bucketId": "lake", "objectId": name,
		"objectGeneration": generation, "notificationConfig": "projects/_/buckets/lake/notificationConfigs/1",
	}
	if diff := cmp.Diff(wantAttributes, got[0].Attributes); diff != "" {
		t.Errorf("attributes:\n%s", diff)
	}
	var data map[string]any
	if err := json.Unmarshal(got[0].Data, &data); err != nil {
		t.Fatal(err)
	}
	for _, field := range []string{"timeCreated", "updated"} {
		at, err := time.Parse(time.RFC3339, data[field].(string))
		if err != nil || at.Before(before) || at.After(time.Now()) {
			t.Errorf("%s: %v, %v", field, at, err)
		}
	}
	for field, want := range map[string]any{
		"kind": "storage#object", "bucket": "lake", "name": name, "generation": generation, "metageneration": "1",
		"contentType": "application/gzip", "size": "5", "crc32c": "mnG7TA==", "md5Hash": "XUFAKrxLKna5cZ2REBfFkg==", "acl": nil,
	} {
		if data[field] != want {
			t.Errorf("%s = %v, want %v", field, data[field], want)
		}
	}
}

func TestWhatIsNotified(t *testing.T) {
	ctx := t.Context()
	in, _, lake := serveNotifying(t)
	large := bytes.Repeat([]byte("x"), 1<<20)
	tests := []struct {
		name string
		do   func(o *storage.ObjectHandle) error
		want int
	}{
		{"write", func(o *storage.ObjectHandle) error { _, err := write(ctx, o, []byte("1")); return err }, 1},
		{"overwrite", func(o *storage.ObjectHandle) error { _, err := write(ctx, o, []byte("2")); return err }, 1},
		{"refused write", func(o *storage.ObjectHandle) error {
			_, err := write(ctx, o.If(storage.Conditions{DoesNotExist: true}), []byte("3"))
			wantStatus(t, err, http.StatusPreconditionFailed)
			return nil
		}, 0},
		{"write in chunks", func(o *storage.ObjectHandle) error {
			w := o.NewWriter(ctx)
			w.ChunkSize = 256 << 10
			w.Write(large)
			return w.Close()
		}, 1},
		{"write given up", func(o *storage.ObjectHandle) error {
			ctx, cancel := context.WithCancel(ctx)
			w := o.NewWriter(ctx)
			w.ChunkSize = 256 << 10
			w.Write(large)
			cancel()
			w.Close()
			return nil
		}, 0},
		{"read", func(o *storage.ObjectHandle) error { _, err := o.Attrs(ctx); return err }, 0},
		{"delete", func(o *storage.ObjectHandle) error { return o.Delete(ctx) }, 0},
	}
	for _, tt := range tests {
		if err := tt.do(lake.Object("plays/x.gz")); err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		if got := in.take(); len(got) != tt.want {
			t.Errorf("%s: %d notifications, want %d", tt.name, len(got), tt.want)
		}
	}
}

func TestBucketWithoutTopic(t *testing.T) {
	in, _, _ := serveNotifying(t)
	c, err := storage.NewClient(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	mustWrite(t, c.Bucket("insights").Object("x.json"), "{}")
	if got := in.take(); len(got) != 0 {
		t.Errorf("%d notifications", len(got))
	}
}

// TestLostNotification: the object is stored all the same, and the log says what makes up for it.
func TestLostNotification(t *testing.T) {
	var logged bytes.Buffer
	old := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&logged, nil)))
	defer slog.SetDefault(old)
	t.Setenv("PUBSUB_EMULATOR_HOST", "127.0.0.1:1")
	ps, err := pubsubserver.Start() // has no such topic
	if err != nil {
		t.Fatal(err)
	}
	defer ps.Close()
	t.Setenv("PUBSUB_EMULATOR_HOST", ps.Host())
	_, lake, stop := serveOptions(t, storageserver.Options{
		Root: t.TempDir(), Project: "insights-local", Buckets: []storageserver.Bucket{{Name: "lake", Topic: "lake-finalized"}},
	})
	mustWrite(t, lake.Object("plays/x.gz"), "x")
	if got := read(t, lake.Object("plays/x.gz")); got != "x" {
		t.Errorf("content %q", got)
	}
	stop()
	for _, want := range []string{"level=ERROR", "reconcile will make it up", "plays/x.gz", "NotFound"} {
		if !strings.Contains(logged.String(), want) {
			t.Errorf("%q is not in the log: %s", want, &logged)
		}
	}
}
