package figures_test

import (
	"reflect"
	"testing"
	"time"

	"spotify-insights.internal/functions/dashboard/figures"
	"spotify-insights.internal/functions/dashboard/history"
	"spotify-insights.internal/functions/dashboard/history/historytest"
)

// turns returns a random history with many plays around a midnight in Newfoundland at which the clocks went back into
// the month before: 2009-10-31 has the hour before midnight twice, with a minute of November between.
func turns(t *testing.T, z *time.Location) (*history.History, *naive) {
	t.Helper()
	listens, tracks := historytest.Random(31, 4000, 100, 6500, asOf)
	near, _ := historytest.Random(31, 400, 100, 1, time.Date(2009, 11, 1, 15, 0, 0, 0, time.UTC))
	for i := range near {
		near[i].TrackID = listens[i].TrackID
		near[i].PlayedAt = time.Date(2009, 11, 1, 1, 0, i*30, 0, time.UTC).UnixMicro()
	}
	at := 0
	for listens[at].PlayedAt < near[0].PlayedAt {
		at++
	}
	var all []historytest.Listen
	all = append(append(append(all, listens[:at]...), near...), listens[at:]...)
	for i := 1; i < len(all); i++ {
		if all[i].PlayedAt < all[i-1].PlayedAt {
			all[i].PlayedAt = all[i-1].PlayedAt + 1000
		}
	}
	return load(t, z, all, tracks), newNaive(z, all, tracks)
}

// inMonths reports which instants of a slice are in the months from one to another.
func inMonths(s figures.Slice, from, to string) func(time.Time) bool {
	calendar := figures.Months(figures.Calendar(s))
	first, last := calendar[0].Month, calendar[len(calendar)-1].Month
	return func(at time.Time) bool {
		month := min(max(at.In(s.Zone).Format("2006-01"), first), last) // as in a calendar
		return at.UnixMicro() >= s.Range.From && at.UnixMicro() < s.Range.To && month >= from && month <= to
	}
}

// The months are those of the calendar, and their songs are the first tracks of independent rankings.
func TestSongsOfMonths(t *testing.T) {
	for _, name := range []string{"Europe/Berlin", "America/St_Johns", "Pacific/Apia"} {
		h, n := turns(t, zone(t, name))
		for _, period := range []string{"2009", "2009-10", "2009-11", "2009-10-31..2009-11-01", "2011", "2024-11-20..2026-02-03", "6m", "2026", "2027"} {
			s := figures.Cut(h, parse(t, period, h))
			months, songs := figures.Months(figures.Calendar(s)), figures.SongsOfMonths(s)
			if len(songs) != len(months) || songs == nil {
				t.Fatalf("%s %s: %d months, want %d", name, period, len(songs), len(months))
			}
			for i, song := range songs {
				want := n.ranking(figures.Tracks, figures.ByPlays, inMonths(s, song.Month, song.Month))
				if song.Month != months[i].Month || song.Sum != months[i].Sum || song.OK != (len(want) > 0) {
					t.Fatalf("%s %s: %+v, want %+v", name, period, song, months[i])
				}
				if !song.OK {
					continue
				}
				got := tally{h.Tracks[song.Track.Number].ID, int(song.Track.Plays), song.Track.MS, h.At[song.Track.Last]}
				if got != want[0] || song.Track.Rank != 1 {
					t.Errorf("%s %s: the song of %s is %+v, want %+v", name, period, song.Month, got, want[0])
				}
			}
		}
	}
}

// A month without plays has no song, and a song of one artist's months is theirs.
func TestSongsOfQuietMonths(t *testing.T) {
	h := small(t, "2025-01-31 22:59|a|A|X|P", "2025-01-31 23:00|b|B|Y|Q", "2025-02-01 10:00|b", "2025-04-01 10:00|a")
	s := figures.Cut(h, parse(t, "2025-01-01..2025-04-30", h))
	songs := func(s figures.Slice) (list []string) {
		for _, song := range figures.SongsOfMonths(s) {
			if song.OK {
				list = append(list, song.Month+h.Tracks[song.Track.Number].ID)
			} else {
				list = append(list, song.Month)
			}
		}
		return list
	}
	if got, want := songs(s), []string{"2025-01a", "2025-02b", "2025-03", "2025-04a"}; !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	of := s.Of(figures.Artists, int(h.Tracks[0].Artist))
	if got, want := songs(of), []string{"2025-01a", "2025-02", "2025-03", "2025-04a"}; !reflect.DeepEqual(got, want) {
		t.Errorf("of one artist %v, want %v", got, want)
	}
}

// A snapshot in the repeated hour is of the last day of the month, and so are all of its listens.
func TestSongsInRepeatedHour(t *testing.T) {
	at := time.Date(2009, 11, 1, 2, 30, 30, 0, time.UTC).UnixMicro()
	h := load(t, zone(t, "America/St_Johns"),
		[]historytest.Listen{{PlayedAt: at - 86400e6, TrackID: "a", ToldBy: "api"}, {PlayedAt: at, TrackID: "a", ToldBy: "api"}, {PlayedAt: at + 60e6, TrackID: "a", ToldBy: "api"}},
		[]historytest.Track{{TrackID: "a"}})
	h.AsOf = h.Time(2)
	songs := figures.SongsOfMonths(figures.Cut(h, figures.Everything()))
	if day := h.Time(1).In(h.Zone).Format(time.DateOnly); day != "2009-11-01" || len(songs) != 1 || songs[0].Month != "2009-10" || songs[0].Plays != 3 || songs[0].Track.Plays != 3 {
		t.Errorf("%s: %+v", day, songs)
	}
}
