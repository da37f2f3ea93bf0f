package pages

import (
	"time"

	"spotify-insights.internal/functions/dashboard/figures"
)

// Item is the page of one track, artist or album. Numbers are of the period; those of AllTime and Kept are of the whole
// history. Null is unknown.
type Item struct {
	Listener string `json:"listener"`
	Period   string `json:"period"`
	Kind     string `json:"kind"`   // track, artist or album
	Places   int    `json:"places"` // of the ranking that the rank is in
	// One of these is not null.
	Track  *Track  `json:"track"`
	Artist *Artist `json:"artist"`
	Album  *Album  `json:"album"`

	AllTime    AllTime     `json:"all_time"`
	Incomplete bool        `json:"incomplete"` // an open gap is in the period, so plays may be missing
	Finished   *float64    `json:"finished"`   // share of the plays whose end is known, 0 to 1; null on a public page
	Months     []MonthSum  `json:"months"`
	Clock      *[7][24]int `json:"clock"`      // plays by day of the week, Monday first, and hour; null on a public page
	LastPlays  []Recent    `json:"last_plays"` // newest first; none on a public page
	Tracks     []Track     `json:"tracks"`     // of an artist or album, most plays first
	Albums     []Album     `json:"albums"`     // of an artist, most plays first
	Kept       *Kept       `json:"kept"`       // of an artist
	Sound      *TrackSound `json:"sound"`      // of a track
	Releases   []Release   `json:"releases"`   // of the recording of a track, if there are others

	request        Request
	own            Request // with the history of its plays only
	kind           figures.Kind
	number         int
	head           Place
	slice, ever    figures.Slice // of its plays: of the period, and all
	count          Count
	calendar       []figures.Day // of the period
	tracks, albums []figures.Ranked
	releases       []figures.Ranked
}

// AllTime is what is known of the whole history. Days are of the listener's zone, 2006-01-02.
type AllTime struct {
	TimesPlayed   int        `json:"times_played"`
	MinutesPlayed float64    `json:"minutes_played"`
	FirstDay      *string    `json:"first_day"`
	LastDay       *string    `json:"last_day"`
	FirstPlayedAt *time.Time `json:"first_played_at"` // null on a public page
	LastPlayedAt  *time.Time `json:"last_played_at"`  // null on a public page
}

// headSize is the width of the cover at the head, in CSS pixels.
const headSize = 280

// item returns the page of a track, artist or album.
func item(kind figures.Kind) func(Request) (*Page, error) {
	return func(r Request) (*Page, error) {
		number, err := r.find(kind)
		if err != nil {
			return nil, err
		}
		i := itemOf(r, kind, number)
		return &Page{Title: i.head.Name, Data: i, Tables: i.tables(), name: "item"}, nil
	}
}

func itemOf(r Request, kind figures.Kind, number int) *Item {
	own := r
	own.History = figures.Only(r.History, kind, number)
	i := &Item{
		Listener: r.Listener.ID, Period: r.Period.Text, Kind: kinds[kind].one,
		LastPlays: []Recent{}, Tracks: []Track{}, Albums: []Album{}, Releases: []Release{},
		request: r, own: own, kind: kind, number: number, head: r.item(kind, number, headSize), slice: own.slice(), ever: own.everything(),
	}
	i.calendar = figures.Calendar(i.slice)
	i.Months = monthSums(figures.Months(i.calendar))
	i.addAllTime()
	counts := figures.CountAll(r.slice())
	i.addPlace(counts)
	if kind == figures.Tracks {
		i.Sound = trackSoundOf(r.History, number)
		i.addReleases(counts)
	} else {
		i.addParts()
	}
	if r.Private() {
		i.addPrivate()
	}
	return i
}

// addPlace adds the place in the ranking of the period.
func (i *Item) addPlace(counts *figures.Counts) {
	r, h := i.request, i.request.History
	place := figures.Ranked{Number: i.number, Count: counts.Of(i.kind, i.number)}
	place.Rank, i.Places = counts.Place(i.kind, figures.ByPlays, i.number)
	if r.comparable() {
		place.Before, _ = figures.CountAll(r.slice().Before()).Place(i.kind, figures.ByPlays, i.number)
	}
	i.count = countOf(h, place)
	switch i.kind {
	case figures.Artists:
		i.Artist = new(artistOf(h, place))
	case figures.Albums:
		i.Album = new(albumOf(h, place))
	default:
		i.Track = new(trackOf(h, place))
	}
}

// addAllTime adds what is known of the whole history.
func (i *Item) addAllTime() {
	h, all := i.own.History, &i.AllTime
	sums := figures.ReceiptOf(i.ever, nil)
	all.TimesPlayed, all.MinutesPlayed = sums.Plays, minutes(sums.MS)
	if h.Len() == 0 {
		return
	}
	first, last := h.Time(0), h.Time(h.Len()-1)
	all.FirstDay, all.LastDay = new(figures.DateOf(first, h.Zone).String()), new(figures.DateOf(last, h.Zone).String())
	if i.request.Private() {
		all.FirstPlayedAt, all.LastPlayedAt = &first, &last
	}
}

// addPrivate adds the last plays, the clock, and how plays ended.
func (i *Item) addPrivate() {
	for _, position := range figures.Recent(i.slice, shownRecent) {
		i.LastPlays = append(i.LastPlays, recent(i.own.History, position))
	}
	i.Clock = new([7][24]int)
	for day, hours := range figures.ClockOf(i.slice) {
		for hour, sum := range hours {
			i.Clock[day][hour] = sum.Plays
		}
	}
	if share, known := figures.FinishedShare(i.slice); known > 0 {
		i.Finished = &share
	}
	i.Incomplete = len(figures.GapsIn(i.slice, i.request.Loaded().Gaps)) > 0
}

// Heard reports whether there is a play in the period.
func (i *Item) Heard() bool { return i.count.TimesPlayed > 0 }
