package fakespotify

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// Streams of one seed, so that no two uses of it draw the same numbers.
const (
	streamServer = 1 + iota
	streamArtist
	streamDay
	streamNext
	streamExport
)

const (
	artistsPerMonth = 5  // found by the listener
	monthsRemember  = 48 // after which an artist is forgotten
)

// library is the music of an invented listener. The seed and the month decide which artists are found in a month, so the
// music of a day is the same wherever a history starts.
type library struct {
	seed   uint64
	months map[int][]*song // of the artists found in a month, counted from year 0
	week   day             // its Monday
	chart  chart           // of that week
}

// song is a track with the measures of how much the listener likes it.
type song struct {
	Track
	album []*song // all of its album, in order

	found    int     // day
	weight   float64 // of the artist and of the song in the artist's work, both by Zipf
	halfLife float64 // days for the liking of the artist to halve
	season   float64 // day of the year on which the artist is liked most
	peak     float64 // days after found on which the song is a favourite
	hit      float64 // how much of a favourite
}

// chart is the songs that may be played in a week, with the running totals of their weights.
type chart struct {
	songs []*song
	sum   []float64
}

func newLibrary(seed uint64) *library {
	return &library{seed: seed, months: map[int][]*song{}}
}

// of returns the chart of a day's week.
func (l *library) of(d day) chart {
	monday := d.add(-(int(d.weekday()) + 6) % 7)
	if monday == l.week {
		return l.chart
	}
	l.week, l.chart = monday, chart{}
	this, total := monday.year*12+int(monday.month)-1, 0.0
	for month := this - monthsRemember + 1; month <= this; month++ {
		for _, s := range l.month(month) {
			if w := s.liking(monday); w > 0 {
				total += w
				l.chart.songs, l.chart.sum = append(l.chart.songs, s), append(l.chart.sum, total)
			}
		}
	}
	return l.chart
}

// liking is the weight of a song on a day: it rises over the first weeks, falls by the half-life, follows the season, and
// is higher while the song is a favourite.
func (s *song) liking(on day) float64 {
	age := float64(on.number() - s.found)
	if age < 0 {
		return 0
	}
	rise := min(1, (age+7)/28)
	fall := math.Exp2(-age/s.halfLife) * max(0, 1-age/(monthsRemember*31))
	season := 1 + 0.6*math.Cos(2*math.Pi*(float64(on.yearDay())-s.season)/365)
	fromPeak := (age - s.peak) / 35
	liking := s.weight * rise * fall * season * (1 + s.hit*math.Exp(-fromPeak*fromPeak))
	return liking / (1 + liking) // a limit, also for the favourite song of a favourite artist
}

func (l *library) month(month int) []*song {
	if songs, ok := l.months[month]; ok {
		return songs
	}
	var songs []*song
	for i := range artistsPerMonth {
		songs = append(songs, l.artist(month, i)...)
	}
	l.months[month] = songs
	return songs
}

// artist makes the songs of the ith artist found in a month: one album, or two for three in ten.
func (l *library) artist(month, i int) []*song {
	n := (month-2000*12)*artistsPerMonth + i
	rng := rand.New(rand.NewPCG(l.seed, mix(uint64(n))+streamArtist))
	own := mix(l.seed ^ mix(uint64(n)))
	artist := Artist{ID: catalogueID(l.seed, "artist", n), Name: artistName(l.seed, n)}
	found := day{month / 12, time.Month(month%12 + 1), 1 + rng.IntN(28)}.number()
	liked := song{
		found:    found,
		weight:   math.Pow(1+39*rng.Float64(), -0.8), // a rank of 1 to 40
		halfLife: 120 * math.Pow(12, rng.Float64()),  // 4 months to 4 years
		season:   365 * rng.Float64(),
	}
	var songs []*song
	ranks := rng.Perm(40)
	for a := range 1 + rng.IntN(10)/7 {
		album := Album{
			ID:          catalogueID(l.seed, "album", n, a),
			Name:        albumName(own, a),
			Artists:     []Artist{artist},
			ReleaseDate: day{month / 12, 1, 1}.add(-rng.IntN(8 * 365)).String(),
			TotalTracks: 5 + rng.IntN(4),
		}
		var tracks []*song
		for t := range album.TotalTracks {
			s := liked
			s.Track = l.track(rng, n, len(songs)+t, own, artist, album)
			s.TrackNumber = t + 1
			s.weight *= math.Pow(float64(2+ranks[(len(songs)+t)%len(ranks)]), -1.35)
			s.peak, s.hit = 300*rng.Float64(), 8*math.Pow(rng.Float64(), 3)
			tracks = append(tracks, &s)
		}
		for _, s := range tracks {
			s.album = tracks
		}
		songs = append(songs, tracks...)
	}
	return songs
}

func (l *library) track(rng *rand.Rand, n, t int, own uint64, artist Artist, album Album) Track {
	track := Track{
		ID:         catalogueID(l.seed, "track", n, t),
		Name:       trackName(own, t),
		Artists:    []Artist{artist},
		Album:      album,
		DurationMS: 120_000 + int(240_000*(rng.Float64()+rng.Float64()+rng.Float64())/3),
		ISRC:       isrc(n/(12*artistsPerMonth), modulo(n, 1000)*100+t),
		Explicit:   rng.IntN(12) == 0,
	}
	if rng.IntN(9) == 0 { // with a guest, who was found at about the same time
		guest := n + 1 + rng.IntN(4)
		track.Artists = append(track.Artists, Artist{ID: catalogueID(l.seed, "artist", guest), Name: artistName(l.seed, guest)})
	}
	return track
}

// pick draws a song by weight among those that suit, or nil where it finds none in 500 draws.
func (c chart) pick(rng *rand.Rand, suits func(*song) bool) *song {
	for range 500 {
		i, _ := slices.BinarySearch(c.sum, rng.Float64()*c.sum[len(c.sum)-1])
		if s := c.songs[min(i, len(c.songs)-1)]; suits(s) {
			return s
		}
	}
	return nil
}

// day is a day of the calendar, in no zone.
type day struct {
	year  int
	month time.Month
	dom   int
}

func dayOf(t time.Time) day {
	y, m, d := t.Date()
	return day{y, m, d}
}

func (d day) utc() time.Time        { return time.Date(d.year, d.month, d.dom, 0, 0, 0, 0, time.UTC) }
func (d day) number() int           { return int(math.Floor(float64(d.utc().Unix()) / 86_400)) }
func (d day) yearDay() int          { return d.utc().YearDay() }
func (d day) weekday() time.Weekday { return d.utc().Weekday() }
func (d day) add(days int) day      { return dayOf(d.utc().AddDate(0, 0, days)) }
func (d day) String() string        { return fmt.Sprintf("%04d-%02d-%02d", d.year, d.month, d.dom) }

// at is an instant of the day in a zone; the minute may be beyond midnight.
func (d day) at(minute int, zone *time.Location) time.Time {
	return time.Date(d.year, d.month, d.dom, 0, minute, 0, 0, zone)
}
