package warehouse_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"spotify-insights.internal/shared/warehouse"
)

// What makes a listen, rule by rule. The property test compares all rules together with plain Go.
func TestListens(t *testing.T) {
	const day = "2026-01-01T"
	api := func(at string, more row) row { return play("api", day+at+"Z", "a", more) }
	export := func(at string, ms any) row { return play("export", day+at+"Z", "a", row{"ms_played": ms}) }
	length := func(ms int) row { return row{"duration_ms": ms} }
	tests := []struct {
		name string
		rows []row
		want []string // time, track, ms_played, ms_measured, told_by
	}{
		{"an API play of unknown length", []row{api("10:00:00", nil)}, []string{"10:00:00Z a <nil> false api"}},
		{"an API play counts its track's length", []row{api("10:00:00", length(90000))}, []string{"10:00:00Z a 90000 false api"}},
		{"at most the time since the listen before", []row{api("10:00:00", nil), api("10:01:00", length(90000)), api("10:02:30", length(90000))},
			[]string{"10:00:00Z a <nil> false api", "10:01:00Z a 60000 false api", "10:02:30Z a 90000 false api"}},
		{"two listens at one instant both take the time since the one before", []row{api("10:00:00", nil), api("10:01:00", length(90000)), api("10:01:00", with(length(50000), row{"track_id": "b"}))},
			[]string{"10:00:00Z a <nil> false api", "10:01:00Z a 60000 false api", "10:01:00Z b 50000 false api"}},
		{"a length of more than a day", []row{api("10:00:00", length(86_400_001))}, []string{"10:00:00Z a <nil> false api"}},
		{"an export play of 30 s", []row{export("10:00:00", 30000)}, []string{"10:00:00Z a 30000 true export"}},
		{"an export play below 30 s", []row{export("10:00:00", 29999)}, nil},
		{"an export play without a time", []row{export("10:00:00", nil)}, nil},
		{"rows of both sources are one listen, the export's", []row{api("10:00:04.999", length(90000)), export("10:00:00", 60000)}, []string{"10:00:00Z a 60000 true both"}},
		{"a short export row gives its time to the API row", []row{api("10:00:00.5", nil), export("10:00:00", 12000)}, []string{"10:00:00.5Z a 12000 true both"}},
		{"five seconds are one listen, more are two", []row{
			api("10:00:05", nil), export("10:00:00", 60000), api("11:00:05.001", nil), export("11:00:00", 60000),
		}, []string{"10:00:00Z a 60000 true both", "11:00:00Z a 60000 true export", "11:00:05.001Z a <nil> false api"}},
		{"another track or listener", []row{
			api("10:00:00", nil), play("export", day+"10:00:00Z", "b", row{"ms_played": 60000}), play("export", day+"10:00:00Z", "a", row{"ms_played": 60000, "listener": "you"}),
		}, []string{"10:00:00Z a <nil> false api", "10:00:00Z b 60000 true export"}},
		{"a key twice counts once, with the largest values", []row{export("10:00:00", 40000), export("10:00:00", 60000), export("10:00:00", nil)},
			[]string{"10:00:00Z a 60000 true export"}},
		{"a chain of repeats is its first", []row{api("10:00:00", nil), api("10:00:01", nil), api("10:00:01.9", nil), api("10:00:02.901", nil)},
			[]string{"10:00:00Z a <nil> false api", "10:00:02.901Z a <nil> false api"}},
		{"a play after more than a second is no repeat", []row{api("10:00:00", nil), api("10:00:01.001", nil)},
			[]string{"10:00:00Z a <nil> false api", "10:00:01.001Z a <nil> false api"}},
		{"a row that is not a play", []row{api("10:00:00", row{"reject_reason": "no track", "item": "i"})}, nil},
	}
	r := newRig(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r.clear(t, warehouse.Plays)
			r.insert(t, warehouse.Plays, tt.rows...)
			r.refresh(t)
			var got []string
			for _, line := range r.query(t, "SELECT played_at, track_id, ms_played, ms_measured, told_by FROM spotify_insights.listens ORDER BY 1, 2") {
				got = append(got, strings.TrimPrefix(strings.ReplaceAll(line, " | ", " "), day))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("listens (-want +got):\n%s", diff)
			}
		})
	}
}

