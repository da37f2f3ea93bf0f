package smoke

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"spotify-insights.internal/functions/dashboard/pages"
	"spotify-insights.internal/functions/local/fakespotify"
	"spotify-insights.internal/shared/insights"
)

// page is an ingest: its time, and whether there is anything new.
type page struct {
	at  time.Time
	new bool
}

// listening is the plays of the listener, and the ingests.
type listening struct {
	plays []fakespotify.Play
	pages []page
}

// listen makes a history with plays in each period, gaps between them, plays that are in two pages, plays that are lost,
// a late one, and one that is rejected.
func listen(now time.Time) (l listening) {
	stretch := func(days, n int) []fakespotify.Play {
		from := now.AddDate(0, 0, -days)
		return fakespotify.History(1, from, from.AddDate(0, 0, 15), time.UTC)[:n]
	}
	after := func(p fakespotify.Play) page { return page{p.PlayedAt.Add(time.Millisecond), true} }
	old, year, half, month := stretch(800, 70), stretch(300, 50), stretch(100, 50), stretch(20, 80)
	month[45].AppearsAt = month[65].PlayedAt
	month[70].Flaws = []fakespotify.Flaw{fakespotify.NullTrackID}
	l.plays = slices.Concat(old, year, half, month)
	l.pages = []page{
		after(old[49]), after(old[69]), // 30 plays twice
		after(year[49]), after(half[49]),
		after(month[60]), // the first ten of the month are lost
		after(month[79]), {now, false},
	}
	return l
}

// served are the plays that Spotify has reported, oldest first.
func (l listening) served(fake *fakespotify.Server) (plays []fakespotify.Play) {
	reported := fake.Served(listener)
	for _, p := range l.plays {
		if reported[p.Key()] {
			plays = append(plays, p)
		}
	}
	return plays
}

// period reports whether a play belongs to a period.
func period(name string, asOf time.Time, zone *time.Location) func(fakespotify.Play) bool {
	return func(p fakespotify.Play) bool {
		for _, w := range insights.Windows {
			if name == w.Period {
				return !p.PlayedAt.Before(asOf.AddDate(0, 0, -w.Days)) && p.PlayedAt.Before(asOf)
			}
		}
		return name == insights.PeriodAll || name == p.PlayedAt.In(zone).Format("2006")
	}
}

// periods are the names of all periods that plays have, sorted.
func periods(plays []fakespotify.Play, zone *time.Location) []string {
	names := []string{insights.PeriodAll}
	for _, w := range insights.Windows {
		names = append(names, w.Period)
	}
	for _, p := range plays {
		names = append(names, fmt.Sprint(p.PlayedAt.In(zone).Year()))
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// totals are "plays | ms | tracks" of tracks that are counted.
func totals(counts []count) string {
	plays, ms := 0, 0
	for _, c := range counts {
		plays, ms = plays+c.Times, ms+c.MS
	}
	return fmt.Sprintf("%d | %d | %d", plays, ms, len(counts))
}

// totalsOf are the [totals] of a view.
func totalsOf(v *pages.Overview) string {
	return fmt.Sprintf("%d | %d | %d", v.Totals.Plays, milliseconds(v.Totals.Minutes), v.Totals.Tracks)
}

// windowed reports whether a period moves with the time.
func windowed(name string) bool {
	return slices.ContainsFunc(insights.Windows, func(w insights.Window) bool { return w.Period == name })
}

// topTen are the first ten of ranked tracks, each a line of its figures.
func topTen(counts []count, fake *fakespotify.Server) (lines []string) {
	for i, c := range counts[:min(10, len(counts))] {
		lines = append(lines, fmt.Sprintf("%d | %s | %s | %s | %d | %d | %s | %s", i+1, c.Track.ID, c.Track.Name, artists(c.Track), c.Times, c.MS,
			moment(c.Last), values(fake, c.Track.ID, "danceability", "energy", "valence")))
	}
	return lines
}

func artists(t fakespotify.Track) string {
	names := make([]string, len(t.Artists))
	for i, a := range t.Artists {
		names[i] = a.Name
	}
	return strings.Join(names, ", ")
}

// values are some of a track's audio features, "<nil>" where there are none.
func values(fake *fakespotify.Server, id string, names ...string) string {
	known, _ := fake.FeaturesOf(id)
	texts := make([]string, len(names))
	for i, name := range names {
		texts[i] = "<nil>"
		if v, ok := known[name]; ok {
			texts[i] = fmt.Sprint(v)
		}
	}
	return strings.Join(texts, " | ")
}

// shown are the lines of [topTen] of a view.
func shown(tracks []pages.Track) (lines []string) {
	for _, t := range tracks {
		lines = append(lines, fmt.Sprintf("%d | %s | %s | %s | %d | %d | %s | %s | %s | %s", t.Rank, t.TrackID, *t.TrackName, *t.Artists, t.TimesPlayed,
			milliseconds(t.MinutesPlayed), moment(*t.LastPlayedAt), number(t.Danceability), number(t.Energy), number(t.Valence)))
	}
	return lines
}

func number(v *float64) string {
	if v == nil {
		return "<nil>"
	}
	return fmt.Sprint(*v)
}

func moment(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.999Z") }

func milliseconds(minutes float64) int64 { return int64(math.Round(minutes * 60000)) }
