package figures_test

import (
	"reflect"
	"slices"
	"testing"

	"spotify-insights.internal/functions/dashboard/figures"
	"spotify-insights.internal/functions/dashboard/history"
	"spotify-insights.internal/functions/dashboard/history/historytest"
)

// The plays by month equal those counted by the text of each instant, in zones whose clocks change.
func TestMonthlyPlays(t *testing.T) {
	for _, name := range []string{"Europe/Berlin", "America/Sao_Paulo", "Pacific/Apia"} {
		z := zone(t, name)
		listens, tracks := historytest.Random(41, 5000, 100, 6000, asOf)
		h, n := load(t, z, listens, tracks), newNaive(z, listens, tracks)
		all := figures.Cut(h, figures.Everything())
		artist := int(h.Tracks[h.Number[0]].Artist)
		for _, part := range []struct {
			slice figures.Slice
			of    int // artist
		}{
			{all, history.None},
			{all.Of(figures.Artists, artist), artist},
			{figures.Cut(h, parse(t, "6m", h)), history.None},
			{figures.Cut(h, parse(t, "2018", h)), history.None},
			{figures.Cut(h, parse(t, "2011-12-28..2012-01-03", h)), history.None},
			{figures.Cut(h, figures.Range{}), history.None},
		} {
			var months []string
			for _, month := range figures.Months(figures.Calendar(part.slice)) {
				months = append(months, month.Month)
			}
			for _, kind := range kinds {
				want := map[string]int32{} // by key and month
				for i := part.slice.Lo; i < part.slice.Hi; i++ {
					if id := listens[i].TrackID; part.of == history.None || n.key(figures.Artists, id) == h.Artists[part.of].Key {
						want[n.key(kind, id)+h.Time(i).In(z).Format(" 2006-01")]++
					}
				}
				numbers := []int{3, 0, 7, 3} // the same number twice
				got := figures.MonthlyPlays(part.slice, kind, numbers)
				if !slices.Equal(got.Months, months) || len(got.Plays) != len(numbers) {
					t.Fatalf("%s: %d series of the months %v, want %v", name, len(got.Plays), got.Months, months)
				}
				for i, number := range numbers {
					if len(got.Plays[i]) != len(months) {
						t.Fatalf("%s: %d numbers of plays for %d months", name, len(got.Plays[i]), len(months))
					}
					for m, month := range months {
						if key := keyOf(h, kind, number) + " " + month; got.Plays[i][m] != want[key] {
							t.Errorf("%s: %s has %d plays, want %d", name, key, got.Plays[i][m], want[key])
						}
					}
				}
			}
		}
	}
}

// A day that begins twice has the plays of the minutes of the day before that come again.
func TestMonthlyPlaysOfADayThatBeginsTwice(t *testing.T) {
	h := twice(t)
	got := figures.MonthlyPlays(figures.Cut(h, parse(t, "2010-11-07", h)), figures.Tracks, []int{0})
	if want := (figures.Series{Months: []string{"2010-11"}, Plays: [][]int32{{3}}}); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}
