package fakespotify

import (
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"
)

func zoneOf(t *testing.T, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func perDay(plays []Play, zone *time.Location) map[string]int {
	days := map[string]int{}
	for _, p := range plays {
		days[p.PlayedAt.In(zone).Format(time.DateOnly)]++
	}
	return days
}

func TestHistoryDoesNotDependOnItsRange(t *testing.T) {
	t.Parallel()
	zone := zoneOf(t, "America/Los_Angeles")
	from := time.Date(2026, 2, 20, 13, 30, 0, 0, zone) // within a day, and across a change of the clocks
	to := from.AddDate(0, 0, 40)
	whole := History(1, from, to, zone)
	if len(whole) < 800 {
		t.Fatalf("%d plays in 40 days", len(whole))
	}
	for _, cut := range []time.Time{from.Add(time.Hour), from.AddDate(0, 0, 16), from.AddDate(0, 0, 17).Add(-5 * time.Hour), whole[400].PlayedAt} {
		if joined := append(History(1, from, cut, zone), History(1, cut, to, zone)...); !reflect.DeepEqual(joined, whole) {
			t.Errorf("cut at %v the history is another", cut)
		}
	}
	if reflect.DeepEqual(History(2, from, to, zone), whole) {
		t.Error("another seed gave the same history")
	}
	if empty := History(1, to, from, zone); len(empty) != 0 {
		t.Errorf("%d plays in a range that ends before it starts", len(empty))
	}
}

func TestHistoryPlaysDoNotOverlap(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"UTC", "America/Los_Angeles", "Australia/Lord_Howe", "America/Havana", "Pacific/Apia"} {
		t.Run(name, func(t *testing.T) {
			zone := zoneOf(t, name)
			from := time.Date(2011, 12, 20, 0, 0, 0, 0, zone) // Apia had no 2011-12-30, Havana no midnight of 2012-04-01
			var last time.Time
			for _, p := range History(3, from, from.AddDate(0, 4, 0), zone) {
				if start := p.PlayedAt.Add(-p.Listened); start.Before(last) {
					t.Fatalf("the play that ended at %v began before the one ahead of it had ended at %v", p.PlayedAt, last)
				}
				length := time.Duration(p.Track.DurationMS) * time.Millisecond
				if p.Listened <= 30*time.Second || p.Listened > length {
					t.Fatalf("a play of %v of a track of %v", p.Listened, length)
				}
				if p.PlayedAt.Location() != time.UTC || p.PlayedAt.Nanosecond()%1e6 != 0 {
					t.Fatalf("played at %v", p.PlayedAt)
				}
				last = p.PlayedAt
			}
			if last.IsZero() {
				t.Fatal("no plays")
			}
		})
	}
}

func TestHistoryDaysOfClockChange(t *testing.T) {
	t.Parallel()
	zone := zoneOf(t, "America/Los_Angeles")
	for _, d := range []day{{2026, time.March, 8}, {2026, time.November, 1}} {
		for seed := range uint64(3) {
			n := len(History(seed, d.at(0, zone), d.add(1).at(0, zone), zone))
			if n > 48 {
				t.Errorf("%v has %d plays", d, n)
			}
			if plain := len(History(seed, d.at(0, time.UTC), d.add(1).at(0, time.UTC), time.UTC)); n != plain {
				t.Errorf("%v has %d plays, and %d where the clocks stay", d, n, plain)
			}
		}
	}
}

func TestHistoryOfAYear(t *testing.T) {
	t.Parallel()
	zone := zoneOf(t, "Europe/Berlin")
	for seed := range uint64(2) {
		from := time.Date(2025, 9, 1, 0, 0, 0, 0, zone)
		plays := History(seed, from, from.AddDate(1, 0, 0), zone)
		normal, over := 0, 0
		days := perDay(plays, zone)
		for _, n := range days {
			if n >= 25 && n <= 45 {
				normal++
			}
			if n > 48 {
				over++
			}
		}
		if normal < 290 || normal > 345 || over > 0 || len(days) < 345 {
			t.Errorf("seed %d: %d days of 25 to 45 plays, %d over 48, %d with any", seed, normal, over, len(days))
		}
		tracks, artists, contexts := map[string]int{}, map[string]int{}, map[string]int{}
		skipped := 0
		for _, p := range plays {
			tracks[p.Track.ID]++
			artists[p.Track.Artists[0].ID]++
			if p.Context != nil {
				contexts[p.Context.Type]++
			}
			if p.Listened < time.Duration(p.Track.DurationMS)*time.Millisecond {
				skipped++
			}
		}
		if len(tracks) < 1_000 || len(tracks) > 1_600 || len(artists) < 200 || len(artists) > 300 {
			t.Errorf("seed %d: %d tracks by %d artists", seed, len(tracks), len(artists))
		}
		counts := slices.Sorted(maps.Values(tracks))
		top, median := counts[len(counts)-1], counts[len(counts)/2]
		tenth := 0
		for _, n := range counts[len(counts)*9/10:] {
			tenth += n
		}
		if top < 20*median || tenth*100 < 40*len(plays) || top*20 > len(plays) {
			t.Errorf("seed %d: top track %d plays, median %d, the upper tenth %d of %d", seed, top, median, tenth, len(plays))
		}
		for _, kind := range []string{"album", "playlist", "artist"} {
			if contexts[kind]*20 < len(plays) {
				t.Errorf("seed %d: %d of %d plays from an %s", seed, contexts[kind], len(plays), kind)
			}
		}
		if skipped*100 < 5*len(plays) || skipped*100 > 25*len(plays) {
			t.Errorf("seed %d: %d of %d plays were skipped", seed, skipped, len(plays))
		}
	}
}

func TestHistoryHours(t *testing.T) {
	t.Parallel()
	zone := zoneOf(t, "Asia/Tokyo")
	from := time.Date(2026, 1, 5, 0, 0, 0, 0, zone)
	var work, free [24]int
	for _, p := range History(1, from, from.AddDate(0, 0, 26*7), zone) {
		local := p.PlayedAt.In(zone)
		if atWeekend(dayOf(local)) {
			free[local.Hour()]++
		} else {
			work[local.Hour()]++
		}
	}
	t.Logf("workdays %v", work)
	t.Logf("weekends %v", free)
	for _, hour := range []int{7, 9, 10, 13, 14, 17, 20, 21} {
		if work[hour] < 100 {
			t.Errorf("%d plays at %d h of workdays", work[hour], hour)
		}
	}
	for hour := 1; hour < 6; hour++ {
		if work[hour] > 0 {
			t.Errorf("%d plays at %d h of workdays", work[hour], hour)
		}
	}
	if free[7] > 0 || free[8] > 0 || free[0] < 30 || free[11] < 100 || free[15] < 100 || free[20] < 100 {
		t.Errorf("weekends by hour: %v", free)
	}
}
