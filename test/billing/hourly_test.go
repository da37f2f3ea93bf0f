package billing

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The queries of a run are found, each with its tables, and read no more months than they must.
func TestHourly(t *testing.T) {
	t.Setenv("LISTENERS", "")
	bill, err := Hourly(t.Context(), 20_000)
	if err != nil {
		t.Fatal(err)
	}
	const look = "audio_features, plays"
	ranking := []string{"audio_features, past_plays, past_tracks, plays", "top_ten, staged top_ten"}
	checkQueries(t, "an hour", bill.Hour, slices.Concat(
		[]string{"staged plays", "plays, staged plays", "plays", "loads, staged loads", "loads"}, ranking, []string{look}))
	checkQueries(t, "new tracks", bill.NewTracks, slices.Concat(
		[]string{"staged audio_features", "audio_features, staged audio_features", "audio_features", "loads, staged loads", "loads"}, ranking))
	checkQueries(t, "an hour without new plays", bill.Unchanged, nil)
	checkQueries(t, "a day", bill.Day, slices.Concat(
		[]string{"loads", "audio_features, loads, plays", "loads", "loads", "past_tracks, plays", "past_plays, plays"}, ranking, []string{look}))
	for _, q := range slices.Concat(bill.Hour, bill.NewTracks, bill.Day) {
		for _, table := range q.Tables {
			// A history this short is smaller than what is billed at least.
			if len(table.Columns) == 0 || table.Read == 0 || table.Billed != Least {
				t.Errorf("%s is billed %d for %d bytes of %v", q.Name, table.Billed, table.Read, table)
			}
		}
	}
	const tables, again = 15, 13
	if Sum(bill.Hour) != tables*Least || Sum(bill.NewTracks) != again*Least || bill.Month(2, 3) != 2*tables*Least+3*again*Least+730*Sum(bill.Day)/24 {
		t.Errorf("an hour is billed %d, new tracks %d, a month %d", Sum(bill.Hour), Sum(bill.NewTracks), bill.Month(2, 3))
	}
	for _, tt := range []struct {
		what    string
		query   Query
		columns string
		most    int // months, 0 for all
	}{
		{"merge_plays", bill.Hour[1], "listener played_at track_id source", 2},
		{"inserted", bill.Hour[2], "listener played_at track_id source object", 2},
		{"ranking", bill.Hour[5], "listener played_at track_id track_name artists artist_name album duration_ms ms_played spotify_url image_url source object", 14},
		{"missing_features", bill.Hour[7], "played_at track_id ms_played source", 2},
		{"recount", bill.Day[1], "listener played_at track_id source object", 0},
	} {
		plays := tt.query.Tables[slices.IndexFunc(tt.query.Tables, func(t Table) bool { return t.Name == "plays" })]
		months := tt.most > 0 && len(plays.Months) > 0 && len(plays.Months) <= tt.most || tt.most == 0 && len(plays.Months) == plays.OfMonths
		if got := strings.Join(plays.Columns, " "); got != tt.columns || !months || plays.OfMonths < 12*years {
			t.Errorf("%s reads %v", tt.what, plays)
		}
	}
}

func checkQueries(t *testing.T, what string, queries []Query, want []string) {
	t.Helper()
	var got []string
	for _, q := range queries {
		var names []string
		for _, table := range q.Tables {
			names = append(names, table.Name)
		}
		got = append(got, strings.Join(names, ", "))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("the tables that the queries of %s name (-want +got):\n%s", what, diff)
	}
}
