package warehouse_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/warehouse"
)

var since = [3]time.Time{
	time.Date(2026, 6, 3, 0, 0, 0, 0, time.UTC), time.Date(2025, 12, 31, 0, 0, 0, 0, time.UTC), time.Date(2025, 7, 1, 0, 0, 0, 0, time.UTC),
}

// noRecent is after every play.
var noRecent = time.Date(2090, 1, 1, 0, 0, 0, 0, time.UTC)

func open(t *testing.T) (*warehouse.Warehouse, func(table string, rows ...row), func(text string) []string) {
	t.Helper()
	s := machinetest.Start(t, "you").Settings
	w, err := warehouse.Open(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	return w, func(table string, rows ...row) { t.Helper(); machinetest.Insert(t, s, table, rows...) },
		func(text string) []string { t.Helper(); return machinetest.Query(t, s, text) }
}

// ranking is what Ranking says, a line a row.
func ranking(t *testing.T, w *warehouse.Warehouse, kind string) (lines []string) {
	t.Helper()
	rows, err := w.Ranking(t.Context(), warehouse.Question{Listener: "me", TimeZone: "America/Los_Angeles", Since: since, RecentSince: noRecent})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if r.Kind == kind {
			lines = append(lines, fmt.Sprintf("%s %d %s%s%s %d× %d ms", r.Period, r.Rank, r.TrackID.StringVal, r.ArtistName.StringVal, r.Album.StringVal, r.Plays, r.MS))
		}
	}
	return lines
}

func TestPeriods(t *testing.T) {
	w, insert, _ := open(t)
	insert(warehouse.Plays,
		play("api", "2026-06-03T00:00:00.001Z", "a", row{"duration_ms": 1}), // just within four weeks
		play("api", "2026-06-03T00:00:00Z", "a", row{"duration_ms": 10}),    // just not
		play("api", "2026-01-01T07:59:59Z", "a", row{"duration_ms": 100}),   // the last second of 2025 in Los Angeles
		play("api", "2026-01-01T08:00:00Z", "a", row{"duration_ms": 1000}),  // the first of 2026
		play("api", "2025-06-01T00:00:00Z", "a", row{"duration_ms": 10000}),
		play("api", "2016-12-13T20:44:04.589Z", "a", row{"duration_ms": 100000}),
		play("api", "2026-06-10T00:00:00Z", "b", row{"duration_ms": 1, "listener": "you"}),
	)
	want := []string{"1y 1  4× 1111 ms", "2016 1  1× 100000 ms", "2025 1  2× 10100 ms", "2026 1  3× 1011 ms", "4w 1  1× 1 ms", "6m 1  4× 1111 ms", "all 1  6× 111111 ms"}
	if diff := cmp.Diff(want, ranking(t, w, warehouse.KindTotal)); diff != "" {
		t.Errorf("totals (-want +got):\n%s", diff)
	}
}

func TestTies(t *testing.T) {
	w, insert, _ := open(t)
	insert(warehouse.Plays,
		play("api", "2026-01-05T10:00:00Z", "most", row{"duration_ms": 1}), play("api", "2026-01-05T11:00:00Z", "most", row{"duration_ms": 1}),
		play("api", "2026-01-05T10:00:00Z", "longer", row{"duration_ms": 9}),
		play("api", "2026-01-05T12:00:00Z", "later", row{"duration_ms": 5}),
		play("api", "2026-01-05T11:00:00Z", "first-by-id", row{"duration_ms": 5}), play("api", "2026-01-05T11:00:00Z", "second-by-id", row{"duration_ms": 5}),
		play("api", "2026-01-05T11:00:00Z", "unknown", nil),
	)
	want := []string{"all 1 most 2× 2 ms", "all 2 longer 1× 9 ms", "all 3 later 1× 5 ms", "all 4 first-by-id 1× 5 ms", "all 5 second-by-id 1× 5 ms", "all 6 unknown 1× 0 ms"}
	var got []string
	for _, line := range ranking(t, w, warehouse.KindTrack) {
		if line[:3] == "all" {
			got = append(got, line)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tracks (-want +got):\n%s", diff)
	}
}

func TestArtistsAndAlbums(t *testing.T) {
	w, insert, _ := open(t)
	at := func(n int) string { return time.Date(2026, 6, 10, n, 0, 0, 0, time.UTC).Format(time.RFC3339) }
	insert(warehouse.Plays,
		play("api", at(1), "a", row{"artist_name": "X", "artists": "X, Y", "album": "One", "duration_ms": 1}),
		play("api", at(2), "b", row{"artist_name": "X", "artists": "X", "album": "Two", "duration_ms": 1}),
		play("api", at(3), "c", row{"artist_name": "Y", "artists": "Y", "album": "One", "duration_ms": 1}),
		play("api", at(4), "d", nil), // of nobody, on nothing
		play("api", at(5), "d", nil),
	)
	if diff := cmp.Diff([]string{"all 1 X 2× 2 ms", "all 2 Y 1× 1 ms"}, only("all", ranking(t, w, warehouse.KindArtist))); diff != "" {
		t.Errorf("artists (-want +got):\n%s", diff)
	}
	// Two artists' albums of one name are two albums.
	if diff := cmp.Diff([]string{"all 1 YOne 1× 1 ms", "all 2 XTwo 1× 1 ms", "all 3 XOne 1× 1 ms"}, only("all", ranking(t, w, warehouse.KindAlbum))); diff != "" {
		t.Errorf("albums (-want +got):\n%s", diff)
	}
	rows, err := w.Ranking(t.Context(), warehouse.Question{Listener: "me", TimeZone: "UTC", Since: since, RecentSince: noRecent})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if r.Period == "all" && (r.Kind == warehouse.KindTotal && (r.Plays != 5 || r.Tracks != 4) || r.Kind == warehouse.KindArtist && r.Peers != 2) {
			t.Errorf("%+v", r)
		}
	}
}

