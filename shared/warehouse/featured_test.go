package warehouse_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/bigquery"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/api/iterator"

	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/warehouse"
)

// What the seed's table had is in the view, under its names and in its order, with audio features where
// the newest row on a track has any.
func TestListeningHistoryOfFeatures(t *testing.T) {
	s := machinetest.Start(t).Settings
	tracks, plays := []string{"told", "missed", "kept", "again", "unasked"}, []row{}
	for n, track := range tracks {
		plays = append(plays, play("api", fmt.Sprintf("2026-01-01T1%d:00:00Z", n), track, row{"track_name": "Song", "artists": "A, B", "duration_ms": 61000, "spotify_url": "https://open/" + track}))
	}
	values := row{"danceability": 0.5, "energy": 0.25, "key": 7, "loudness": -5.25, "mode": 1, "speechiness": 0.125, "acousticness": 0.75, "instrumentalness": 0,
		"liveness": 1, "valence": 0.0625, "tempo": 120.5, "time_signature": 4}
	machinetest.Insert(t, s, warehouse.Plays, plays...)
	machinetest.Insert(t, s, warehouse.AudioFeatures,
		features("told", true, "2026-01-02T00:00:00Z", values), features("missed", false, "2026-01-02T00:00:00Z", nil),
		features("kept", true, "2026-01-02T00:00:00Z", values), features("kept", false, "2026-01-03T00:00:00Z", nil),
		features("again", false, "2026-01-02T00:00:00Z", nil), features("again", true, "2026-01-03T00:00:00Z", row{"key": 0, "tempo": 99.5}),
		features("unplayed", true, "2026-01-02T00:00:00Z", values))
	it := machinetest.Ask(t, s, "SELECT * FROM spotify_insights.listening_history ORDER BY played_at")
	var got []map[string]bigquery.Value
	for {
		line := map[string]bigquery.Value{}
		if err := it.Next(&line); errors.Is(err, iterator.Done) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		got = append(got, line)
	}
	var names []string
	for _, column := range it.Schema {
		names = append(names, column.Name)
	}
	const seed = "track_id track_name artists played_at duration_ms track_duration spotify_url upload_timestamp unique_id " +
		"danceability energy key loudness mode speechiness acousticness instrumentalness liveness valence tempo time_signature"
	if got := strings.Join(names, " "); got != "listener "+seed {
		t.Errorf("the columns are %s", got)
	}
	if len(got) != len(plays) {
		t.Fatalf("%d plays, want %d", len(got), len(plays))
	}
	const all = "0.5 0.25 7 -5.25 1 0.125 0.75 0 1 0.0625 120.5 4"
	told := map[string]string{ // danceability to time_signature
		"told": all, "kept": all, "again": "<nil> <nil> 0 <nil> <nil> <nil> <nil> <nil> <nil> <nil> 99.5 <nil>",
	}
	nothing := strings.TrimSpace(strings.Repeat("<nil> ", 12))
	for n, track := range tracks {
		var words []string
		for _, name := range names {
			words = append(words, fmt.Sprint(got[n][name]))
		}
		at := time.Date(2026, 1, 1, 10+n, 0, 0, 0, time.UTC)
		head := fmt.Sprintf("me %s Song A, B %v 61000 1:01 https://open/%s 2026-01-01 00:00:00 +0000 UTC me-%s-%d ", track, at, track, track, at.UnixMilli())
		want, ok := told[track]
		if !ok {
			want = nothing
		}
		if diff := cmp.Diff(head+want, strings.Join(words, " ")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", track, diff)
		}
	}
}

