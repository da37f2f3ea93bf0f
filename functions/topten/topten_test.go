package topten

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/google/go-cmp/cmp"

	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/events"
	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/shared/warehouse"
)

// One run makes listens, tracks, the top ten, a snapshot and the document of what was loaded.
func TestRun(t *testing.T) {
	r := newRig(t, "you")
	r.load(t, "me", june.Add(time.Minute), play(june, "a"), play(june.Add(-time.Minute), "b"), play(june.Add(-time.Hour), "a"), play(dayOf(thisYear-1, 12, 24), "a"))
	r.loadObject(t, "holiday.jpg") // it is gone, and no listener's
	r.run(t)
	zone := r.Listeners["me"].Zone
	d := r.document(t, "me")
	if d.Listener != "me" || d.TimeZone != zone.String() || d.Public || d.Previous != nil || time.Since(d.AsOf) > time.Minute || !d.Snapshot.AsOf.Equal(d.AsOf) {
		t.Errorf("the document is %+v", d)
	}
	month := fmt.Sprint(thisYear-1, "-12")
	want := insights.Loaded{Model: warehouse.Model(), Receipts: map[string]insights.Receipts{month: {Number: 1, LastAt: *d.Status.LastLoadAt}}, Objects: 1, Listens: 4, Past: d.Loaded.Past}
	if diff := cmp.Diff(&want, d.Loaded); diff != "" {
		t.Errorf("what the document has read (-want +got):\n%s", diff)
	}
	if past := d.Loaded.Past; !past.Until.Equal(yearBegins(d.AsOf)) || past.Files.Rows != 1 || len(d.Snapshot.Listens.Names) != 2 || past.Files.Names[0] != d.Snapshot.Listens.Names[0] {
		t.Errorf("the past is %+v, the snapshot %+v", past, d.Snapshot)
	}
	if s := d.Status; s.LastLoadAt == nil || !s.FetchedAt.Equal(june.Add(time.Minute)) || s.Rejected+s.FailedObjects != 0 || len(s.Gaps)+len(s.Imports) != 0 {
		t.Errorf("the status is %+v", s)
	}
	got := r.query(t, fmt.Sprintf("SELECT rank, track_id, track_name, times_played, minutes_played FROM spotify_insights.top_ten WHERE period = '%d' ORDER BY listener, rank", thisYear))
	if want := []string{"1 | a | Name of a | 2 | 4", "2 | b | Name of b | 1 | 3"}; !slices.Equal(got, want) {
		t.Errorf("top_ten is %q, want %q", got, want)
	}
	r.check(t, "after a run", "me")
	r.check(t, "without plays", "you")
	if you := r.document(t, "you"); len(you.Loaded.Receipts) != 0 || you.Status.LastLoadAt != nil || you.Snapshot.Listens.Rows != 0 {
		t.Errorf("the document of a listener without plays is %+v", you)
	}
}

// The years are divided by the listener's clock.
func TestYears(t *testing.T) {
	r := newRig(t)
	newYear := time.Date(thisYear-1, 1, 1, 0, 0, 0, 0, r.Listeners["me"].Zone)
	r.load(t, "me", june, play(newYear, "new"), play(newYear.Add(-time.Microsecond), "old"))
	r.run(t)
	want := []string{fmt.Sprint(thisYear-2, " | old"), fmt.Sprint(thisYear-1, " | new"), "all | old", "all | new"} // the new one is 1 µs long
	if got := r.query(t, "SELECT period, track_id FROM spotify_insights.top_ten WHERE period NOT IN ('4w', '6m', '1y') ORDER BY period, rank"); !slices.Equal(got, want) {
		t.Errorf("top_ten is %q, want %q", got, want)
	}
}