// A refresh from a month replaces that listener's listens since then, and sees the rows just before.
func TestRefreshFromMonth(t *testing.T) {
	r := newRig(t)
	r.insert(t, warehouse.Listens, listen("2026-01-10T00:00:00Z", "stays", nil), listen("2026-01-31T23:59:58Z", "twin", nil),
		listen("2026-02-10T00:00:00Z", "goes", nil), listen("2026-02-10T00:00:00Z", "stays", row{"listener": "you"}))
	r.insert(t, warehouse.Plays, play("export", "2026-01-31T23:59:58Z", "twin", row{"ms_played": 40000}), play("api", "2026-02-01T00:00:01Z", "twin", nil),
		play("api", "2026-02-01T00:01:00Z", "new", row{"duration_ms": 180000}), play("api", "2026-02-01T00:00:30Z", "new", row{"listener": "you"}))
	if err := r.RefreshListens(t.Context(), []string{"me"}, utc("2026-02-01T00:00:00Z")); err != nil {
		t.Fatal(err)
	}
	want := []string{"me | 2026-01-10T00:00:00Z | stays | <nil>", "me | 2026-01-31T23:59:58Z | twin | <nil>", "me | 2026-02-01T00:01:00Z | new | 62000",
		"you | 2026-02-10T00:00:00Z | stays | <nil>"}
	if diff := cmp.Diff(want, r.query(t, "SELECT listener, played_at, track_id, ms_played FROM spotify_insights.listens ORDER BY 1, 2, 3")); diff != "" {
		t.Errorf("listens (-want +got):\n%s", diff)
	}
}

// Of all rows of a track one row wins, whichever month is refreshed last.
func TestTracks(t *testing.T) {
	whole := func(name string) row {
		return row{"track_name": name, "artist_name": "A", "album": "B", "duration_ms": 1000}
	}
	export := func(more row) row { return with(more, row{"ms_played": 30000}) }
	const early, late = "2026-01-10T00:00:00Z", "2026-02-10T00:00:00Z"
	tests := []struct {
		name string
		rows []row
		want string // the name
	}{
		{"a row with a name", []row{play("api", early, "a", row{"track_name": "N"}), play("api", late, "a", row{"artist_name": "A", "album": "B", "duration_ms": 1})}, "N"},
		{"a complete row", []row{play("export", early, "a", export(whole("N"))), play("api", late, "a", row{"track_name": "M"})}, "N"},
		{"a row of the API", []row{play("api", early, "a", whole("N")), play("export", late, "a", export(whole("M")))}, "N"},
		{"the later play", []row{play("api", early, "a", whole("M")), play("api", late, "a", whole("N"))}, "N"},
		{"the later fetch", []row{play("api", late, "a", with(whole("M"), row{"row_index": 7, "object": "p"})), play("api", late, "a", with(whole("N"), row{"ingested_at": "2026-01-01T00:00:01Z"}))}, "N"},
		{"the greater listener", []row{play("api", late, "a", with(whole("M"), row{"row_index": 7})), play("api", late, "a", with(whole("N"), row{"listener": "you"}))}, "N"},
		{"the greater place", []row{play("api", late, "a", with(whole("N"), row{"row_index": 10})), play("api", late, "a", with(whole("M"), row{"row_index": 9}))}, "N"},
		{"the greater file", []row{play("export", late, "a", export(with(whole("N"), row{"file": "b"}))), play("export", late, "a", export(with(whole("M"), row{"file": "a"})))}, "N"},
		{"no name anywhere", []row{play("api", late, "a", nil)}, "<nil>"},
		{"a short row of an export", []row{play("export", late, "a", with(whole("M"), row{"ms_played": 29999}))}, ""},
		{"a row that is not a play", []row{play("api", late, "a", with(whole("M"), row{"reject_reason": "local file", "item": "i"}))}, ""},
	}
	r := newRig(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			names := func() string {
				return strings.Join(r.query(t, "SELECT track_name FROM spotify_insights.tracks ORDER BY track_id"), ",")
			}
			r.clear(t, warehouse.Plays)
			r.insert(t, warehouse.Plays, tt.rows...)
			r.refresh(t) // drops the tracks of the case before
			if got := names(); got != tt.want {
				t.Errorf("after a rebuild the name is %q, want %q", got, tt.want)
			}
			slices.Reverse(tt.rows)
			r.clear(t, warehouse.Plays, warehouse.Tracks)
			for _, one := range tt.rows { // one by one, the later first
				r.insert(t, warehouse.Plays, one)
				month := utc(one["played_at"].(string)[:8] + "01T00:00:00Z")
				if err := r.RefreshTracks(t.Context(), month); err != nil {
					t.Fatal(err)
				}
			}
			if got := names(); got != tt.want {
				t.Errorf("after refreshes of months the name is %q, want %q", got, tt.want)
			}
		})
	}
}

