package figures_test

import (
	"math"
	"reflect"
	"slices"
	"testing"
	"time"

	"spotify-insights.internal/functions/dashboard/figures"
	"spotify-insights.internal/functions/dashboard/history"
	"spotify-insights.internal/functions/dashboard/history/historytest"
)

var (
	asOf  = time.Date(2026, 6, 24, 20, 0, 0, 0, time.UTC)
	kinds = []figures.Kind{figures.Tracks, figures.Artists, figures.Albums}
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func load(t testing.TB, z *time.Location, listens []historytest.Listen, tracks []historytest.Track) *history.History {
	t.Helper()
	b := historytest.NewBucket()
	historytest.PutDocument(b, "me", asOf, listens, tracks)
	cache := history.NewCache(b, 512<<20, time.Now)
	h, err := cache.Get(t.Context(), history.Listener{ID: "me", Zone: z})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func parse(t testing.TB, text string, h *history.History) figures.Range {
	t.Helper()
	r, err := figures.ParseRange(text, h, asOf)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func keyOf(h *history.History, kind figures.Kind, number int) string {
	switch kind {
	case figures.Artists:
		return h.Artists[number].Key
	case figures.Albums:
		return h.Albums[number].Key
	}
	return h.Tracks[number].ID
}

func days(from, to string, z *time.Location) func(time.Time) bool {
	return func(t time.Time) bool {
		text := t.In(z).Format("2006-01-02T15:04:05.000000")
		return text >= from && text < to
	}
}

func between(from, to time.Time) func(time.Time) bool {
	return func(t time.Time) bool { return !t.Before(from) && t.Before(to) }
}

// Rankings, totals and movement equal those of an independent computation, for every kind of range.
func TestRankings(t *testing.T) {
	z := zone(t, "Europe/Berlin")
	listens, tracks := historytest.Random(20, 5000, 300, 1200, asOf)
	h, n := load(t, z, listens, tracks), newNaive(z, listens, tracks)
	none := func(time.Time) bool { return false }
	for _, tt := range []struct {
		period     string
		in, before func(time.Time) bool
	}{
		{"all", func(time.Time) bool { return true }, none},
		{"4w", between(asOf.Add(-28*24*time.Hour), asOf), between(asOf.Add(-56*24*time.Hour), asOf.Add(-28*24*time.Hour))},
		{"1y", between(asOf.Add(-365*24*time.Hour), asOf), between(asOf.Add(-730*24*time.Hour), asOf.Add(-365*24*time.Hour))},
		{"2025", days("2025", "2026", z), days("2024", "2025", z)},
		{"2026", days("2026", "2027", z), between(time.Date(2025, 1, 1, 0, 0, 0, 0, z), asOf.AddDate(-1, 0, 0))},
		{"2025-10", days("2025-10", "2025-11", z), days("2025-09", "2025-10", z)},
		{"2025-10-26", days("2025-10-26", "2025-10-27", z), days("2025-10-25", "2025-10-26", z)}, // 25 hours
		{"2024-03-20..2024-04-02", days("2024-03-20", "2024-04-03", z), days("2024-03-06", "2024-03-20", z)},
	} {
		slice := figures.Cut(h, parse(t, tt.period, h))
		counts, before := figures.CountAll(slice), figures.CountAll(slice.Before())
		for _, kind := range kinds {
			for _, by := range []figures.By{figures.ByPlays, figures.ByTime} {
				want := n.ranking(kind, by, tt.in)
				ranks := map[string]int{}
				for i, tally := range n.ranking(kind, by, tt.before) {
					ranks[tally.key] = i + 1
				}
				for _, size := range []int{len(want) + 1, 7} {
					for offset := 0; offset < len(want); offset += size {
						got, total := counts.Ranking(kind, by, before, offset, size)
						if total != len(want) || len(got) != min(size, len(want)-offset) {
							t.Fatalf("%s: %d of %d places from %d, want %d", tt.period, len(got), total, offset, len(want))
						}
						for i, place := range got {
							w := want[offset+i]
							if key := keyOf(h, kind, place.Number); key != w.key || int(place.Plays) != w.plays || place.MS != w.ms || h.At[place.Last] != w.last ||
								place.Rank != offset+i+1 || place.Before != ranks[w.key] {
								t.Fatalf("%s: place %d of kind %d is %s %+v, want %+v, before %d", tt.period, offset+i+1, kind, key, place, w, ranks[w.key])
							}
						}
					}
				}
			}
		}
		var totals figures.Totals
		for _, tally := range n.ranking(figures.Tracks, figures.ByPlays, tt.in) {
			totals.Plays, totals.MS, totals.Tracks = totals.Plays+tally.plays, totals.MS+tally.ms, totals.Tracks+1
		}
		totals.Artists, totals.Albums = len(n.ranking(figures.Artists, figures.ByPlays, tt.in)), len(n.ranking(figures.Albums, figures.ByPlays, tt.in))
		if got := counts.Totals(); got != totals {
			t.Errorf("%s: %+v, want %+v", tt.period, got, totals)
		}
	}
}

// Calendar, clock, months and streaks equal those of an independent computation, in zones whose clocks change.
func TestCalendars(t *testing.T) {
	for _, name := range []string{"Europe/Berlin", "America/Sao_Paulo", "America/Havana", "Asia/Kathmandu", "Pacific/Apia", "America/St_Johns", "UTC"} {
		z := zone(t, name)
		listens, tracks := historytest.Random(21, 5000, 100, 7000, asOf)
		h := load(t, z, listens, tracks)
		for _, period := range []string{"all", "6m", "2011", "2018-11", "2011-12-28..2012-01-03", "2010-11-07"} {
			slice := figures.Cut(h, parse(t, period, h))
			days, months, hours := map[string]figures.Sum{}, map[string]figures.Sum{}, figures.Clock{}
			for i := slice.Lo; i < slice.Hi; i++ {
				at := h.Time(i).In(z)
				for _, sums := range []struct {
					all map[string]figures.Sum
					key string
				}{{days, at.Format(time.DateOnly)}, {months, at.Format("2006-01")}} {
					s := sums.all[sums.key]
					sums.all[sums.key] = figures.Sum{Plays: s.Plays + 1, MS: s.MS + int64(h.MS[i])}
				}
				cell := &hours[(int(at.Weekday())+6)%7][at.Hour()]
				cell.Plays, cell.MS = cell.Plays+1, cell.MS+int64(h.MS[i])
			}
			calendar := figures.Calendar(slice)
			gotDays, gotMonths := map[string]figures.Sum{}, map[string]figures.Sum{}
			for i, day := range calendar {
				if day.Plays > 0 {
					gotDays[day.Date.String()] = day.Sum
				}
				if i > 0 && day.Date != calendar[i-1].Date+1 {
					t.Errorf("%s %s: a day is missing before %v", name, period, day.Date)
				}
			}
			for _, month := range figures.Months(calendar) {
				if month.Plays > 0 {
					gotMonths[month.Month] = month.Sum
				}
			}
			if !reflect.DeepEqual(gotDays, days) || !reflect.DeepEqual(gotMonths, months) || *figures.ClockOf(slice) != hours {
				t.Errorf("%s %s: the days, months or hours differ", name, period)
			}
			longest, current := figures.Streaks(calendar)
			if wantLongest, wantCurrent := streaks(calendar); longest.Days != wantLongest || current.Days != wantCurrent {
				t.Errorf("%s %s: streaks %+v and %+v, want %d and %d", name, period, longest, current, wantLongest, wantCurrent)
			}
		}
	}
}

// streaks counts back from every day.
func streaks(calendar []figures.Day) (longest, current int) {
	length := func(end int) (n int) {
		for end-n >= 0 && calendar[end-n].Plays > 0 {
			n++
		}
		return n
	}
	for end := range calendar {
		longest = max(longest, length(end))
	}
	if last := len(calendar) - 1; last >= 0 {
		if current = length(last); current == 0 && last > 0 {
			current = length(last - 1)
		}
	}
	return longest, current
}

// Discoveries and comebacks equal those of an independent computation, of everything and of one artist.
func TestDiscoveriesAndComebacks(t *testing.T) {
	z := zone(t, "Europe/Berlin")
	listens, tracks := historytest.Random(22, 5000, 300, 1200, asOf)
	h, n := load(t, z, listens, tracks), newNaive(z, listens, tracks)
	const pause = 60 * 24 * time.Hour
	artist := int(h.Tracks[h.Number[0]].Artist)
	for _, of := range []int{history.None, artist} {
		slice := figures.Cut(h, parse(t, "2025", h))
		if of != history.None {
			slice = slice.Of(figures.Artists, of)
		}
		for _, kind := range kinds {
			plays, firsts, last, longest := map[string]int{}, map[string]int{}, map[string]int64{}, map[string]int64{}
			for i, l := range listens {
				if of != history.None && n.key(figures.Artists, l.TrackID) != h.Artists[of].Key {
					continue
				}
				key := n.key(kind, l.TrackID)
				before, ok := last[key]
				if last[key] = l.PlayedAt; h.Time(i).In(z).Year() != 2025 {
					continue
				}
				plays[key]++
				if !ok {
					firsts[key] = i
				} else if gap := l.PlayedAt - before; gap >= pause.Microseconds() {
					longest[key] = max(longest[key], gap)
				}
			}
			discoveries, total := figures.Discoveries(figures.CountAll(slice), kind, figures.ByPlays, 0, 1000)
			if total != len(firsts) || len(discoveries) != total || figures.FirstHeard(figures.CountAll(slice), kind) != total {
				t.Errorf("%d discoveries, want %d", total, len(firsts))
			}
			for i, d := range discoveries {
				key := keyOf(h, kind, d.Number)
				if first, ok := firsts[key]; !ok || d.First != first || int(d.Plays) != plays[key] || i > 0 && d.Plays > discoveries[i-1].Plays {
					t.Errorf("discovery %s %+v, first %d, plays %d", key, d, first, plays[key])
				}
			}
			comebacks := figures.Comebacks(slice, kind, pause, 1000)
			if len(comebacks) != len(longest) {
				t.Errorf("%d comebacks, want %d", len(comebacks), len(longest))
			}
			for _, c := range comebacks {
				if key := keyOf(h, kind, c.Number); c.Pause(h).Microseconds() != longest[key] || c.Plays < 1 {
					t.Errorf("comeback %s %+v, want a pause of %d", key, c, longest[key])
				}
			}
		}
	}
}

// The statistics of sound equal those of the plain formulas.
func TestSound(t *testing.T) {
	z := zone(t, "UTC")
	listens, tracks := historytest.Random(23, 3000, 200, 900, asOf)
	h := load(t, z, listens, tracks)
	counts := figures.CountAll(figures.Cut(h, parse(t, "2025", h)))
	var x, y []float64 // one a play
	measured := map[int32]bool{}
	for i := range h.Len() {
		if n := h.Number[i]; h.Time(i).Year() == 2025 && !math.IsNaN(h.Sound[history.Energy][n]) {
			x, y = append(x, h.Sound[history.Energy][n]), append(y, h.Sound[history.Valence][n])
			measured[n] = true
		}
	}
	var sx, sy, sxx, sxy, syy float64
	bins := make([]int, 10)
	for i := range x {
		sx, sy, sxx, sxy, syy = sx+x[i], sy+y[i], sxx+x[i]*x[i], sxy+x[i]*y[i], syy+y[i]*y[i]
		bins[int(x[i]*10)]++
	}
	count := float64(len(x))
	slope := (count*sxy - sx*sy) / (count*sxx - sx*sx)
	r := (count*sxy - sx*sy) / math.Sqrt((count*sxx-sx*sx)*(count*syy-sy*sy))
	sorted := slices.Sorted(slices.Values(x))

	sound := figures.SoundOf(counts, history.Energy, 10)
	if sound.Tracks != len(measured) || sound.Plays != len(x) || !near(sound.Mean, sx/count) || !near(sound.Median, sorted[(len(sorted)-1)/2]) {
		t.Errorf("%+v, want %d tracks, %d plays, mean %v, median %v", sound, len(measured), len(x), sx/count, sorted[(len(sorted)-1)/2])
	}
	for i, bin := range sound.Histogram {
		if bin.Plays != bins[i] {
			t.Errorf("bin %d is %+v, want %d", i, bin, bins[i])
		}
	}
	line := figures.Regression(counts, history.Energy, history.Valence)
	if line.Tracks != len(measured) || !near(line.Slope, slope) || !near(line.Intercept, (sy-slope*sx)/count) || !near(line.RSquared, r*r) {
		t.Errorf("%+v, want slope %v, r %v", line, slope, r)
	}
	empty := figures.CountAll(figures.Cut(h, parse(t, "2010", h)))
	if s, l := figures.SoundOf(empty, history.Tempo, 5), figures.Regression(empty, history.Tempo, history.Energy); !math.IsNaN(s.Mean) || !math.IsNaN(l.Slope) || len(s.Histogram) != 5 {
		t.Errorf("nothing gives %+v and %+v", s, l)
	}
}

func near(a, b float64) bool { return math.Abs(a-b) < 1e-9 }
