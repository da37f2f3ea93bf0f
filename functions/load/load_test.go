package load

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/functions/reconcile"
	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/events"
	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/shared/loader"
	"spotify-insights.internal/shared/warehouse"
)

// rig is a Function of Google's clients on an embedded cloud. Faults can be set, and messages are counted.
type rig struct {
	*Function
	*warehouse.Warehouse
	config     config.All
	lake       *bucket.Bucket
	cannotLoad error
	cannotTell error
	messages   int
	reconciler *reconcile.Reconciler
}

func (r *rig) Append(ctx context.Context, table string, rows int64, lines ...[]byte) error {
	if table == warehouse.Plays && r.cannotLoad != nil {
		return r.cannotLoad
	}
	return r.Warehouse.Append(ctx, table, rows, lines...)
}

func (r *rig) Publish(context.Context) error {
	if r.cannotTell == nil {
		r.messages++
	}
	return r.cannotTell
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{config: machinetest.Start(t).Config}
	loader, bucket, w, err := loader.Open(t.Context(), r.config.Load)
	if err != nil {
		t.Fatal(err)
	}
	loader.Warehouse, loader.Publisher = r, r
	r.Warehouse, r.lake = w, bucket
	r.Function = &Function{Bucket: r.config.LakeBucket, Loader: loader, Now: time.Now}
	r.reconciler = &reconcile.Reconciler{Lake: bucket, Warehouse: w, Loader: loader}
	return r
}

// put keeps a page of one play.
func (r *rig) put(t *testing.T) (name string) {
	t.Helper()
	at := time.Date(2026, 6, 24, 12, 0, 0, 0, time.UTC)
	rows := []lake.PlayRow{{Version: lake.PlayVersion, Listener: "me", PlayedAt: &at, TrackID: new("a"), Source: lake.SourceAPI, IngestedAt: at, Raw: "{}"}}
	rows[0].Object = lake.PageName("me", rows)
	content, err := lake.Encode(rows)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.lake.Create(t.Context(), rows[0].Object, lake.ContentType, content); err != nil {
		t.Fatal(err)
	}
	return rows[0].Object
}

func finalized(t *testing.T, bucket, object string, at time.Time) event.Event {
	t.Helper()
	e := event.New()
	e.SetID("1")
	e.SetSource("//test")
	e.SetType(events.ObjectFinalized)
	if !at.IsZero() {
		e.SetTime(at)
	}
	if err := e.SetData("application/json", map[string]string{"bucket": bucket, "name": object, "generation": "1"}); err != nil {
		t.Fatal(err)
	}
	return e
}

// receipts are the receipts in the order in which they were written.
func (r *rig) receipts(t *testing.T) []string {
	t.Helper()
	return machinetest.Query(t, r.config, "SELECT plays, error FROM spotify_insights.loads ORDER BY loaded_at")
}