// A message that every document includes is acknowledged without work.
func TestMessages(t *testing.T) {
	r := newRig(t, "you")
	wrong := event.New()
	wrong.SetType(events.ObjectFinalized)
	if err := r.Handle(t.Context(), wrong); faults.Of(err) != faults.Invalid || len(r.spy.calls) != 0 {
		t.Errorf("another event: %v, calls %q", err, r.spy.calls)
	}
	r.run(t)
	asOf := r.document(t, "you").AsOf
	untimed := message(asOf)
	untimed.Context.SetTime(time.Time{})
	future := func(d *insights.Document) { d.AsOf = time.Now().Add(time.Hour) }
	tests := []struct {
		what  string
		event event.Event
		edit  func(d *insights.Document) // of one document
		works bool
	}{
		{"a message long before", message(asOf.Add(-time.Hour)), nil, false},
		{"a message a millisecond before", message(asOf.Add(-clockStep)), nil, false},
		{"a message in the same millisecond", message(asOf.Add(-clockStep + time.Microsecond)), nil, true},
		{"a message after it", message(time.Now()), nil, true},
		{"a message without a time", untimed, nil, true},
		{"a document that is older than the message", message(asOf.Add(-time.Hour)), func(d *insights.Document) { d.AsOf = asOf.Add(-2 * time.Hour) }, true},
		{"a document from the future", message(asOf.Add(-time.Hour)), future, true},
	}
	for _, tt := range tests {
		if tt.edit != nil {
			r.edit(t, "you", tt.edit)
		}
		r.spy.take()
		if err := r.Handle(t.Context(), tt.event); err != nil {
			t.Errorf("%s: %v", tt.what, err)
		}
		if works := len(r.spy.take("LoadStatus")) == 1; works != tt.works {
			t.Errorf("%s: it looks at the warehouse: %t, want %t", tt.what, works, tt.works)
		}
	}
	if d := r.document(t, "you"); d.AsOf.After(time.Now()) {
		t.Errorf("the document from the future is still there: %v", d.AsOf)
	}
}

// A message whose runs have failed for half an hour is acknowledged, and the failure is logged.
func TestPatience(t *testing.T) {
	r := newRig(t)
	lines := machinetest.Logs(t)
	for _, tt := range []struct {
		age    time.Duration
		failed bool
	}{{patience - time.Minute, true}, {patience + time.Minute, false}} {
		r.spy.start(func(call string) bool { return call == "LoadStatus" })
		err := r.Handle(t.Context(), message(time.Now().Add(-tt.age)))
		if (err != nil) != tt.failed || faults.Permanent(err) {
			t.Errorf("a message of %v: %v", tt.age, err)
		}
		logged := lines("the insights could not be brought up to date for a while; the next load or reconcile tries again")
		if len(logged) == 1 != !tt.failed || len(logged) == 1 && logged[0]["severity"] != "ERROR" {
			t.Errorf("a message of %v: logged is %v", tt.age, logged)
		}
	}
	r.spy.start(nil)
	r.run(t)
	r.check(t, "the next message", "me")
}

// fullPage is a page of as many plays as Spotify returns at most, a minute apart.
func fullPage(newest time.Time) (rows []lake.PlayRow) {
	for i := range lake.PageSize {
		rows = append(rows, play(newest.Add(-time.Duration(i)*time.Minute), fmt.Sprint("track", i)))
	}
	return rows
}

// A gap is logged when a document first has it, also where the answer to the document's write is lost.
func TestGaps(t *testing.T) {
	r := newRig(t)
	lines := machinetest.Logs(t)
	logged := func() (list []string) {
		for _, line := range lines("gap found") {
			list = append(list, fmt.Sprintf("%v %v %v %v", line["listener"], line["after"], line["before"], line["severity"]))
		}
		return list
	}
	gap := func(n int) string {
		before := june.AddDate(0, 0, n).Add(-49 * time.Minute)
		return fmt.Sprintf("me %s %s WARNING", june.AddDate(0, 0, n-1).Format(time.RFC3339), before.Format(time.RFC3339))
	}
	steps := []struct {
		what string
		page int // the days after the first page, -1 for no page
		lost bool
		want []string
	}{
		{"the first page", 0, false, nil},
		{"a gap", 1, false, []string{gap(1)}},
		{"nothing new", -1, false, nil},
		{"another gap", 2, false, []string{gap(2)}},
		{"a gap, and the answer to the write is lost", 3, true, []string{gap(3)}},
		{"nothing new after that", -1, false, nil},
	}
	for _, step := range steps {
		if step.page >= 0 {
			newest := june.AddDate(0, 0, step.page)
			r.load(t, "me", newest.Add(time.Minute), fullPage(newest)...)
		}
		r.spy.start(func(call string) bool { return step.lost && strings.HasPrefix(call, "WriteJSON") })
		if err := r.Handle(t.Context(), message(time.Now())); (err != nil) != step.lost {
			t.Errorf("%s: %v", step.what, err)
		}
		if got := logged(); !slices.Equal(got, step.want) {
			t.Errorf("%s: logged is %q, want %q", step.what, got, step.want)
		}
	}
	if d := r.document(t, "me"); len(d.Status.Gaps) != 3 || !d.Status.Gaps[2].After.Equal(june.AddDate(0, 0, 2)) {
		t.Errorf("the gaps are %v", d.Status.Gaps)
	}
}
