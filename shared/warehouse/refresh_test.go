package warehouse_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/warehouse"
)

// The rules of a listen at their limits. Every case is a listener.
func testListens(t *testing.T, r *rig) {
	const day = "2026-01-01T"
	api := func(at string, more row) row { return play("api", day+at+"Z", "a", more) }
	export := func(at string, ms any) row { return play("export", day+at+"Z", "a", row{"ms_played": ms}) }
	length := func(ms int) row { return row{"duration_ms": ms} }
	tests := []struct {
		name string
		rows []row
		want string // time, track, ms_played, ms_measured, told_by
	}{
		{"unknown length", []row{api("10:00:00", nil)}, "10:00:00Z a <nil> false api"},
		{"at most the time since the previous listen", []row{api("10:00:00", nil), api("10:01:00", length(90000)), api("10:02:30", length(90000))},
			"10:00:00Z a <nil> false api, 10:01:00Z a 60000 false api, 10:02:30Z a 90000 false api"},
		{"two listens at one instant", []row{api("10:00:00", nil), api("10:01:00", length(90000)), api("10:01:00", with(length(50000), row{"track_id": "b"}))},
			"10:00:00Z a <nil> false api, 10:01:00Z a 60000 false api, 10:01:00Z b 50000 false api"},
		{"a length of a day and more", []row{api("10:00:00", length(86_400_000)), api("11:00:00", with(length(86_400_001), row{"track_id": "b"}))},
			"10:00:00Z a 86400000 false api, 11:00:00Z b <nil> false api"},
		{"an export play of 30 s and less", []row{export("10:00:00", 30000), export("11:00:00", 29999), export("12:00:00", nil)}, "10:00:00Z a 30000 true export"},
		{"a short export play gives its time to the API play", []row{api("10:00:00.5", nil), export("10:00:00", 29999)}, "10:00:00.5Z a 29999 true both"},
		{"plays of both sources within 5 s and more", []row{api("10:00:05", nil), export("10:00:00", 60000), api("11:00:05.001", nil), export("11:00:00", 60000)},
			"10:00:00Z a 60000 true both, 11:00:00Z a 60000 true export, 11:00:05.001Z a <nil> false api"},
		{"equal keys", []row{export("10:00:00", 40000), export("10:00:00", 60000), export("10:00:00", nil)}, "10:00:00Z a 60000 true export"},
		{"repeats within 1 s and more", []row{api("10:00:00", nil), api("10:00:01", nil), api("10:00:01.9", nil), api("10:00:02.901", nil)},
			"10:00:00Z a <nil> false api, 10:00:02.901Z a <nil> false api"},
		{"a rejected row", []row{api("10:00:00", row{"reject_reason": "no track", "item": "i"})}, ""},
	}
	var rows []row
	var listeners []string
	for n, tt := range tests {
		listeners = append(listeners, fmt.Sprint("case", n))
		for _, one := range tt.rows {
			rows = append(rows, with(one, row{"listener": listeners[n]}))
		}
	}
	r.insert(t, warehouse.Plays, rows...)
	r.refresh(t, listeners...)
	for n, tt := range tests {
		lines := r.Query(t, "SELECT played_at, track_id, ms_played, ms_measured, told_by FROM spotify_insights.listens WHERE listener = 'case%d' ORDER BY 1, 2", n)
		if got := strings.NewReplacer(" | ", " ", day, "").Replace(strings.Join(lines, ", ")); got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, got, tt.want)
		}
	}
}

