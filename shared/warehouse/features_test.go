package warehouse_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/audio"
	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/shared/objects"
	"spotify-insights.internal/shared/warehouse"
)

// features is a row of audio_features with what the table requires.
func features(track string, found bool, fetchedAt string, more row) row {
	r := row{"track_id": track, "found": found, "provider": "p", "fetched_at": fetchedAt, "object": "f"}
	for column, value := range more {
		r[column] = value
	}
	return r
}

func TestMissingFeatures(t *testing.T) {
	now := time.Date(2026, 6, 24, 12, 0, 0, 0, time.UTC)
	at := func(ago time.Duration) string { return now.Add(-ago).Format("2006-01-02T15:04:05.999Z") }
	const day = 24 * time.Hour
	api := func(track string) row { return play("api", "2026-06-01T10:00:00Z", track, nil) }
	export := func(track string, ms any) row {
		return play("export", "2026-06-01T10:00:00Z", track, row{"ms_played": ms})
	}
	tests := []struct {
		name  string
		since string // "": ever
		plays []row
		known []row
		want  []string
	}{
		{name: "nothing was played", known: []row{features("a", false, at(400*day), nil)}},
		{name: "plays of the API", plays: []row{api("a"), play("api", "2026-06-01T10:00:00Z", "b", row{"listener": "you", "duration_ms": 1})}, want: []string{"a", "b"}},
		{name: "plays of an export count from 30 s on", plays: []row{export("a", 30000), export("b", 29999), export("c", nil), export("d", 0)}, want: []string{"a"}},
		{name: "a short one beside one of the API", plays: []row{export("a", 1000), api("a")}, want: []string{"a"}},
		{name: "since a time", since: "2026-06-01T10:00:00Z", want: []string{"now"}, plays: []row{
			play("api", "2026-06-01T09:59:59.999Z", "before", nil), play("export", "2020-01-01T00:00:00Z", "before", row{"ms_played": 30000}), api("now")}},
		{name: "those played most come first, then by id", want: []string{"c", "a", "b"}, plays: []row{
			api("b"), api("a"), export("c", 30000), play("export", "2019-01-01T00:00:00Z", "c", row{"ms_played": 30000})}},
		{name: "only plays since a time make the order", since: "2026-06-01T00:00:00Z", want: []string{"a", "b"}, plays: []row{
			api("a"), api("b"), play("api", "2019-01-01T00:00:00Z", "b", nil)}},
		{name: "known ones are not missing", plays: []row{api("a"), api("b")}, want: []string{"b"},
			known: []row{features("a", true, at(1000*day), nil), features("c", false, at(1000*day), nil)}},
		{name: "a miss is, when it is old", plays: []row{api("late"), api("old"), api("just")}, want: []string{"old"}, known: []row{
			features("late", false, at(day), nil), features("old", false, at(90*day+time.Second), nil), features("just", false, at(90*day), nil)}},
		{name: "the newest row of a track counts, and one that has something before all", plays: []row{api("found"), api("missed"), api("old")}, want: []string{"old"}, known: []row{
			features("found", true, at(92*day), nil), features("found", false, at(91*day), nil),
			features("missed", false, at(92*day), nil), features("missed", false, at(day), nil),
			features("old", false, at(91*day), nil), features("old", false, at(92*day), nil)}},
		{name: "those nobody was asked for come before old misses", plays: []row{api("a"), api("old"), play("api", "2026-06-02T10:00:00Z", "old", nil), api("z")},
			want: []string{"a", "z", "old"}, known: []row{features("old", false, at(91*day), nil)}},
	}
	w, insert, query := open(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			query("DELETE FROM spotify_insights.plays WHERE TRUE")
			query("DELETE FROM spotify_insights.audio_features WHERE TRUE")
			insert(warehouse.Plays, tt.plays...)
			insert(warehouse.AudioFeatures, tt.known...)
			var since time.Time
			if tt.since != "" {
				var err error
				if since, err = time.Parse(time.RFC3339, tt.since); err != nil {
					t.Fatal(err)
				}
			}
			got, err := w.MissingFeatures(t.Context(), since, now)
			var ids []string
			for _, m := range got {
				if ids = append(ids, m.TrackID); m.Missed != (m.TrackID == "old") {
					t.Errorf("%s was missed before: %t", m.TrackID, m.Missed)
				}
			}
			if err != nil || !slices.Equal(ids, tt.want) {
				t.Errorf("missing are %q, %v; want %q", ids, err, tt.want)
			}
		})
	}
}

// shelf is a lake of objects of audio features and the warehouse they are merged into.
type shelf struct {
	t      *testing.T
	w      *warehouse.Warehouse
	bucket *objects.Bucket
	uri    string
	query  func(text string) []string
}

