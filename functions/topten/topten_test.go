package topten

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/events"
	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/objects"
	"spotify-insights.internal/shared/settings"
	"spotify-insights.internal/shared/warehouse"
)

// rig is a Ranker of real clients on an embedded cloud, which counts its rankings.
type rig struct {
	*Ranker
	*warehouse.Warehouse
	settings  settings.Settings
	documents *objects.Bucket
	rankings  int
	sums      int
	onRanking func() // called within a ranking, after the plays are read
}

func (r *rig) Ranking(ctx context.Context, q warehouse.Question) ([]warehouse.Standout, error) {
	r.rankings++
	standouts, err := r.Warehouse.Ranking(ctx, q)
	if do := r.onRanking; do != nil {
		r.onRanking = nil
		do()
	}
	return standouts, err
}

func (r *rig) SumPast(ctx context.Context, listener, timeZone string, until time.Time) (warehouse.Sum, error) {
	r.sums++
	return r.Warehouse.SumPast(ctx, listener, timeZone, until)
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{settings: machinetest.Start(t, "you").Settings}
	var err error
	if r.Warehouse, err = warehouse.Open(t.Context(), r.settings); err != nil {
		t.Fatal(err)
	}
	if r.documents, err = objects.Open(t.Context(), r.settings.InsightsBucket); err != nil {
		t.Fatal(err)
	}
	r.Ranker = &Ranker{Listeners: r.settings.Listeners, Warehouse: r, Documents: r.documents}
	return r
}

// play puts n plays of a track into the table, the last one a while ago.
func (r *rig) play(t *testing.T, track string, n int, ago time.Duration) {
	t.Helper()
	var rows []machinetest.Row
	for i := range n {
		rows = append(rows, machinetest.Row{"listener": "me", "source": "api", "track_id": track, "track_name": "Name of " + track, "duration_ms": 60000,
			"played_at": time.Now().Add(-ago - time.Duration(i)*time.Minute).UTC().Format("2006-01-02T15:04:05Z"), "ingested_at": "2026-01-01T00:00:00Z", "object": "o"})
	}
	machinetest.Insert(t, r.settings, warehouse.Plays, rows...)
}

// message is the event that plays of "me" were committed at a time.
func message(t *testing.T, listener string, committed time.Time) event.Event {
	t.Helper()
	return messageOf(t, events.Loaded{Listener: listener, CommittedAt: committed})
}

func messageOf(t *testing.T, loaded events.Loaded) event.Event {
	t.Helper()
	data, err := json.Marshal(loaded)
	if err != nil {
		t.Fatal(err)
	}
	e := event.New()
	e.SetID("1")
	e.SetSource("//test")
	e.SetType(events.MessagePublished)
	if err := e.SetData("application/json", map[string]any{"message": map[string]any{"data": data}}); err != nil {
		t.Fatal(err)
	}
	return e
}

func (r *rig) handle(t *testing.T, committed time.Time) {
	t.Helper()
	if err := r.Handle(t.Context(), message(t, "me", committed)); err != nil {
		t.Fatal(err)
	}
}

func (r *rig) document(t *testing.T) (d insights.Document) {
	t.Helper()
	if _, err := r.documents.ReadJSON(t.Context(), insights.DocumentName("me"), &d); err != nil {
		t.Fatal(err)
	}
	return d
}

func (r *rig) table(t *testing.T) []string {
	t.Helper()
	return machinetest.Query(t, r.settings, "SELECT rank, track_id, times_played FROM spotify_insights.top_ten WHERE listener = 'me' AND period = 'all' ORDER BY rank")
}

func TestRank(t *testing.T) {
	r := newRig(t)
	r.play(t, "a", 30, time.Hour)
	r.play(t, "b", 3, 40*24*time.Hour)
	r.handle(t, time.Now())
	d := r.document(t)
	if got := r.table(t); !slices.Equal(got, []string{"1 | a | 30", "2 | b | 3"}) {
		t.Errorf("top_ten is %v", got)
	}
	if all := d.Periods["all"]; all.Totals != (insights.Totals{Plays: 33, Minutes: 33, Tracks: 2}) || len(all.TopTracks) != 2 || *all.TopTracks[0].TrackName != "Name of a" {
		t.Errorf("all is %+v", all)
	}
	if recent := d.Periods["4w"]; recent.Totals.Plays != 30 {
		t.Errorf("4w is %+v", recent)
	}
	if len(d.Recent) != warehouse.RecentPlays || !slices.IsSortedFunc(d.Recent, func(a, b insights.Recent) int { return b.PlayedAt.Compare(a.PlayedAt) }) || d.Recent[0].TrackID != "a" {
		t.Errorf("the latest plays are %+v", d.Recent)
	}
}

// A storm of messages is one ranking: those it covers are acknowledged without work.
func TestStorm(t *testing.T) {
	r := newRig(t)
	r.play(t, "a", 1, time.Hour)
	storm := time.Now()
	for i := range 20 {
		r.handle(t, storm.Add(-time.Duration(i)*time.Millisecond))
	}
	if r.rankings != 1 {
		t.Errorf("%d rankings for a storm", r.rankings)
	}
	r.handle(t, r.document(t).AsOf) // in the same millisecond: it may not have been seen
	r.handle(t, time.Now())
	if r.rankings != 3 {
		t.Errorf("%d rankings, want 3", r.rankings)
	}
}