// A ranking tells how many tracks have audio features, which those are, and what is known of the tracks
// it is asked about, in the same words whether or not the past is summed.
func TestRankingOfFeatures(t *testing.T) {
	w, insert, _ := open(t)
	until := time.Date(2025, 3, 1, 0, 0, 0, 0, time.UTC)
	named := func(at, track string) row {
		return play("api", at, track, row{"track_name": "Name of " + track, "artists": track, "artist_name": track, "album": "On " + track, "image_url": "https://i/" + track,
			"spotify_url": "https://open/" + track, "duration_ms": 1000})
	}
	for range 2 { // a key twice is one
		insert(warehouse.Plays, named("2026-06-10T10:00:00Z", "new"), named("2026-06-11T10:00:00Z", "both"), named("2019-02-01T10:00:00Z", "both"),
			named("2019-02-02T10:00:00Z", "old"), named("2019-02-03T10:00:00Z", "bare"),
			play("api", "2019-02-03T10:00:00Z", "theirs", row{"listener": "you", "track_name": "Name of theirs"}))
		insert(warehouse.AudioFeatures, features("new", false, "2026-06-12T00:00:00Z", nil),
			features("both", true, "2026-06-12T00:00:00Z", row{"danceability": 0.5, "energy": 0.25, "valence": 0.75, "tempo": 100}),
			features("old", true, "2026-06-12T00:00:00Z", row{"tempo": 99}), // and none of what is shown
			features("theirs", true, "2026-06-12T00:00:00Z", row{"energy": 0.125}))
	}
	sum, err := w.SumPast(t.Context(), "me", "UTC", until)
	if err != nil {
		t.Fatal(err)
	}
	question := warehouse.Question{Listener: "me", TimeZone: "UTC", Since: since, RecentSince: time.Date(2026, 6, 11, 0, 0, 0, 0, time.UTC)}
	summed := question
	summed.Until, summed.Sum = until, sum.ID
	closed := summed
	closed.FirstYear = 2025
	running := []string{"1y 2 1 0", "2026 2 1 0", "4w 2 1 0", "6m 2 1 0", "all 4 2 1"} // tracks, those with audio features, those not asked for
	totals := slices.Insert(slices.Clone(running), 1, "2019 3 2 1")
	tracks := map[string]string{"new": "new <nil> <nil> <nil>", "both": "both 0.5 0.25 0.75", "old": "old <nil> <nil> <nil>", "bare": "bare <nil> <nil> <nil>"}
	tests := []struct {
		name     string
		question warehouse.Question
		kept     []string
		want     []string // of those kept that are known
		totals   []string
	}{
		{"of every play", question, []string{"old", "both", "nobody"}, []string{"both", "old"}, totals},
		{"with the past summed", summed, []string{"old", "both", "nobody"}, []string{"both", "old"}, totals},
		{"with a year closed", closed, []string{"bare", "both", "nobody", "old"}, []string{"bare", "both", "old"}, running},
		{"of nothing more", closed, []string{}, nil, running},
		{"of nobody", summed, []string{"nobody"}, nil, totals},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.question.Kept = tt.kept
			rows, err := w.Ranking(t.Context(), tt.question)
			if err != nil {
				t.Fatal(err)
			}
			var gotTotals, kept []string
			recent := 0
			for _, r := range rows {
				told := fmt.Sprintf("%s %v %v %v", r.TrackID.StringVal, word(r.Danceability), word(r.Energy), word(r.Valence))
				switch {
				case r.Kind == warehouse.KindTotal:
					gotTotals = append(gotTotals, fmt.Sprintf("%s %d %d %d", r.Period, r.Tracks, r.Featured, r.Unasked))
				case r.Kind == warehouse.KindKept:
					kept = append(kept, r.TrackID.StringVal)
					if id := r.TrackID.StringVal; r.TrackName.StringVal != "Name of "+id || r.Artists.StringVal != id || r.SpotifyURL.StringVal != "https://open/"+id || r.ImageURL.StringVal != "https://i/"+id {
						t.Errorf("kept: %+v", r)
					}
				case strings.HasPrefix(r.Period, warehouse.PeriodRecent):
					recent++
				}
				if id := r.TrackID.StringVal; (r.Kind == warehouse.KindTrack || r.Kind == warehouse.KindKept) && told != tracks[id] {
					t.Errorf("%s of %s: %s, want %s", r.Kind, r.Period, told, tracks[id])
				}
			}
			slices.Sort(gotTotals)
			slices.Sort(kept)
			if diff := cmp.Diff(tt.totals, gotTotals); diff != "" {
				t.Errorf("tracks, featured, unasked (-want +got):\n%s", diff)
			}
			if !slices.Equal(kept, tt.want) || recent != 1 {
				t.Errorf("kept are %q, want %q; %d recent plays", kept, tt.want, recent)
			}
		})
	}
}

func word(f bigquery.NullFloat64) any {
	if !f.Valid {
		return nil
	}
	return f.Float64
}