// Of all plays of a track one has the greatest precedence. Every case is a track, whose right name is N.
func testTracks(t *testing.T, r *rig) {
	whole := func(name string) row {
		return row{"track_name": name, "artist_name": "A", "album": "B", "duration_ms": 1000}
	}
	const early, late = "2026-01-10T00:00:00Z", "2026-02-10T00:00:00Z"
	api := func(at string, columns, more row) row { return play("api", at, "", with(columns, more)) }
	export := func(at string, columns, more row) row {
		return play("export", at, "", with(with(row{"ms_played": 30000}, columns), more))
	}
	tests := []struct {
		name string
		rows []row
	}{
		{"a name", []row{api(early, row{"track_name": "N"}, nil), api(late, whole("N"), row{"track_name": nil})}},
		{"a complete row", []row{export(early, whole("N"), nil), api(late, row{"track_name": "M"}, nil)}},
		{"the API", []row{api(early, whole("N"), nil), export(late, whole("M"), nil)}},
		{"the later play", []row{api(early, whole("M"), nil), api(late, whole("N"), nil)}},
		{"the later fetch", []row{api(late, whole("M"), row{"row_index": 7}), api(late, whole("N"), row{"ingested_at": "2026-01-01T00:00:01Z"})}},
		{"the greater listener", []row{api(late, whole("M"), row{"row_index": 7}), api(late, whole("N"), row{"listener": "you"})}},
		{"the greater row index", []row{api(late, whole("N"), row{"row_index": 10}), api(late, whole("M"), row{"row_index": 9})}},
		{"the greater file", []row{export(late, whole("N"), row{"file": "b"}), export(late, whole("M"), row{"file": "a"})}},
		{"a play that counts", []row{export(early, whole("N"), nil), export(late, whole("M"), row{"ms_played": 29999})}},
		{"a row that is a play", []row{api(early, whole("N"), nil), api(late, whole("M"), row{"reject_reason": "local file", "item": "i"})}},
	}
	var rows []row
	var want []string
	for _, tt := range tests {
		want = append(want, tt.name+" | N")
		for _, one := range tt.rows {
			rows = append(rows, with(one, row{"track_id": tt.name}))
		}
	}
	r.insert(t, warehouse.Plays, rows...)
	r.refresh(t)
	got := r.Query(t, "SELECT track_id, track_name FROM spotify_insights.tracks")
	if diff := cmp.Diff(want, got, sorted); diff != "" {
		t.Errorf("tracks (-want +got):\n%s", diff)
	}
}

// page is an API page: plays at hours of 2026-01-01, and its receipt.
type page struct {
	fetched int // second
	full    bool
	hours   string // oldest first
	more    row    // of the receipt
}