// A ranking that another has overtaken begins anew: table and document end as the newest reading.
func TestOvertaken(t *testing.T) {
	r := newRig(t)
	r.play(t, "a", 2, time.Hour)
	r.onRanking = func() { // while the first has read and not written
		r.play(t, "b", 5, 2*time.Hour)
		r.handle(t, time.Now())
	}
	r.handle(t, time.Now())
	if got := r.table(t); !slices.Equal(got, []string{"1 | b | 5", "2 | a | 2"}) || r.document(t).Periods["all"].Totals.Plays != 7 {
		t.Errorf("top_ten is %v, the document counts %v", got, r.document(t).Periods["all"].Totals)
	}
}

// A gap is told once, when the document first has it.
func TestGapsAreTold(t *testing.T) {
	r := newRig(t)
	lines := machinetest.Logs(t)
	at := func(hour int) time.Time { return time.Date(2026, 6, 1, hour, 0, 0, 0, time.UTC) }
	r.load(t, "1", at(1), at(20))
	tests := []struct {
		name string
		next int // the hour of the page that is loaded, 0 for none
		want []string
	}{
		{"nothing is missing yet", 0, nil},
		{"a gap", 3, []string{"me 2026-06-01T01:00:00Z 2026-06-01T03:00:00Z WARNING"}},
		{"the same gap", 0, nil},
		{"another", 6, []string{"me 2026-06-01T03:00:00Z 2026-06-01T06:00:00Z WARNING"}},
	}
	for _, tt := range tests {
		if tt.next != 0 {
			r.load(t, fmt.Sprint(tt.next), at(tt.next), at(20))
		}
		r.handle(t, time.Now())
		var got []string
		for _, line := range lines("gap found") {
			got = append(got, fmt.Sprintf("%v %v %v %v", line["listener"], line["after"], line["before"], line["severity"]))
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: told is %q, want %q", tt.name, got, tt.want)
		}
	}
}

// A gap is told also where the answer to the document's write is lost, and the next round finds it known.
func TestGapsAreToldAtLeastOnce(t *testing.T) {
	r := newRig(t)
	lines := machinetest.Logs(t)
	r.load(t, "1", time.Now().Add(-3*time.Hour), time.Now())
	r.load(t, "2", time.Now().Add(-time.Hour), time.Now())
	r.Documents = &lossy{Bucket: r.documents}
	r.handle(t, time.Now())
	if n := len(lines("gap found")); n != 1 {
		t.Errorf("told %d times of a gap whose document was written and seemed not to be", n)
	}
}

// lossy loses the answer of the first write, after the write.
type lossy struct {
	*objects.Bucket
	lost bool
}

func (l *lossy) WriteJSON(ctx context.Context, name string, v any, generation int64) error {
	err := l.Bucket.WriteJSON(ctx, name, v, generation)
	if err == nil && !l.lost {
		l.lost = true
		return objects.ErrPrecondition // what the client's own retry makes of it
	}
	return err
}

// Nothing of a broken document is believed: neither that it covers a load nor what it says of the past.
func TestBrokenDocumentIsReplaced(t *testing.T) {
	for _, broken := range []string{`{"as_of":`, `{"as_of":"2090-01-01T00:00:00Z","past":{"until":"2026-01-01T00:00:00Z"},"periods":{"2019":{"totals":{"plays":"many"}}}}`} {
		r := newRig(t)
		r.play(t, "a", 1, time.Hour)
		if _, err := r.documents.Create(t.Context(), insights.DocumentName("me"), "application/json", []byte(broken)); err != nil {
			t.Fatal(err)
		}
		r.handle(t, time.Now())
		if d := r.document(t); d.Periods["all"].Totals.Plays != 1 || d.Periods["2019"] != nil {
			t.Errorf("the document after %s counts %+v", broken, d.Periods)
		}
	}
}

func TestNobody(t *testing.T) {
	r := newRig(t)
	for listener, want := range map[string]faults.Kind{"nobody": faults.Missing, "../me": faults.Invalid, "": faults.Invalid} {
		if err := r.Handle(t.Context(), message(t, listener, time.Now())); faults.Of(err) != want {
			t.Errorf("%q: %v", listener, err)
		}
	}
	// A listener without plays has a document with empty lists, and no row.
	if err := r.Handle(t.Context(), message(t, "you", time.Now())); err != nil {
		t.Fatal(err)
	}
	var d insights.Document
	if _, err := r.documents.ReadJSON(t.Context(), insights.DocumentName("you"), &d); err != nil || d.AsOf.IsZero() || len(d.Periods) != 4 {
		t.Errorf("the document is %+v, %v", d, err)
	}
	if n := machinetest.Query(t, r.settings, "SELECT COUNT(*) FROM spotify_insights.top_ten"); fmt.Sprint(n) != "[0]" {
		t.Errorf("top_ten has %v rows", n)
	}
}
