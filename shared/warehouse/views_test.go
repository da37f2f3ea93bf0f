package warehouse_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"spotify-insights.internal/shared/warehouse"
)

func TestListeningHistory(t *testing.T) {
	r := newRig(t)
	r.insert(t, warehouse.Plays, play("api", "2026-01-01T10:00:00Z", "a", row{"track_name": "Song", "artists": "A, B", "duration_ms": 185900, "spotify_url": "https://open/a"}),
		play("api", "2026-01-01T10:00:00Z", "a", row{"ingested_at": "2026-01-02T00:00:00Z", "object": "p"}), play("api", "2026-01-01T11:00:00Z", "missed", nil))
	r.insert(t, warehouse.AudioFeatures,
		features("a", true, "2026-01-02T00:00:00Z", row{"danceability": 0.5, "energy": 0.25, "key": 7, "loudness": -5.25, "mode": 1, "speechiness": 0.125,
			"acousticness": 0.75, "instrumentalness": 0, "liveness": 1, "valence": 0.0625, "tempo": 120.5, "time_signature": 4}),
		features("a", false, "2026-01-03T00:00:00Z", nil), features("missed", false, "2026-01-03T00:00:00Z", nil))
	r.refresh(t)
	want := []string{
		"me | a | Song | A, B | 2026-01-01T10:00:00Z | 185900 | 3:05 | https://open/a | 2026-01-01T00:00:00Z | me-a-1767261600000 | " +
			"0.5 | 0.25 | 7 | -5.25 | 1 | 0.125 | 0.75 | 0 | 1 | 0.0625 | 120.5 | 4",
		"me | missed | <nil> | <nil> | 2026-01-01T11:00:00Z | <nil> | <nil> | <nil> | 2026-01-01T00:00:00Z | me-missed-1767265200000" + strings.Repeat(" | <nil>", 12),
	}
	if diff := cmp.Diff(want, r.query(t, "SELECT * FROM spotify_insights.listening_history ORDER BY played_at")); diff != "" {
		t.Errorf("listening_history (-want +got):\n%s", diff)
	}
}

// page is a page of the API: plays at hours of 2026-01-01, and its receipt.
type page struct {
	object string
	full   bool
	hours  string // oldest first
	more   row    // of the receipt
}

