package warehouse_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"spotify-insights.internal/shared/warehouse"
)

// A ranking that takes the past from its sums says what one of every play says: twins and keys on both
// sides of the boundary, years that begin by the listener's clock, names that only the past knows.
func TestPastChangesNoRanking(t *testing.T) {
	w, insert, query := open(t)
	until := time.Date(2025, 2, 1, 0, 0, 0, 0, time.UTC)
	question := warehouse.Question{Listener: "me", TimeZone: "Pacific/Auckland", RecentSince: time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC),
		Since: [3]time.Time{time.Date(2026, 5, 5, 0, 0, 0, 0, time.UTC), time.Date(2025, 12, 1, 0, 0, 0, 0, time.UTC), time.Date(2025, 6, 1, 0, 0, 0, 0, time.UTC)}}
	insert(warehouse.Plays, history(rand.New(rand.NewPCG(4, 2)), until, 3000)...)
	var told []row
	for n := range 20 { // of every other track, and of some of those nothing
		told = append(told, features(fmt.Sprint("track", 2*n), n%5 != 0, "2026-01-01T00:00:00Z", row{"energy": float64(n) / 20}))
	}
	insert(warehouse.AudioFeatures, told...)
	whole, err := w.Ranking(t.Context(), question)
	if err != nil {
		t.Fatal(err)
	}
	all := whole[slices.IndexFunc(whole, isAll)]
	if all.Featured != 16 || all.Unasked != 20 || all.Tracks != 40 {
		t.Errorf("of %d tracks %d have audio features and %d were not asked for, want 40, 16 and 20", all.Tracks, all.Featured, all.Unasked)
	}
	listens := query("SELECT COUNT(*), ROUND(SUM(minutes) * 60000) FROM spotify_insights.listens WHERE listener = 'me'")
	if got := fmt.Sprintf("%d | %v", all.Plays, float64(all.MS)); got != listens[0] {
		t.Errorf("the ranking counts %s plays and ms, the view listens %s", got, listens[0])
	}
	var sum warehouse.Sum
	for range 2 { // summed again, it is the same
		if sum, err = w.SumPast(t.Context(), "me", question.TimeZone, until); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.SumPast(t.Context(), "you", "UTC", until.AddDate(-1, 0, 0)); err != nil {
		t.Fatal(err)
	}
	question.Until, question.Sum = until, sum.ID
	summed, err := w.Ranking(t.Context(), question)
	if err != nil {
		t.Fatal(err)
	}
	if len(whole) < 200 {
		t.Errorf("only %d rows", len(whole))
	}
	if i := slices.IndexFunc(summed, isAll); i < 0 || summed[i].PastRows != sum.Rows || sum.Rows == 0 {
		t.Errorf("of the sum's %d rows, found %+v", sum.Rows, summed[max(i, 0)])
	}
	ignoreRows := cmpopts.IgnoreFields(warehouse.Standout{}, "PastRows")
	if diff := cmp.Diff(whole, summed, ignoreRows); diff != "" {
		t.Errorf("of every play (-), with the past summed (+):\n%s", diff)
	}
	question.FirstYear = 2025
	late, err := w.Ranking(t.Context(), question)
	if err != nil {
		t.Fatal(err)
	}
	var want []warehouse.Standout
	for _, s := range whole {
		if s.Period != "2022" && s.Period != "2023" && s.Period != "2024" {
			want = append(want, s)
		}
	}
	if diff := cmp.Diff(want, late, ignoreRows); diff != "" {
		t.Errorf("from 2025 on (-want +got):\n%s", diff)
	}
	if n := query("SELECT COUNT(*) > 0, COUNT(DISTINCT listener) FROM spotify_insights.past_plays WHERE plays > 1"); n[0] != "true | 2" {
		t.Errorf("past_plays is %v", n)
	}
	// Rows of another sum are not taken, and are missed.
	question.Sum = "another"
	rows, err := w.Ranking(t.Context(), question)
	if err != nil {
		t.Fatal(err)
	}
	if i := slices.IndexFunc(rows, isAll); i < 0 || rows[i].PastRows != 0 || rows[i].Plays >= all.Plays {
		t.Errorf("another sum's rows were taken: %+v", rows[max(i, 0)])
	}
}

func isAll(s warehouse.Standout) bool { return s.Kind == warehouse.KindTotal && s.Period == "all" }

// history is n random plays of two listeners, crowded around until and the turns of years.
func history(r *rand.Rand, until time.Time, n int) (rows []row) {
	near := []time.Time{until, time.Date(2023, 12, 31, 11, 0, 0, 0, time.UTC), time.Date(2024, 12, 31, 11, 0, 0, 0, time.UTC), time.Date(2025, 12, 31, 11, 0, 0, 0, time.UTC)}
	for len(rows) < n {
		at := time.Date(2022, 3, 1, 0, 0, r.IntN(4*365*86400), 0, time.UTC)
		if r.IntN(3) == 0 {
			at = near[r.IntN(len(near))].Add(time.Duration(r.IntN(40_000)-20_000) * time.Millisecond)
		}
		track := r.IntN(40)
		more := row{"listener": []string{"me", "me", "me", "you"}[r.IntN(4)], "object": fmt.Sprint("o", r.IntN(5))}
		if r.IntN(2) == 0 {
			more["track_name"], more["artist_name"] = fmt.Sprint("name ", track, " ", r.IntN(3)), fmt.Sprint("artist ", track%7)
		}
		if r.IntN(3) == 0 {
			more["album"], more["duration_ms"], more["image_url"] = fmt.Sprint("album ", track%11), 60_000+r.IntN(3), fmt.Sprint("https://image/", track)
		}
		source := "api"
		if r.IntN(2) == 0 {
			source = "export"
			more["ms_played"] = r.IntN(90_000)
		}
		rows = append(rows, play(source, at.Format("2006-01-02T15:04:05.999Z"), fmt.Sprint("track", track), more))
		if r.IntN(5) == 0 { // the same key once more, from another object, which says the same of the track
			again := maps.Clone(more)
			again["object"] = fmt.Sprint("o", 5+r.IntN(5))
			if source == "export" {
				again["ms_played"] = r.IntN(90_000)
			}
			rows = append(rows, play(source, at.Format("2006-01-02T15:04:05.999Z"), fmt.Sprint("track", track), again))
		}
		if r.IntN(4) == 0 { // its twin, a second or two off
			rows = append(rows, play("api", at.Add(time.Duration(r.IntN(7000)-3500)*time.Millisecond).Format("2006-01-02T15:04:05.999Z"), fmt.Sprint("track", track), row{"listener": more["listener"]}))
		}
	}
	return rows
}
