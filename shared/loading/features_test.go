package loading_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"google.golang.org/api/iterator"

	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/audio"
	"spotify-insights.internal/shared/events"
	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/shared/loading"
	"spotify-insights.internal/shared/plays"
)

// told and missed are rows of audio features as a provider's answer makes them.
func told(track string, tempo float64) audio.Row {
	return audio.Row{TrackID: track, Found: true, Provider: "p", Features: audio.Features{Tempo: &tempo}, Raw: new(`{"x":1}`)}
}

func missed(track string) audio.Row { return audio.Row{TrackID: track, Provider: "q"} }

// putFeatures writes rows as the function features does and returns the object.
func (r *rig) putFeatures(t *testing.T, at time.Time, rows ...audio.Row) loading.Object {
	t.Helper()
	var texts []string
	for _, row := range rows {
		texts = append(texts, fmt.Sprint(row.TrackID, row.Found))
	}
	name := lake.FeaturesName(at, texts)
	for i := range rows {
		rows[i].FetchedAt, rows[i].Object, rows[i].Index = at, name, i
	}
	content, err := lake.Encode(rows)
	if err != nil {
		t.Fatal(err)
	}
	return r.putContent(t, name, content)
}

// putExport writes the nth object of an export with one play at noon, and returns it.
func (r *rig) putExport(t *testing.T, listener string, n int, ms int64) loading.Object {
	t.Helper()
	name := fmt.Sprintf("plays/source=export/listener=%s/%02d/1/f-0-1.ndjson.gz", listener, n)
	row := plays.Row{Listener: listener, PlayedAt: &noon, TrackID: new("x"), MSPlayed: &ms, Source: plays.SourceExport, IngestedAt: noon, Object: name, Raw: "{}"}
	content, err := lake.Encode([]plays.Row{row})
	if err != nil {
		t.Fatal(err)
	}
	return r.putContent(t, name, content)
}

const everyFeature = "SELECT track_id, found, provider, tempo, fetched_at, object FROM spotify_insights.audio_features ORDER BY 1, 2, 3, 4, 5, 6"

func TestLoadFeatures(t *testing.T) {
	r := newRig(t)
	a := r.putFeatures(t, noon, told("x", 100), told("y", 101), missed("z"), told("x", 102))
	b := r.putFeatures(t, noon.Add(time.Hour), told("z", 110), told("w", 111))
	row := func(object loading.Object, counts, at string) string {
		return fmt.Sprintf("%s | features | <nil> | %s | 0 | 0 | <nil> | <nil> | %s | false | <nil>", object.Name, counts, at)
	}
	rows := func(lines ...string) []string { slices.Sort(lines); return lines }
	for round := range 2 { // again changes nothing
		for _, o := range []loading.Object{a, b} {
			loads, err := r.Load(t.Context(), []loading.Object{o})
			if err != nil || len(loads) != 1 || loads[0].Error != nil || loads[0].Listener != nil || *loads[0].Kind != lake.KindFeatures {
				t.Fatalf("round %d: Load() = %+v, %v", round, loads, err)
			}
		}
		if err := r.ledger.Recount(t.Context()); err != nil { // z went over to the newer object
			t.Fatal(err)
		}
		want := rows(row(a, "4 | 2 | 2", "2026-06-24T12:00:00Z"), row(b, "2 | 2 | 0", "2026-06-24T13:00:00Z"))
		if diff := cmp.Diff(want, r.query(t, everyLoad)); diff != "" {
			t.Errorf("round %d: the ledger (-want +got):\n%s", round, diff)
		}
		want = []string{"w | true | p | 111 | 2026-06-24T13:00:00Z | " + b.Name, "x | true | p | 100 | 2026-06-24T12:00:00Z | " + a.Name,
			"y | true | p | 101 | 2026-06-24T12:00:00Z | " + a.Name, "z | true | p | 110 | 2026-06-24T13:00:00Z | " + b.Name}
		if diff := cmp.Diff(want, r.query(t, everyFeature)); diff != "" {
			t.Errorf("round %d: audio_features (-want +got):\n%s", round, diff)
		}
	}
	client, _ := machinetest.Dataset(t, r.settings)
	if left, err := client.Dataset(r.settings.StagingDataset).Tables(t.Context()).Next(); !errors.Is(err, iterator.Done) {
		t.Errorf("a staging table is left: %v, %v", left, err)
	}
}

