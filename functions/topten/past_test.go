package topten

import (
	"maps"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/settings"
	"spotify-insights.internal/shared/warehouse"
)

// load puts a row into the ledger that says that full pages from a time on were loaded at another.
func (r *rig) load(t *testing.T, object string, oldest, loaded time.Time) {
	t.Helper()
	const layout = "2006-01-02T15:04:05Z"
	machinetest.Insert(t, r.settings, warehouse.Loads, machinetest.Row{"object": object, "generation": 1, "kind": "api", "listener": "me",
		"rows_read": 50, "inserted": 50, "duplicates": 0, "rejected": 0, "not_music": 0, "full_page": true,
		"oldest": oldest.UTC().Format(layout), "newest": oldest.UTC().Format(layout), "loaded_at": loaded.UTC().Format(layout)})
}

// The past is summed once, and again whenever the sum no longer holds.
func TestPastIsSummedWhenItMust(t *testing.T) {
	r := newRig(t)
	now := time.Now()
	midYear := time.Date(now.Year()-3, 7, 1, 12, 0, 0, 0, time.UTC)
	long, lately := now.Sub(midYear), time.Hour
	r.play(t, "old", 3, long)
	r.play(t, "new", 2, lately)
	r.load(t, "1", now.Add(-long), now)
	r.load(t, "2", now.Add(-lately), now)
	summed := func(what string, want int) {
		t.Helper()
		r.handle(t, time.Now())
		if r.sums != want {
			t.Errorf("%s: the past was summed %d times, want %d", what, r.sums, want)
		}
	}
	counts := func(what string, all, year int64) {
		t.Helper()
		d := r.document(t)
		period := now.Add(-long - time.Minute).In(r.Listeners["me"].Zone).Format("2006")
		if got := d.Periods["all"].Totals.Plays; got != all {
			t.Errorf("%s: %d plays, want %d", what, got, all)
		}
		if p := d.Periods[period]; p == nil || p.Totals.Plays != year || p.TopTracks[0].TrackID != "old" {
			t.Errorf("%s: %s is %+v, want %d plays", what, period, p, year)
		}
	}
	summed("the first time", 1)
	counts("the first time", 5, 3)
	r.play(t, "new", 4, 30*time.Minute)
	r.load(t, "3", now.Add(-30*time.Minute), now)
	summed("new plays", 1)
	counts("new plays", 9, 3)
	r.play(t, "old", 1, long+time.Hour)
	r.load(t, "4", now.Add(-long), now.Add(time.Second))
	summed("old plays", 2)
	counts("old plays", 10, 4)
	summed("nothing", 2)
	auckland, err := time.LoadLocation("Pacific/Auckland")
	if err != nil {
		t.Fatal(err)
	}
	r.Listeners["me"] = settings.Listener{ID: "me", TimeZone: auckland.String(), Zone: auckland}
	summed("another time zone", 3)
	r.age(t, pastLife)
	summed("a day later", 4)
	counts("a day later", 10, 4)
	for i, table := range []string{"past_plays", "past_tracks"} {
		machinetest.Query(t, r.settings, "DELETE FROM spotify_insights."+table+" WHERE listener = 'me'")
		summed("without "+table, 5+i)
		counts("without "+table, 10, 4)
	}
}