func newShelf(t *testing.T) *shelf {
	t.Helper()
	s := machinetest.Start(t).Settings
	w, err := warehouse.Open(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	bucket, err := objects.Open(t.Context(), s.LakeBucket)
	if err != nil {
		t.Fatal(err)
	}
	return &shelf{t, w, bucket, "gs://" + s.LakeBucket + "/", func(text string) []string { t.Helper(); return machinetest.Query(t, s, text) }}
}

// objectName is that of an object of audio features, in the order of n.
func objectName(n int) string { return fmt.Sprintf("features/date=2026-06-24/%04x.ndjson.gz", n) }

// put writes the nth object. The rows say so.
func (s *shelf) put(n int, rows ...audio.Row) {
	s.t.Helper()
	for i := range rows {
		rows[i].Object, rows[i].Index = objectName(n), i
	}
	content, err := lake.Encode(rows)
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.bucket.Create(s.t.Context(), objectName(n), lake.ContentType, content); err != nil {
		s.t.Fatal(err)
	}
}

// merge takes objects into the table in one job, and returns how many rows are there through each.
func (s *shelf) merge(numbers ...int) map[string]int64 {
	s.t.Helper()
	var uris []string
	for _, n := range numbers {
		uris = append(uris, s.uri+objectName(n))
	}
	stage, err := s.w.StageFeatures(s.t.Context(), uris)
	if err != nil {
		s.t.Fatal(err)
	}
	defer stage.Drop()
	if len(stage.Objects) != len(numbers) {
		s.t.Errorf("staged %+v", stage.Objects)
	}
	inserted, err := stage.Merge(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	return inserted
}

const everyFeature = "SELECT track_id, found, tempo, fetched_at, object FROM spotify_insights.audio_features ORDER BY 1, 2, 3, 4, 5"

// Of two rows of a track one that has something stays, then the newer, then that of the smaller object,
// then the first one there, in whatever order and however often the objects come.
func TestMergeFeatures(t *testing.T) {
	s := newShelf(t)
	at := func(hour int) time.Time { return time.Date(2026, 6, 24, hour, 0, 0, 0, time.UTC) }
	told := func(track string, hour int, tempo float64) audio.Row {
		return audio.Row{TrackID: track, Found: true, Provider: "p", FetchedAt: at(hour), Features: audio.Features{Tempo: &tempo}}
	}
	miss := func(track string, hour int) audio.Row {
		return audio.Row{TrackID: track, Provider: "q", FetchedAt: at(hour)}
	}
	s.put(0, told("a", 1, 100), told("b", 5, 101), told("c", 3, 102), told("d", 3, 103))
	s.put(1, told("a", 2, 110), told("b", 4, 111), told("c", 3, 112), miss("d", 3))
	s.put(2, miss("a", 1), miss("b", 6), told("c", 2, 122), miss("g", 6))
	s.put(3, told("e", 3, 130), told("e", 3, 131), miss("e", 3)) // one track thrice
	s.put(4, miss("g", 5), told("f", 2, 140), told("f", 3, 141), miss("f", 1))
	line := func(track string, found bool, tempo string, hour, object int) string {
		return fmt.Sprintf("%s | %v | %s | 2026-06-24T%02d:00:00Z | %s", track, found, tempo, hour, objectName(object))
	}
	want := []string{line("a", true, "110", 2, 1), line("b", true, "101", 5, 0), line("c", true, "102", 3, 0), line("d", true, "103", 3, 0),
		line("e", true, "130", 3, 3), line("f", true, "141", 3, 4),
		line("g", false, "<nil>", 6, 2)}
	wantInserted := map[string]int64{objectName(0): 3, objectName(1): 1, objectName(2): 1, objectName(3): 1, objectName(4): 1}
	orders := map[string][][]int{"forwards": {{0}, {1}, {2}, {3}, {4}}, "backwards": {{4}, {3}, {2}, {1}, {0}}, "together": {{0, 1, 2, 3, 4}}, "in pairs": {{2, 4}, {0, 3}, {1}}}
	random := rand.New(rand.NewPCG(7, 1))
	for n := range 2 { // and each of them twice
		var order [][]int
		for _, i := range random.Perm(10) {
			order = append(order, []int{i % 5})
		}
		orders[fmt.Sprint("shuffled ", n)] = order
	}
	for name, order := range orders {
		t.Run(name, func(t *testing.T) {
			s.query("DELETE FROM spotify_insights.audio_features WHERE TRUE")
			for _, numbers := range order {
				s.merge(numbers...)
			}
			for range 2 { // again changes nothing
				if diff := cmp.Diff(want, s.query(everyFeature)); diff != "" {
					t.Errorf("audio_features (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(wantInserted, s.merge(0, 1, 2, 3, 4)); diff != "" {
					t.Errorf("rows through each object (-want +got):\n%s", diff)
				}
			}
		})
	}
}

// Every value of a row arrives in its column.
func TestFeatureColumns(t *testing.T) {
	s := newShelf(t)
	at := time.Date(2026, 6, 24, 12, 0, 0, 123456000, time.UTC)
	s.put(0, audio.Row{TrackID: "a", Found: true, Provider: "p", FetchedAt: at, Refused: new("x"), Raw: new(`{"a":"ä\u0000"}`), Features: audio.Features{
		Danceability: new(0.5), Energy: new(0.25), Key: new(int64(7)), Loudness: new(-5.25), Mode: new(int64(1)), Speechiness: new(0.125), Acousticness: new(0.75),
		Instrumentalness: new(0.0), Liveness: new(1.0), Valence: new(0.0625), Tempo: new(120.5), TimeSignature: new(int64(4)),
	}}, audio.Row{TrackID: "b", Provider: "q", FetchedAt: at})
	if got := s.merge(0); got[objectName(0)] != 2 {
		t.Errorf("inserted %v", got)
	}
	const tail = "2026-06-24T12:00:00.123Z | features/date=2026-06-24/0000.ndjson.gz | 123456"
	want := []string{"a | true | p | 0.5 | 0.25 | 7 | -5.25 | 1 | 0.125 | 0.75 | 0 | 1 | 0.0625 | 120.5 | 4 | " + tail, "b | false | q" + strings.Repeat(" | <nil>", 12) + " | " + tail}
	if diff := cmp.Diff(want, s.query("SELECT *, MOD(UNIX_MICROS(fetched_at), 1000000) FROM spotify_insights.audio_features ORDER BY track_id")); diff != "" {
		t.Errorf("audio_features (-want +got):\n%s", diff)
	}
}
