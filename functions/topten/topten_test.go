package topten

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/google/go-cmp/cmp"

	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/warehouse"
)

// TestRun runs topten on an embedded cloud: one run makes the tables, the snapshots and the documents.
func TestRun(t *testing.T) {
	r := machinetest.Open(t, "you")
	now := time.Now().UTC().Truncate(time.Microsecond)
	plays := []time.Time{now.Add(-time.Hour), now.Add(-2 * time.Hour), yearBegins(now).AddDate(0, 0, -10)}
	r.Load(t, r.PutPlays(t, "me", now, machinetest.Play(plays[0], "a"), machinetest.Play(plays[1], "b"), machinetest.Play(plays[2], "a")))
	f := &Refresher{Bucket: r.Config.InsightsBucket, Listeners: r.Config.Listeners, Warehouse: r.Warehouse, Objects: r.Insights, Now: time.Now}
	me := f.Listeners["me"]
	me.Public = true
	f.Listeners["me"] = me
	if err := f.Handle(t.Context(), machinetest.Message(time.Now())); err != nil {
		t.Fatal(err)
	}
	d, _ := r.Document(t, "me")
	past := int64(len(between(plays, time.Time{}, yearBegins(d.AsOf))))
	if d.Listener != "me" || d.TimeZone != "America/Los_Angeles" || !d.Public || d.Previous != nil || d.AsOf.Before(now) || !d.Snapshot.AsOf.Equal(d.AsOf) ||
		d.Snapshot.Listens.Rows != 3 || d.Snapshot.Tracks.Rows != 2 || d.Loaded.Closed.Files.Rows != past {
		t.Errorf("the document is %+v", d)
	}
	want := &insights.Loaded{Model: warehouse.Model(), Receipts: map[string]insights.Receipts{plays[2].Format(monthLayout): {Number: 1, LastAt: *d.Status.LastLoadAt}},
		Objects: 1, Listens: 3, Closed: d.Loaded.Closed}
	if diff := cmp.Diff(want, d.Loaded); diff != "" {
		t.Errorf("what the document has read (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(&insights.Warehouse{LastLoadAt: d.Status.LastLoadAt, FetchedAt: &now, Gaps: []insights.Gap{}, ClosedGaps: []insights.Gap{}, Imports: []insights.Import{}}, d.Status); diff != "" {
		t.Errorf("the status (-want +got):\n%s", diff)
	}
	var public insights.Document
	if _, err := r.Insights.ReadJSON(t.Context(), insights.PublicPrefix+insights.DocumentName("me"), &public); err != nil || public.Snapshot.Listens.Rows != 3 {
		t.Errorf("the public document is %+v, %v", public, err)
	}
	for _, name := range slices.Concat(d.Snapshot.Listens.Names, d.Snapshot.Tracks.Names, public.Snapshot.Listens.Names, public.Snapshot.Tracks.Names) {
		if _, err := r.Insights.Attrs(t.Context(), name); err != nil {
			t.Error(err)
		}
	}
	wantTop := []string{"1 | a | Name of a | 2 | 6", "2 | b | Name of b | 1 | 3"}
	if got := r.Query(t, "SELECT rank, track_id, track_name, times_played, minutes_played FROM spotify_insights.top_ten WHERE period = 'all' ORDER BY rank"); !slices.Equal(got, wantTop) {
		t.Errorf("top_ten is %q, want %q", got, wantTop)
	}
	if you, _ := r.Document(t, "you"); len(you.Loaded.Receipts) != 0 || you.Status.LastLoadAt != nil || you.Snapshot.Listens.Rows != 0 {
		t.Errorf("the document of a listener without plays is %+v", you)
	}
}

// A message that every document includes is acknowledged without work.
func TestMessages(t *testing.T) {
	c := newCloud(t, "you")
	if err := c.Handle(t.Context(), machinetest.Finalized("b", "o", noon)); faults.Of(err) != faults.Invalid || len(c.calls) != 0 {
		t.Errorf("another event: %v, calls %q", err, c.calls)
	}
	c.run(t)
	asOf := c.me(t).AsOf
	change := func(d time.Duration) func(*insights.Document) {
		return func(document *insights.Document) { document.AsOf = asOf.Add(d) }
	}
	for _, tt := range []struct {
		what  string
		event event.Event
		edit  func(*insights.Document)
		works bool
	}{
		{"a message long before", machinetest.Message(asOf.Add(-time.Hour)), nil, false},
		{"a message a millisecond before", machinetest.Message(asOf.Add(-clockStep)), nil, false},
		{"a message within the millisecond", machinetest.Message(asOf.Add(-clockStep + time.Microsecond)), nil, true},
		{"a message after it", machinetest.Message(asOf.Add(time.Second)), nil, true},
		{"a message without a time", machinetest.Message(time.Time{}), nil, true},
		{"a document that is older than the message", machinetest.Message(asOf.Add(-time.Hour)), change(-2 * time.Hour), true},
		{"a document from the future", machinetest.Message(asOf.Add(-time.Hour)), change(time.Hour), true},
	} {
		c.calls = nil
		if tt.edit != nil {
			c.edit(t, tt.edit)
		}
		if err := c.Handle(t.Context(), tt.event); err != nil {
			t.Errorf("%s: %v", tt.what, err)
		}
		if works := slices.Contains(c.calls, "LoadStatus"); works != tt.works {
			t.Errorf("%s: it works: %t, want %t", tt.what, works, tt.works)
		}
	}
	if c.me(t).AsOf.After(c.clock) {
		t.Error("the document from the future is still there")
	}
}

// A message whose runs have failed for retryLimit is acknowledged, and the failure is logged.
func TestRetryLimit(t *testing.T) {
	c := newCloud(t)
	lines := machinetest.Logs(t)
	for age, failed := range map[time.Duration]bool{retryLimit - time.Minute: true, retryLimit + time.Minute: false} {
		c.stopped = true
		c.before = func(call string) { c.stopped = call == "LoadStatus" }
		err := c.Handle(t.Context(), machinetest.Message(c.clock.Add(-age)))
		logged := lines("the insights could not be refreshed for half an hour; a later run tries again")
		if errors.Is(err, errStopped) != failed || faults.Permanent(err) || len(logged) == 1 == failed || !failed && logged[0]["severity"] != "ERROR" {
			t.Errorf("a message of %v: %v, logged is %v", age, err, logged)
		}
	}
}

// A gap is logged when a document first contains it, also where the answer to the write of the document is lost.
func TestGaps(t *testing.T) {
	c := newCloud(t)
	lines := machinetest.Logs(t)
	all := []insights.Gap{{After: noon, Before: noon.Add(time.Hour)}, {After: noon.Add(2 * time.Hour), Before: noon.Add(3 * time.Hour)}, {After: noon.Add(4 * time.Hour), Before: noon.Add(5 * time.Hour)}}
	for _, tt := range []struct {
		gaps, logged int
		lost         bool
	}{{0, 0, false}, {1, 1, false}, {1, 0, false}, {2, 1, false}, {3, 1, true}, {3, 0, false}} {
		c.gaps = map[string]warehouse.Gaps{"me": {Open: all[:tt.gaps], Closed: all[tt.gaps:]}, "you": {Open: all}}
		c.load("me", noon)
		c.stopped, c.stop = false, func(call string) bool { return tt.lost && strings.HasPrefix(call, "WriteJSON") }
		if err := c.Handle(t.Context(), machinetest.Message(c.tick())); (err != nil) != tt.lost {
			t.Error(err)
		}
		got := lines("gap found")
		if len(got) != tt.logged {
			t.Fatalf("of %d gaps %d are logged, want %d", tt.gaps, len(got), tt.logged)
		}
		for _, line := range got {
			gap := all[tt.gaps-1]
			want := fmt.Sprint("me ", gap.After.Format(time.RFC3339), " ", gap.Before.Format(time.RFC3339), " WARNING")
			if text := fmt.Sprint(line["listener"], " ", line["after"], " ", line["before"], " ", line["severity"]); text != want {
				t.Errorf("logged is %s, want %s", text, want)
			}
		}
	}
	if diff := cmp.Diff(all, c.me(t).Status.Gaps); diff != "" {
		t.Errorf("gaps (-want +got):\n%s", diff)
	}
}

// A listener who becomes public has a public snapshot and document without times, and loses them again. A listener who
// is removed has no periods.
func TestListeners(t *testing.T) {
	c := newCloud(t, "you")
	c.load("me", noon)
	name := insights.PublicPrefix + insights.DocumentName("me")
	for range 2 {
		l := c.Listeners["me"]
		l.Public = true
		c.Listeners["me"] = l
		c.run(t)
		d := c.document(t, name)
		want := insights.Document{Listener: "me", Public: true, AsOf: c.me(t).AsOf, Snapshot: d.Snapshot}
		if diff := cmp.Diff(want, d); diff != "" || !c.me(t).Public || d.Snapshot.Listens.Rows != 1 {
			t.Errorf("the public document has %d listens (-want +got):\n%s", d.Snapshot.Listens.Rows, diff)
		}
		for _, file := range slices.Concat(d.Snapshot.Listens.Names, d.Snapshot.Tracks.Names) {
			if !strings.HasPrefix(file, "public/snapshots/listener=me/") {
				t.Errorf("%s is not public", file)
			}
		}
		c.check(t, "public", "me")
		l.Public = false
		c.Listeners["me"] = l
		c.run(t)
		if left := c.list(insights.PublicPrefix); len(left) != 0 {
			t.Errorf("public is still %q", left)
		}
		c.check(t, "no longer public", "me")
	}
	delete(c.Listeners, "you")
	c.load("me", noon)
	c.run(t)
	for _, p := range c.periods {
		if p.Listener != "me" {
			t.Errorf("a removed listener has the period %+v", p)
		}
	}
}

// Errors of two listeners do not keep the others back and are both reported, and those who have waited longest are published first.
func TestErrorsOfListeners(t *testing.T) {
	c := newCloud(t, "amy", "bob", "you")
	c.run(t)
	c.load("you", noon)
	c.run(t) // all others have the older documents now
	for _, id := range []string{"amy", "bob", "me", "you"} {
		c.load(id, noon)
	}
	c.calls = nil
	c.stop = func(call string) bool {
		return call == "ExportListens amy recent" || call == "ExportListens bob recent"
	}
	c.before = func(call string) { c.stopped = strings.Contains(call, "amy") && c.stopped }
	if err := c.Handle(t.Context(), machinetest.Message(c.tick())); err == nil || !strings.Contains(err.Error(), "listener amy: ") || !strings.Contains(err.Error(), "listener bob: ") {
		t.Errorf("Handle() = %v", err)
	}
	var written []string
	for _, call := range c.calls {
		if name, ok := strings.CutPrefix(call, "WriteJSON insights/listener="); ok {
			written = append(written, strings.TrimSuffix(name, ".json"))
		}
	}
	if got := strings.Join(written, " "); got != "me you" {
		t.Errorf("written are %s", got)
	}
	c.run(t)
	for _, id := range []string{"amy", "bob", "me", "you"} {
		c.check(t, "in the end", id)
	}
}
