package fakespotify

import (
	"math/rand/v2"
	"time"
)

// The most plays of a day and evening, and of the hours after midnight that belong to the evening before.
const (
	dayMost   = 40
	nightMost = 8
)

// History returns what an invented listener played between from and to (by the end of the play, to excluded), oldest
// first: 25 to 45 plays on most days and never over 48, at the hours of the zone; commute, work and evening, later at
// weekends, days off and holidays; albums played through, playlists, some skips; favourites that change.
//
// The plays of a calendar day depend only on the seed, the day and the zone: histories that overlap agree there. No
// play starts before the one ahead of it has ended, and every one is longer than 30 s.
func History(seed uint64, from, to time.Time, zone *time.Location) []Play {
	var plays []Play
	l := newLibrary(seed)
	for d := dayOf(from.In(zone)).add(-1); !d.at(0, zone).After(to); d = d.add(1) {
		for _, p := range l.day(d, zone) {
			if !p.PlayedAt.Before(from) && p.PlayedAt.Before(to) {
				plays = append(plays, p)
			}
		}
	}
	return plays
}

// NextPlay returns a track that the listener of History would start at a moment, played to its end. The same seed and
// moment give the same play.
func NextPlay(seed uint64, at time.Time, zone *time.Location) Play {
	rng := rand.New(rand.NewPCG(seed, mix(uint64(at.UnixMilli()))+streamNext))
	s := sitting{library: newLibrary(seed), rng: rng}
	local := at.In(zone)
	pick := s.run(dayOf(local), local.Hour(), 1)[0]
	return Play{Track: pick.Track, PlayedAt: at.Add(pick.length()).UTC().Truncate(time.Millisecond), Context: pick.context}
}

// block is a period of listening: about when it starts, and its share of the day's plays.
type block struct {
	minute, jitter int // of the day
	share          float64
}

var (
	workday = []block{{7*60 + 25, 20, 0.13}, {9*60 + 20, 40, 0.27}, {13*60 + 40, 50, 0.24}, {17*60 + 25, 25, 0.13}, {20*60 + 10, 60, 0.23}}
	weekend = []block{{10*60 + 40, 60, 0.30}, {14*60 + 30, 70, 0.28}, {19*60 + 15, 60, 0.42}}
	holiday = []block{{10*60 + 45, 75, 0.45}, {20*60 + 45, 80, 0.55}}
	dayOff  = []block{{18 * 60, 240, 1}}
)

// day returns the plays that end within one calendar day.
func (l *library) day(d day, zone *time.Location) []Play {
	rng := rand.New(rand.NewPCG(l.seed, mix(uint64(d.number()))+streamDay))
	s := sitting{library: l, rng: rng}
	clock, end := d.at(0, zone), d.add(1).at(0, zone)

	var plays []Play
	listen := func(start time.Time, n int) {
		if earliest := clock.Add(time.Minute); start.Before(earliest) {
			start = earliest
		}
		more := s.play(d, start, end, n)
		if len(more) > 0 {
			clock = more[len(more)-1].PlayedAt
		}
		plays = append(plays, more...)
	}

	blocks, n := l.plan(d, rng)
	if atWeekend(d) && rng.IntN(10) < 6 { // the end of last night
		listen(d.at(10+rng.IntN(50), zone), 1+rng.IntN(nightMost))
	}
	left, shares := n, 1.0
	for _, b := range blocks {
		k := min(left, int(float64(left)*b.share/shares*(0.75+rng.Float64()/2)+0.5))
		if b == blocks[len(blocks)-1] {
			k = left
		}
		left, shares = left-k, shares-b.share
		listen(d.at(b.minute-b.jitter+rng.IntN(2*b.jitter+1), zone), k)
	}
	return plays
}

// plan chooses the kind of a day, and how many plays it has from morning to midnight.
func (l *library) plan(d day, rng *rand.Rand) ([]block, int) {
	switch {
	case l.onHoliday(d):
		return holiday, 6 + rng.IntN(13)
	case rng.IntN(100) < 5:
		return dayOff, rng.IntN(6)
	case atWeekend(d):
		return weekend, 25 + rng.IntN(dayMost-25)
	}
	return workday, 27 + rng.IntN(dayMost-27+1)
}

func atWeekend(d day) bool { return d.weekday() == time.Saturday || d.weekday() == time.Sunday }

// onHoliday reports whether a day is in two weeks of the summer or four days of the spring, which differ by year, or at
// the turn of the year.
func (l *library) onHoliday(d day) bool {
	year := mix(l.seed ^ uint64(d.year))
	summer := day{d.year, time.June, 20}.number() + int(year%50)
	spring := day{d.year, time.April, 1}.number() + int(year/50%40)
	n := d.number()
	return n >= summer && n < summer+14 || n >= spring && n < spring+4 ||
		d.month == time.December && d.dom >= 24 || d.month == time.January && d.dom == 1
}