// A gap is where a full page begins and no other page goes on before it.
func TestGaps(t *testing.T) {
	const gap = "me 11 15"
	first, after := page{"1", true, "08 09 11", nil}, page{"2", true, "15 16", nil}
	imported := func(oldest, newest string, more row) row {
		return with(receipt("i", "import", row{"oldest": "2026-01-01T" + oldest + ":00:00Z", "newest": "2026-01-01T" + newest + ":00:00Z"}), more)
	}
	tests := []struct {
		name       string
		pages      []page
		imports    []row
		more       []row // of plays
		want, open []string
	}{
		{name: "the first page", pages: []page{first}},
		{name: "a full page that knows nothing", pages: []page{first, after}, want: []string{gap}, open: []string{gap}},
		{name: "the same page twice", pages: []page{first, after, after, first}, want: []string{gap}, open: []string{gap}},
		{name: "a page that is not full", pages: []page{first, {"2", false, "15 16", nil}}},
		{name: "a page that begins with the newest play before", pages: []page{first, {"2", true, "11 16", nil}}},
		{name: "a later page that goes back further", pages: []page{first, after, {"3", true, "11 15 16", nil}}},
		{name: "a later page that begins at the same play", pages: []page{first, after, {"3", true, "15 16 17", nil}}, want: []string{gap}, open: []string{gap}},
		{name: "a stale page", pages: []page{first, after, {"3", true, "09 11", nil}}, want: []string{gap}, open: []string{gap}},
		{name: "an export row at the time of a page", pages: []page{first, after}, want: []string{gap}, open: []string{gap},
			more: []row{play("export", "2026-01-01T12:00:00Z", "short", row{"ms_played": 1, "ingested_at": "2026-01-02T00:00:02Z"})}},
		{name: "two gaps", pages: []page{first, after, {"3", true, "20 21", nil}}, want: []string{gap, "me 16 20"}, open: []string{gap, "me 16 20"}},
		{name: "a receipt with an error", pages: []page{first, {"2", true, "15 16", row{"error": "x"}}}},
		{name: "an import that spans it", pages: []page{first, after}, imports: []row{imported("11", "15", nil)}, want: []string{gap}},
		{name: "imports that end within it", pages: []page{first, after}, want: []string{gap}, open: []string{gap},
			imports: []row{imported("01", "14", nil), imported("12", "20", nil)}},
		{name: "an import of another listener", pages: []page{first, after}, imports: []row{imported("01", "20", row{"listener": "you"})}, want: []string{gap}, open: []string{gap}},
		{name: "an import that failed", pages: []page{first, after}, imports: []row{imported("01", "20", row{"error": "x"})}, want: []string{gap}, open: []string{gap}},
		{name: "one object of an export", pages: []page{first, after}, imports: []row{imported("01", "20", row{"kind": "export"})}, want: []string{gap}, open: []string{gap}},
	}
	r := newRig(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r.clear(t, warehouse.Plays, warehouse.Loads)
			plays := slices.Clone(tt.more)
			receipts := slices.Clone(tt.imports)
			for _, p := range tt.pages {
				fetched := "2026-01-02T00:00:0" + p.object + "Z" // by it a page is known
				hours := strings.Fields(p.hours)
				at := func(hour string) string { return "2026-01-01T" + hour + ":00:00Z" }
				for _, hour := range hours {
					plays = append(plays, play("api", at(hour), "track"+hour, row{"object": p.object, "ingested_at": fetched}))
				}
				receipts = append(receipts, with(receipt(p.object, "api", row{"full_page": p.full, "oldest": at(hours[0]), "fetched_at": fetched}), p.more))
			}
			r.insert(t, warehouse.Plays, plays...)
			r.insert(t, warehouse.Loads, receipts...)
			r.refresh(t)
			short := func(lines []string) (list []string) {
				for _, line := range lines {
					list = append(list, strings.NewReplacer(" | 2026-01-01T", " ", ":00:00Z", "").Replace(line))
				}
				return list
			}
			if diff := cmp.Diff(tt.want, short(r.query(t, "SELECT listener, after, before FROM spotify_insights.gaps ORDER BY after"))); diff != "" {
				t.Errorf("gaps (-want +got):\n%s", diff)
			}
			gaps, err := r.OpenGaps(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var open []string
			for _, g := range gaps {
				open = append(open, g.Listener+g.After.UTC().Format(" 15")+g.Before.UTC().Format(" 15"))
			}
			if diff := cmp.Diff(tt.open, open); diff != "" {
				t.Errorf("open gaps (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLoadCounts(t *testing.T) {
	r := newRig(t)
	at := func(n int) string { return "2026-01-01T1" + string(rune('0'+n)) + ":00:00Z" }
	first := []row{play("api", at(0), "a", row{"object": "1"}), play("api", at(1), "b", row{"object": "1", "row_index": 1})}
	later := row{"object": "2", "ingested_at": "2026-01-02T00:00:00Z"}
	r.insert(t, warehouse.Plays, first...)
	r.insert(t, warehouse.Plays, first...) // the object was loaded twice
	r.insert(t, warehouse.Plays, play("api", at(1), "b", later), play("api", at(2), "c", with(row{"row_index": 1}, later)), play("api", at(2), "c", with(row{"row_index": 2}, later)),
		play("api", at(3), "d", with(row{"row_index": 3, "reject_reason": "no track", "item": "i"}, later)), play("export", at(1), "b", row{"object": "3"}))
	want := []string{"1 | 2 | 0", "2 | 1 | 2", "3 | 1 | 0"}
	if diff := cmp.Diff(want, r.query(t, "SELECT object, plays, duplicates FROM spotify_insights.load_counts ORDER BY object")); diff != "" {
		t.Errorf("load_counts (-want +got):\n%s", diff)
	}
}