func TestTopTen(t *testing.T) {
	r := newRig(t)
	ms := func(n int) row { return row{"ms_played": n} }
	r.insert(t, warehouse.Listens,
		listen("2026-01-01T00:00:00Z", "most", nil), listen("2026-01-02T00:00:00Z", "most", nil),
		listen("2026-01-03T00:00:00Z", "longer", ms(90000)), listen("2026-01-05T00:00:00Z", "later", ms(60000)), listen("2026-01-04T00:00:00Z", "same-b", ms(60000)),
		listen("2026-01-04T00:00:00Z", "same-a", ms(60000)), listen("2026-02-01T00:00:00Z", "outside", nil), listen("2026-01-01T00:00:00Z", "theirs", row{"listener": "you"}))
	for _, track := range strings.Fields("r1 r2 r3 r4 r5 r6 r7") {
		r.insert(t, warehouse.Listens, listen("2025-12-31T23:59:59Z", "before", nil), listen("2026-01-01T00:00:00Z", track, nil))
	}
	r.insert(t, warehouse.Tracks, row{"track_id": "most", "track_name": "Name", "artists": "A, B", "spotify_url": "u", "image_url": "i", "precedence": 1})
	r.insert(t, warehouse.AudioFeatures, features("most", true, "2026-01-01T00:00:00Z", row{"danceability": 0.5, "energy": 0.25, "valence": 1}))
	r.insert(t, warehouse.TopTen, row{"listener": "gone", "period": "all", "rank": 1, "track_id": "a", "times_played": 1, "minutes_played": 1, "last_played_at": "2026-01-01T00:00:00Z"})
	january := warehouse.Period{Listener: "me", Name: "2026", Since: utc("2026-01-01T00:00:00Z"), Until: utc("2026-02-01T00:00:00Z")}
	for range 2 { // again changes nothing
		if err := r.RebuildTopTen(t.Context(), []warehouse.Period{january}); err != nil {
			t.Fatal(err)
		}
		want := []string{"1 most 2", "2 longer 1", "3 later 1", "4 same-a 1", "5 same-b 1", "6 r1 1", "7 r2 1", "8 r3 1", "9 r4 1", "10 r5 1"}
		var got []string
		for _, line := range r.query(t, "SELECT rank, track_id, times_played FROM spotify_insights.top_ten ORDER BY listener, rank") {
			got = append(got, strings.ReplaceAll(line, " | ", " "))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("top_ten (-want +got):\n%s", diff)
		}
	}
	if got := r.query(t, "SELECT * FROM spotify_insights.top_ten WHERE rank = 1")[0]; got != "me | 2026 | 1 | most | Name | A, B | 2 | 0 | 2026-01-02T00:00:00Z | u | i | 0.5 | 0.25 | 1" {
		t.Errorf("the first row is %s", got)
	}
}