func TestHandle(t *testing.T) {
	r := newRig(t)
	name := r.put(t)
	broken := "plays/source=api/listener=me/date=2026-06-24/20260624T120000Z-0a.ndjson.gz"
	if _, err := r.lake.Create(t.Context(), broken, lake.ContentType, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	other := event.New()
	other.SetType(events.MessagePublished)
	old := time.Now().Add(-patience - time.Minute)
	tests := []struct {
		what               string
		event              event.Event
		kind               faults.Kind // of an error
		receipts, messages int         // by then
	}{
		{"another type of event", other, faults.Invalid, 0, 0},
		{"another bucket", finalized(t, "uploads", name, time.Now()), faults.Invalid, 0, 0},
		{"an object that is gone", finalized(t, r.Bucket, "features/date=2026-06-24/0a.ndjson.gz", time.Now()), faults.Transient, 0, 0},
		{"an object", finalized(t, r.Bucket, name, time.Now()), faults.Transient, 1, 1},
		{"the same event again", finalized(t, r.Bucket, name, time.Now()), faults.Transient, 2, 2},
		{"an old event", finalized(t, r.Bucket, name, old), faults.Transient, 3, 3},
		{"an event without a time", finalized(t, r.Bucket, name, time.Time{}), faults.Transient, 4, 4},
		{"an object that no retry mends", finalized(t, r.Bucket, broken, time.Now()), faults.Transient, 5, 5},
	}
	for _, tt := range tests {
		err := r.Handle(t.Context(), tt.event)
		if (err != nil) != (tt.kind != faults.Transient) || faults.Of(err) != tt.kind {
			t.Errorf("%s: %v", tt.what, err)
		}
		if n := len(r.receipts(t)); n != tt.receipts || r.messages != tt.messages {
			t.Errorf("%s: %d receipts and %d messages, want %d and %d", tt.what, n, r.messages, tt.receipts, tt.messages)
		}
	}
}

// A fault that does not pass while the event is delivered is left to reconcile. A later receipt of a fault
// does not hide that the object was loaded.
func TestGivingUp(t *testing.T) {
	r := newRig(t)
	object := r.put(t)
	const gaveUp = "0 | gave up for now: loading 1 objects: backendError"
	fresh, old := finalized(t, r.Bucket, object, time.Now()), finalized(t, r.Bucket, object, time.Now().Add(-patience-time.Minute))
	steps := []struct {
		what   string
		fault  error
		do     func() error
		failed bool
		want   []string
	}{
		{"a fresh event with a passing fault", errors.New("backendError"), func() error { return r.Handle(t.Context(), fresh) }, true, nil},
		{"an event without a time and a passing fault", errors.New("backendError"), func() error { return r.Handle(t.Context(), finalized(t, r.Bucket, object, time.Time{})) }, true, nil},
		{"an old event with a passing fault", errors.New("backendError"), func() error { return r.Handle(t.Context(), old) }, false, []string{gaveUp}},
		{"reconcile", nil, func() error { return r.reconcile(t, 1) }, false, []string{gaveUp, "1 | <nil>"}},
		{"an old event of an object that is loaded", errors.New("backendError"), func() error { return r.Handle(t.Context(), old) }, false, []string{gaveUp, "1 | <nil>", gaveUp}},
		{"reconcile with nothing to do", nil, func() error { return r.reconcile(t, 0) }, false, []string{gaveUp, "1 | <nil>", gaveUp}},
	}
	for _, step := range steps {
		r.cannotLoad = step.fault
		if err := step.do(); (err != nil) != step.failed || faults.Permanent(err) {
			t.Errorf("%s: %v", step.what, err)
		}
		if got := r.receipts(t); !slices.Equal(got, step.want) {
			t.Errorf("%s: the receipts are %q, want %q", step.what, got, step.want)
		}
	}
}

// reconcile runs reconcile, which is expected to load some objects.
func (r *rig) reconcile(t *testing.T, loaded int) error {
	t.Helper()
	result, err := r.reconciler.Run(t.Context())
	if err == nil && (result.Loaded != loaded || result.Failed != 0 || result.Reset) {
		err = fmt.Errorf("the result is %+v", result)
	}
	return err
}

// A message that cannot be published is a passing fault: the event comes again. What was loaded stays.
func TestLostMessage(t *testing.T) {
	r := newRig(t)
	e := finalized(t, r.Bucket, r.put(t), time.Now())
	r.cannotTell = errors.New("no network")
	if err := r.Handle(t.Context(), e); !errors.Is(err, r.cannotTell) || faults.Permanent(err) {
		t.Errorf("without a network: %v", err)
	}
	if got := r.receipts(t); len(got) != 1 || r.messages != 0 {
		t.Errorf("%d receipts, %d messages", len(got), r.messages)
	}
	r.cannotTell = nil
	if err := r.Handle(t.Context(), e); err != nil || r.messages != 1 {
		t.Errorf("the event again: %v, %d messages", err, r.messages)
	}
}
