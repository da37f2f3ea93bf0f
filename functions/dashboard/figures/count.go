package figures

import "spotify-insights.internal/functions/dashboard/history"

// Count is how often and how long something was listened to.
type Count struct {
	Plays int32
	Last  int32 // position of the latest listen
	MS    int64
}

// Minutes returns the time listened to in minutes.
func (c Count) Minutes() float64 { return float64(c.MS) / 60000 }

func (c *Count) add(plays, last int32, ms int64) {
	c.Plays += plays
	c.MS += ms
	c.Last = max(c.Last, last)
}

// Counts are the counts of all tracks, artists and albums in a slice.
type Counts struct {
	slice Slice
	kinds [3][]Count // by kind, then by number
}

// CountAll counts a slice in one pass.
func CountAll(s Slice) *Counts {
	c := &Counts{slice: s}
	tracks := make([]Count, len(s.Tracks))
	milliseconds := s.MS[s.Lo:s.Hi]
	for i, n := range s.Number[s.Lo:s.Hi] {
		if s.only == nil || s.only[n] {
			t := &tracks[n]
			t.Plays++
			t.MS += int64(milliseconds[i])
			t.Last = int32(s.Lo + i)
		}
	}
	artists, albums := make([]Count, len(s.Artists)), make([]Count, len(s.Albums))
	for n := range tracks {
		t := &tracks[n]
		if t.Plays == 0 {
			continue
		}
		if a := s.Tracks[n].Artist; a != history.None {
			artists[a].add(t.Plays, t.Last, t.MS)
		}
		if a := s.Tracks[n].Album; a != history.None {
			albums[a].add(t.Plays, t.Last, t.MS)
		}
	}
	c.kinds = [3][]Count{Tracks: tracks, Artists: artists, Albums: albums}
	return c
}

// History returns the history that was counted.
func (c *Counts) History() *history.History { return c.slice.History }

// Totals are the sums of a slice.
type Totals struct {
	Plays, Tracks, Artists, Albums int
	MS                             int64
}

// Totals returns the sums of the slice.
func (c *Counts) Totals() (t Totals) {
	for i := range c.kinds[Tracks] {
		t.Plays += int(c.kinds[Tracks][i].Plays)
		t.MS += c.kinds[Tracks][i].MS
	}
	t.Tracks, t.Artists, t.Albums = played(c.kinds[Tracks]), played(c.kinds[Artists]), played(c.kinds[Albums])
	return t
}

func played(counts []Count) (n int) {
	for i := range counts {
		if counts[i].Plays > 0 {
			n++
		}
	}
	return n
}