func only(period string, lines []string) (kept []string) {
	for _, line := range lines {
		if line[:len(period)] == period {
			kept = append(kept, line)
		}
	}
	return kept
}

// Rows put straight into the table twice change no figure.
func TestDuplicateRows(t *testing.T) {
	w, insert, query := open(t)
	var rows []row
	for n := range 60 {
		at := time.Date(2026, 5, 1, n, 0, 0, 0, time.UTC)
		track := fmt.Sprint("track", n%7)
		rows = append(rows, play("api", at.Format(time.RFC3339), track, row{"track_name": track, "artist_name": "X", "album": "One", "duration_ms": 1000 * n}))
		if n%3 == 0 {
			rows = append(rows, play("export", at.Add(-time.Second).Format(time.RFC3339), track, row{"track_name": track, "ms_played": 900 * n}))
		}
	}
	figures := func() (all []string) {
		for _, view := range []string{"listens", "tracks", "listening_history"} {
			rows := query("SELECT * FROM spotify_insights." + view)
			slices.Sort(rows)
			all = append(all, rows...)
		}
		for _, kind := range []string{warehouse.KindTotal, warehouse.KindTrack, warehouse.KindArtist, warehouse.KindAlbum} {
			all = append(all, ranking(t, w, kind)...)
		}
		return all
	}
	insert(warehouse.Plays, rows...)
	before := figures()
	insert(warehouse.Plays, rows...)
	insert(warehouse.Plays, rows[:10]...)
	for _, r := range rows { // and once more, from objects that come later, telling something else
		worse := row{"object": "p", "ingested_at": "2025-01-01T00:00:00Z", "duration_ms": 99, "track_name": "another"}
		for column, value := range r {
			if _, told := worse[column]; !told {
				worse[column] = value
			}
		}
		insert(warehouse.Plays, worse)
	}
	if diff := cmp.Diff(before, figures()); diff != "" {
		t.Errorf("figures after rows came twice (-before +after):\n%s", diff)
	}
}

// Every play since recent_since is told by itself, with its track's name from wherever it is known.
func TestRecent(t *testing.T) {
	w, insert, _ := open(t)
	insert(warehouse.Plays,
		play("api", "2026-06-10T10:00:00Z", "a", nil),
		play("api", "2026-06-10T11:00:00Z", "a", nil),
		play("api", "2026-06-10T12:00:00Z", "b", row{"track_name": "B", "duration_ms": 7}),
		play("api", "2020-01-01T00:00:00Z", "a", row{"track_name": "A", "listener": "you"}),
		play("api", "2026-06-10T09:59:59Z", "c", nil),
	)
	rows, err := w.Ranking(t.Context(), warehouse.Question{Listener: "me", TimeZone: "UTC", Since: since, RecentSince: time.Date(2026, 6, 10, 10, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range rows {
		if strings.HasPrefix(r.Period, warehouse.PeriodRecent) {
			got = append(got, fmt.Sprintf("%s %s %s %d", r.LastPlayedAt.UTC().Format(time.TimeOnly), r.TrackID.StringVal, r.TrackName.StringVal, r.DurationMS.Int64))
		}
	}
	slices.Sort(got)
	if diff := cmp.Diff([]string{"10:00:00 a A 0", "11:00:00 a A 0", "12:00:00 b B 7"}, got); diff != "" {
		t.Errorf("recent plays (-want +got):\n%s", diff)
	}
}

func TestReplaceTopTen(t *testing.T) {
	w, _, query := open(t)
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	ranked := func(listener, track string, rank int) warehouse.Ranked {
		return warehouse.Ranked{Listener: listener, Period: "all", Rank: rank, TrackID: track, TimesPlayed: 1, LastPlayedAt: &at}
	}
	steps := []struct {
		listener string
		rows     []warehouse.Ranked
		want     []string
	}{
		{"me", []warehouse.Ranked{ranked("me", "a", 1), ranked("me", "b", 2)}, []string{"me | 1 | a", "me | 2 | b"}},
		{"you", []warehouse.Ranked{ranked("you", "z", 1)}, []string{"me | 1 | a", "me | 2 | b", "you | 1 | z"}},
		{"me", []warehouse.Ranked{ranked("me", "c", 1)}, []string{"me | 1 | c", "you | 1 | z"}},
		{"me", nil, []string{"you | 1 | z"}},
	}
	for n, step := range steps {
		if err := w.ReplaceTopTen(t.Context(), step.listener, step.rows); err != nil {
			t.Fatalf("step %d: %v", n, err)
		}
		if diff := cmp.Diff(step.want, query("SELECT listener, rank, track_id FROM spotify_insights.top_ten ORDER BY listener, rank")); diff != "" {
			t.Errorf("top_ten after step %d (-want +got):\n%s", n, diff)
		}
	}
}