// Audio features are told to everybody, plays to their listener with the time of the oldest.
func TestFeatureMessages(t *testing.T) {
	r := newRig(t)
	day := func(n int) time.Time { return noon.AddDate(0, 0, n) }
	since := func(n int) *time.Time { return new(day(n).Add(-8 * time.Minute)) } // of a page of three
	three := func(n int) loading.Object { return r.put(t, "me", page("me", day(n), 3)) }
	unreadable := func(n int) loading.Object {
		rows := page("me", day(n), 1)
		rows[0].TrackID, rows[0].RejectReason = nil, new("no track id")
		return r.put(t, "me", rows)
	}
	notOurs := loading.Object{Name: "features/holiday.jpg", Generation: 1, Size: 4}
	empty := func(listener string) loading.Object {
		return loading.Object{Name: "plays/source=api/listener=" + listener + "/date=2026-06-24/20260624T120000Z-0a.ndjson.gz", Generation: 1}
	}
	everybody := []events.Loaded{{Listener: "me", Features: true}, {Listener: "you", Features: true}}
	tests := []struct {
		what    string
		objects []loading.Object
		always  []string
		want    []events.Loaded
	}{
		{what: "audio features", objects: []loading.Object{r.putFeatures(t, day(0), told("x", 100))}, want: everybody},
		{what: "two objects of them", objects: []loading.Object{r.putFeatures(t, day(1), told("x", 100)), r.putFeatures(t, day(1), told("y", 100))}, want: everybody},
		{what: "misses only", objects: []loading.Object{r.putFeatures(t, day(2), missed("m"))}, want: everybody},
		{what: "nothing that was not newer", objects: []loading.Object{r.putFeatures(t, day(-1), told("x", 100))}},
		{what: "what cannot be loaded", objects: []loading.Object{notOurs}},
		{what: "plays", objects: []loading.Object{three(0)}, want: []events.Loaded{{Listener: "me", Since: since(0)}}},
		{what: "two pages of plays", objects: []loading.Object{three(12), three(10), three(11)}, want: []events.Loaded{{Listener: "me", Since: since(10)}}},
		{what: "plays and audio features", objects: []loading.Object{r.putFeatures(t, day(20), told("x", 100)), three(20)},
			want: []events.Loaded{{Listener: "me", Since: since(20)}, {Listener: "you", Features: true}}},
		{what: "plays of an export", objects: []loading.Object{r.putExport(t, "me", 1, 50000)}, want: []events.Loaded{{Listener: "me", Since: &noon}}},
		{what: "plays that are known", objects: []loading.Object{r.putExport(t, "me", 2, 50000)}},
		{what: "plays that are known and audio features", objects: []loading.Object{r.putExport(t, "me", 3, 50000), r.putFeatures(t, day(21), told("x", 100))}, want: everybody},
		{what: "a page that cannot be read and audio features", objects: []loading.Object{unreadable(22), r.putFeatures(t, day(22), told("x", 100))},
			want: []events.Loaded{{Listener: "me"}, {Listener: "you", Features: true}}},
		{what: "a page that cannot be read and plays", objects: []loading.Object{three(23), unreadable(24), three(25)}, want: []events.Loaded{{Listener: "me"}}},
		{what: "an object that cannot be loaded, plays and audio features", objects: []loading.Object{three(26), empty("me"), r.putFeatures(t, day(26), told("x", 100))},
			want: []events.Loaded{{Listener: "me"}, {Listener: "you", Features: true}}},
		{what: "nothing, always", always: []string{"me"}, want: []events.Loaded{{Listener: "me"}}},
		{what: "plays, always", objects: []loading.Object{three(30)}, always: []string{"me", "you"}, want: []events.Loaded{{Listener: "me"}, {Listener: "you"}}},
		{what: "audio features, always", objects: []loading.Object{r.putFeatures(t, day(31), told("x", 100))}, always: []string{"me"},
			want: []events.Loaded{{Listener: "me"}, {Listener: "you", Features: true}}},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			r.messages.list = nil
			if _, err := r.Load(t.Context(), tt.objects, tt.always...); err != nil {
				t.Fatal(err)
			}
			got := r.messages.list
			slices.SortFunc(got, func(a, b events.Loaded) int { return strings.Compare(a.Listener, b.Listener) })
			if diff := cmp.Diff(tt.want, got, cmpopts.IgnoreFields(events.Loaded{}, "CommittedAt"), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("messages (-want +got):\n%s", diff)
			}
			if slices.ContainsFunc(got, func(m events.Loaded) bool { return m.CommittedAt.IsZero() }) {
				t.Errorf("a message does not say when: %+v", got)
			}
		})
	}
}