// What comes to be known of the tracks of a year that is over is told there without summing the past again.
func TestKnownLater(t *testing.T) {
	r := newRig(t)
	now := time.Now()
	midYear := time.Date(now.Year()-3, 7, 1, 12, 0, 0, 0, time.UTC)
	year, long := midYear.Format("2006"), now.Sub(midYear)
	r.play(t, "old", 3, long)
	r.play(t, "bare", 1, long)
	r.play(t, "new", 2, time.Hour)
	r.load(t, "1", midYear, now)
	r.load(t, "2", now.Add(-time.Hour), now)
	features := func(track string, found bool, hour int, values machinetest.Row) {
		t.Helper()
		row := machinetest.Row{"track_id": track, "found": found, "provider": "p", "object": "f", "fetched_at": time.Date(2026, 1, 1, hour, 0, 0, 0, time.UTC)}
		maps.Copy(row, values)
		machinetest.Insert(t, r.settings, warehouse.AudioFeatures, row)
	}
	steps := []struct {
		what     string
		do       func()
		old      string // name, danceability, energy and valence
		coverage insights.Coverage
	}{
		{"nothing is known", func() {}, "Name of old | <nil> | <nil> | <nil>", insights.Coverage{Tracks: 3, Unasked: 3}},
		{"of a track nobody knows anything", func() { features("old", false, 1, nil) }, "Name of old | <nil> | <nil> | <nil>", insights.Coverage{Tracks: 3, Unasked: 2}},
		{"audio features", func() {
			features("old", true, 2, machinetest.Row{"danceability": 0.5, "energy": 0.25, "valence": 0.125})
		},
			"Name of old | 0.5 | 0.25 | 0.125", insights.Coverage{Tracks: 3, WithFeatures: 1, Unasked: 2}},
		{"audio features of another track", func() { features("new", true, 3, machinetest.Row{"energy": 0.75}) },
			"Name of old | 0.5 | 0.25 | 0.125", insights.Coverage{Tracks: 3, WithFeatures: 2, Unasked: 1}},
		{"other audio features", func() { features("old", true, 4, machinetest.Row{"energy": 0.75, "tempo": 99}) },
			"Name of old | <nil> | 0.75 | <nil>", insights.Coverage{Tracks: 3, WithFeatures: 2, Unasked: 1}},
		{"another name", func() {
			machinetest.Insert(t, r.settings, warehouse.Plays, machinetest.Row{"listener": "you", "source": "api", "track_id": "old", "track_name": "New name",
				"played_at": now.Add(-time.Minute).UTC().Format("2006-01-02T15:04:05Z"), "ingested_at": "2026-01-01T00:00:00Z", "object": "y"})
		}, "New name | <nil> | 0.75 | <nil>", insights.Coverage{Tracks: 3, WithFeatures: 2, Unasked: 1}},
	}
	for _, step := range steps {
		step.do()
		r.handle(t, time.Now())
		if r.sums != 1 {
			t.Errorf("%s: the past was summed %d times", step.what, r.sums)
		}
		want := []string{"1 | old | " + step.old + " | 3", "2 | bare | Name of bare | <nil> | <nil> | <nil> | 1"}
		got := machinetest.Query(t, r.settings, "SELECT rank, track_id, track_name, danceability, energy, valence, times_played FROM spotify_insights.top_ten "+
			"WHERE listener = 'me' AND period = '"+year+"' ORDER BY rank")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: top_ten of %s (-want +got):\n%s", step.what, year, diff)
		}
		d := r.document(t)
		if d.Past.Until.Year() <= midYear.Year() {
			t.Fatalf("%s: the past ends at %v, within %s", step.what, d.Past.Until, year)
		}
		if d.Coverage != step.coverage {
			t.Errorf("%s: covered are %+v, want %+v", step.what, d.Coverage, step.coverage)
		}
		all := d.Periods[insights.PeriodAll].TopTracks
		if len(all) != 3 || all[0].TrackID != "old" {
			t.Fatalf("%s: all tracks are %+v", step.what, all)
		}
		counted := d.Periods[year].TopTracks[0] // which differs from that of all time in its count alone
		if counted.Count = all[0].Count; !cmp.Equal(counted, all[0]) {
			t.Errorf("%s: %s", step.what, cmp.Diff(all[0], counted))
		}
	}
}

// Two rows of one play on both sides of where the past ends are one play, whichever was loaded first.
func TestTwinBesideThePast(t *testing.T) {
	r := newRig(t)
	r.play(t, "new", 2, time.Hour)
	r.load(t, "1", time.Now().Add(-time.Hour), time.Now())
	r.handle(t, time.Now())
	until := r.document(t).Past.Until
	twin := func(source, object string, at time.Time) {
		t.Helper()
		machinetest.Insert(t, r.settings, warehouse.Plays, machinetest.Row{"listener": "me", "source": source, "track_id": "twin", "ms_played": 60000,
			"played_at": at.Format("2006-01-02T15:04:05Z"), "ingested_at": "2026-01-01T00:00:00Z", "object": object})
		r.load(t, object, at, time.Now())
		r.handle(t, time.Now())
	}
	twin("api", "2", until.Add(-2*time.Second))
	twin("export", "3", until.Add(2*time.Second))
	if n := r.document(t).Periods["all"].Totals.Plays; n != 3 {
		t.Errorf("%d plays, want 3", n)
	}
}

// A document from before there were sums, or whose past reaches into what is shown, is no obstacle.
func TestPastBeyondTheWindows(t *testing.T) {
	r := newRig(t)
	r.play(t, "old", 1, 3*365*24*time.Hour)
	r.play(t, "new", 1, time.Hour)
	r.handle(t, time.Now())
	d := r.document(t)
	d.Past = insights.Past{Until: time.Now().Add(-time.Minute), SummedAt: time.Now(), TimeZone: r.Listeners["me"].TimeZone}
	if err := r.documents.WriteJSON(t.Context(), insights.DocumentName("me"), d, r.generation(t)); err != nil {
		t.Fatal(err)
	}
	r.handle(t, time.Now().Add(time.Second))
	if d := r.document(t); d.Periods["4w"].Totals.Plays != 1 || d.Periods["all"].Totals.Plays != 2 {
		t.Errorf("counted %+v in four weeks and %+v in all", d.Periods["4w"].Totals, d.Periods["all"].Totals)
	}
}

func (r *rig) generation(t *testing.T) int64 {
	t.Helper()
	var d insights.Document
	generation, err := r.documents.ReadJSON(t.Context(), insights.DocumentName("me"), &d)
	if err != nil {
		t.Fatal(err)
	}
	return generation
}

// age makes the sum of the past older.
func (r *rig) age(t *testing.T, by time.Duration) {
	t.Helper()
	d := r.document(t)
	d.Past.SummedAt = d.Past.SummedAt.Add(-by)
	if err := r.documents.WriteJSON(t.Context(), insights.DocumentName("me"), d, r.generation(t)); err != nil {
		t.Fatal(err)
	}
}
