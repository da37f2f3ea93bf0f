package load

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/functions/reconcile"
	"spotify-insights.internal/shared/events"
	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/shared/loading"
	"spotify-insights.internal/shared/objects"
	"spotify-insights.internal/shared/plays"
	"spotify-insights.internal/shared/settings"
	"spotify-insights.internal/shared/warehouse"
)

// stubborn is a warehouse that cannot load for now.
type stubborn struct {
	*warehouse.Warehouse
	err error
}

func (s *stubborn) StagePlays(ctx context.Context, uris []string) (*warehouse.Stage, error) {
	if s.err != nil {
		return nil, s.err
	}
	return s.Warehouse.StagePlays(ctx, uris)
}

type told []events.Loaded

func (m *told) Publish(_ context.Context, l events.Loaded) error { *m = append(*m, l); return nil }

func setUp(t *testing.T) (*Function, *stubborn, settings.Settings, string) {
	t.Helper()
	s := machinetest.Start(t).Settings
	bucket, err := objects.Open(t.Context(), s.LakeBucket)
	if err != nil {
		t.Fatal(err)
	}
	loader, w, err := loading.Open(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	slow := &stubborn{Warehouse: w}
	loader.Warehouse, loader.Publisher = slow, &told{}
	at := time.Date(2026, 6, 24, 12, 0, 0, 0, time.UTC)
	rows := []plays.Row{{Listener: "me", PlayedAt: &at, TrackID: new("a"), Source: plays.SourceAPI, IngestedAt: at, Raw: "{}"}}
	rows[0].Object = lake.PageName("me", rows, nil)
	content, err := lake.Encode(rows)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bucket.Create(t.Context(), rows[0].Object, lake.ContentType, content); err != nil {
		t.Fatal(err)
	}
	return &Function{Bucket: s.LakeBucket, Lake: bucket, Loader: loader, Now: time.Now}, slow, s, rows[0].Object
}

func finalized(t *testing.T, object string, at time.Time) event.Event {
	t.Helper()
	e := event.New()
	e.SetID("1")
	e.SetSource("//test")
	e.SetType(events.ObjectFinalized)
	e.SetTime(at)
	if err := e.SetData("application/json", map[string]string{"bucket": "lake", "name": object, "generation": "1"}); err != nil {
		t.Fatal(err)
	}
	return e
}

// A fault that does not pass within the event's life is left to reconcile, which tries again; and no
// last word is written over an object that was loaded after all.
func TestGivingUp(t *testing.T) {
	f, slow, s, object := setUp(t)
	ledger := func() string {
		return fmt.Sprint(machinetest.Query(t, s, "SELECT inserted, error FROM spotify_insights.loads"))
	}
	slow.err = errors.New("backendError")
	if err := f.Handle(t.Context(), finalized(t, object, time.Now())); err == nil || faults.Permanent(err) {
		t.Errorf("a fresh event with a passing fault: %v", err)
	}
	if got := ledger(); got != "[]" {
		t.Errorf("the ledger after a passing fault: %s", got)
	}
	old := finalized(t, object, time.Now().Add(-patience-time.Minute))
	if err := f.Handle(t.Context(), old); err != nil {
		t.Errorf("an old event with a passing fault: %v", err)
	}
	if got := ledger(); got != "[0 | gave up for now: loading 1 objects: backendError]" {
		t.Errorf("the ledger after giving up: %s", got)
	}
	slow.err = nil
	r := &reconcile.Reconciler{Lake: f.Lake.(*objects.Bucket), Ledger: slow.Warehouse, Loader: f.Loader}
	if result, err := r.Run(t.Context()); err != nil || result.Loaded != 1 || result.Objects != 1 {
		t.Errorf("reconcile: %+v, %v", result, err)
	}
	if got := ledger(); got != "[1 | <nil>]" {
		t.Errorf("the ledger after reconcile: %s", got)
	}
	slow.err = errors.New("backendError")
	if err := f.Handle(t.Context(), old); err != nil {
		t.Errorf("an old event of a loaded object: %v", err)
	}
	if got := ledger(); got != "[1 | <nil>]" {
		t.Errorf("the ledger after giving up on a loaded object: %s", got)
	}
	slow.err = nil
	if result, err := r.Run(t.Context()); err != nil || result.Loaded != 0 || len(*f.Loader.Publisher.(*told)) < 2 {
		t.Errorf("reconcile with nothing to do: %+v, %v, messages %v", result, err, f.Loader.Publisher)
	}
}
