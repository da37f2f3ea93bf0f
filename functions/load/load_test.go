package load

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/warehouse"
)

// rig is a Function on an embedded cloud, with errors of the warehouse and of the topic.
type rig struct {
	*machinetest.Rig
	*Function
	appendError, publishError error
}

func (r *rig) Append(ctx context.Context, table string, rows int64, lines ...[]byte) error {
	if table == warehouse.Plays && r.appendError != nil {
		return r.appendError
	}
	return r.Rig.Warehouse.Append(ctx, table, rows, lines...)
}

func (r *rig) WriteReceipts(ctx context.Context, receipts []warehouse.Receipt) error {
	return r.Rig.Warehouse.WriteReceipts(ctx, receipts)
}

func (r *rig) Publish(context.Context) error {
	if r.publishError == nil {
		r.Messages++
	}
	return r.publishError
}

// Handle stores a receipt of the object and publishes a message, or returns an error, so that the platform delivers
// the event again. After retryLimit a transient error is a receipt, too.
func TestHandle(t *testing.T) {
	m := machinetest.Open(t)
	r := &rig{Rig: m, Function: &Function{Bucket: m.Config.LakeBucket, Loader: m.Loader, Now: time.Now}}
	r.Function.Loader.Warehouse, r.Function.Loader.Publisher = r, r
	noon := time.Date(2026, 6, 24, 12, 0, 0, 0, time.UTC)
	name := m.PutPlays(t, "me", noon, machinetest.Play(noon, "a"))
	broken := "plays/source=api/listener=me/date=2026-06-24/20260624T120000Z-0a.ndjson.gz"
	m.Put(t, broken, []byte("hello"))
	finalized := func(object string, age time.Duration) event.Event {
		return machinetest.Finalized(r.Bucket, object, time.Now().Add(-age))
	}
	untimed := machinetest.Finalized(r.Bucket, name, time.Time{})
	const old, loaded, gaveUp = retryLimit + time.Minute, "1 | <nil>", "0 | gave up for now: loading 1 objects: backendError"
	later, noNetwork := errors.New("backendError"), errors.New("no network")
	tests := []struct {
		what                      string
		event                     event.Event
		appendError, publishError error
		want                      error
		receipt                   string // that is written
		messages                  int
	}{
		{"another type of event", machinetest.Message(noon), nil, nil, faults.New(faults.Invalid, "", ""), "", 0},
		{"another bucket", machinetest.Finalized("uploads", name, noon), nil, nil, faults.New(faults.Invalid, "", ""), "", 0},
		{"a deleted object", finalized("features/date=2026-06-24/0a.ndjson.gz", 0), nil, nil, nil, "", 0},
		{"a transient error", finalized(name, 0), later, nil, later, "", 0},
		{"a transient error and an event without a time", untimed, later, nil, later, "", 0},
		{"a transient error and an old event", finalized(name, old), later, nil, nil, gaveUp, 1},
		{"an object", finalized(name, 0), nil, nil, nil, loaded, 1},
		{"the object again", finalized(name, 0), nil, nil, nil, loaded, 1},
		{"an old event", finalized(name, old), nil, nil, nil, loaded, 1},
		{"an event without a time", untimed, nil, nil, nil, loaded, 1},
		{"a permanent error", finalized(broken, 0), nil, nil, nil, "0 | not a gzip file", 1},
		{"a message that is lost", finalized(name, 0), nil, noNetwork, noNetwork, loaded, 0},
	}
	var before []string
	for _, tt := range tests {
		r.appendError, r.publishError, r.Messages = tt.appendError, tt.publishError, 0
		err := r.Handle(t.Context(), tt.event)
		if faults.Permanent(err) != faults.Permanent(tt.want) || !faults.Permanent(err) && !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.what, err, tt.want)
		}
		receipts := r.Query(t, "SELECT plays, CASE WHEN STARTS_WITH(error, 'it is') THEN 'not a gzip file' ELSE error END FROM spotify_insights.loads ORDER BY loaded_at")
		if want := slices.DeleteFunc([]string{tt.receipt}, func(s string) bool { return s == "" }); !slices.Equal(receipts[len(before):], want) || r.Messages != tt.messages {
			t.Errorf("%s: the receipts are %q and %d messages, want %q and %d", tt.what, receipts[len(before):], r.Messages, want, tt.messages)
		}
		before = receipts
	}
}