// A gap is where a full page begins and no other page with the same play goes back further. Every case is a listener.
func testGaps(t *testing.T, r *rig) {
	first, after := page{1, true, "08 09 11", nil}, page{2, true, "15 16", nil}
	at := func(hour string) string { return "2026-01-01T" + hour + ":00:00Z" }
	imported := func(oldest, newest string, more row) row {
		return with(receipt("i/manifest.json", "import", row{"oldest": at(oldest), "newest": at(newest), "rows_read": 5}), more)
	}
	part := func(object string, rows int, more row) row {
		return with(receipt(object, "export", row{"rows_read": rows}), more)
	}
	tests := []struct {
		name       string
		pages      []page
		more       []row // of plays
		imports    []row
		want, open string
	}{
		{name: "the first page", pages: []page{first}},
		{name: "a full page of new plays, loaded twice", pages: []page{first, after, after}, want: "11-15", open: "11-15"},
		{name: "a page that is not full", pages: []page{first, {2, false, "15 16", nil}}},
		{name: "a page that begins with an existing play", pages: []page{first, {2, true, "11 16", nil}}},
		{name: "a later page that goes back further", pages: []page{first, after, {3, true, "11 15 16", nil}}},
		{name: "a later page that goes back further, with the play moved", pages: []page{first, after, {3, true, "11 16", nil}},
			more: []row{play("api", "2026-01-01T15:00:00.5Z", "track15", row{"ingested_at": "2026-01-02T00:00:03Z"})}},
		{name: "a later page that begins at the same play", pages: []page{first, after, {3, true, "15 16 17", nil}}, want: "11-15", open: "11-15"},
		{name: "a stale page", pages: []page{first, after, {3, true, "09 11", nil}}, want: "11-15", open: "11-15"},
		{name: "an export play that was imported when a page was fetched", pages: []page{first, after}, want: "11-15", open: "11-15",
			more: []row{play("export", at("12"), "short", row{"ms_played": 1, "ingested_at": "2026-01-02T00:00:02Z"})}},
		{name: "two gaps", pages: []page{first, after, {3, true, "20 21", nil}}, want: "11-15 16-20", open: "11-15 16-20"},
		{name: "a receipt with an error", pages: []page{first, {2, true, "15 16", row{"error": "x"}}}},
		{name: "an import that spans it, of which objects were loaded twice", pages: []page{first, after, {3, true, "20 21", nil}}, imports: []row{
			imported("11", "15", nil), imported("11", "15", nil), part("i/1", 2, nil), part("i/2", 3, nil), part("i/2", 3, nil), part("j/1", 9, nil)}, want: "11-15 16-20", open: "16-20"},
		{name: "two imports that span it", pages: []page{first, after}, imports: []row{
			imported("10", "15", nil), part("i/1", 5, nil), imported("11", "20", row{"object": "j/manifest.json"}), part("j/1", 5, nil)}, want: "11-15"},
		{name: "an import of which an object is not loaded", pages: []page{first, after}, imports: []row{
			imported("11", "15", nil), part("i/1", 2, nil), part("i/2", 3, row{"error": "x"}), part("j/2", 3, nil)}, want: "11-15", open: "11-15"},
		{name: "an import with a file that could not be read", pages: []page{first, after}, imports: []row{
			imported("11", "15", row{"oldest": nil, "newest": nil}), part("i/1", 5, nil)}, want: "11-15", open: "11-15"},
		{name: "an import of another listener", pages: []page{first, after}, want: "11-15", open: "11-15", imports: []row{
			imported("11", "15", row{"object": "other/manifest.json"}), part("other/1", 5, row{"listener": "you"})}},
		{name: "imports that do not span it", pages: []page{first, after}, want: "11-15", open: "11-15", imports: []row{
			imported("01", "14", nil), part("i/1", 5, nil), imported("12", "20", row{"object": "j/manifest.json"}), part("j/1", 5, nil),
			imported("01", "20", row{"object": "k/manifest.json", "error": "x"}), part("k/1", 5, nil), imported("01", "20", row{"object": "l/1", "kind": "export"})}},
	}
	var plays, receipts []row
	var listeners []string
	for n, tt := range tests {
		own := row{"listener": fmt.Sprintf("case%02d", n)}
		listeners = append(listeners, own["listener"].(string))
		for _, p := range tt.pages {
			fetched, hours := fmt.Sprintf("2026-01-02T00:00:%02dZ", p.fetched), strings.Fields(p.hours)
			for _, hour := range hours {
				plays = append(plays, with(play("api", at(hour), "track"+hour, row{"ingested_at": fetched}), own))
			}
			receipts = append(receipts, with(with(receipt("o", "api", row{"full_page": p.full, "oldest": at(hours[0]), "fetched_at": fetched}), p.more), own))
		}
		for _, one := range tt.more {
			plays = append(plays, with(one, own))
		}
		for _, one := range tt.imports {
			if one["listener"] == "me" {
				one = with(one, own)
			}
			receipts = append(receipts, one)
		}
	}
	r.insert(t, warehouse.Plays, plays...)
	r.insert(t, warehouse.Loads, receipts...)
	r.refresh(t, listeners...)
	gaps, err := r.Warehouse.Gaps(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	short := strings.NewReplacer("2026-01-01T", "", ":00:00Z", "", " | ", "-")
	for n, tt := range tests {
		lines := r.Query(t, "SELECT after, before FROM spotify_insights.gaps WHERE listener = '%s' ORDER BY after", listeners[n])
		if got := short.Replace(strings.Join(lines, " ")); got != tt.want {
			t.Errorf("%s: the gaps are %q, want %q", tt.name, got, tt.want)
		}
		hours := func(gaps []insights.Gap) string {
			var list []string
			for _, g := range gaps {
				list = append(list, g.After.Format("15-")+g.Before.Format("15"))
			}
			return strings.Join(list, " ")
		}
		g := gaps[listeners[n]]
		if got := hours(g.Open); got != tt.open || len(g.Open)+len(g.Closed) != len(lines) {
			t.Errorf("%s: the open gaps are %q, want %q, and the closed ones %q of %q", tt.name, got, tt.open, hours(g.Closed), lines)
		}
		view := r.Query(t, "SELECT after, before FROM spotify_insights.open_gaps WHERE listener = '%s' ORDER BY after", listeners[n])
		if got := short.Replace(strings.Join(view, " ")); got != tt.open {
			t.Errorf("%s: the view open_gaps is %q, want %q", tt.name, got, tt.open)
		}
	}
}
