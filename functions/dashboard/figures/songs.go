package figures

import "slices"

// MonthSong is a calendar month and its song.
type MonthSong struct {
	Month string // 2006-01
	Sum
	Track Ranked // the track with most plays of the month
	OK    bool   // false for a month without plays, which has no song
}

// SongsOfMonths returns each month of the slice's calendar in ascending order, with the first track of its ranking by
// plays.
func SongsOfMonths(s Slice) []MonthSong {
	list := []MonthSong{}
	counts := &Counts{slice: s}
	tracks := make([]Count, len(s.Tracks))
	counts.kinds[Tracks] = tracks
	var heard []int32 // the tracks of the month
	var sum Sum
	eachMonth(s, func(i int) {
		n := s.Number[i]
		if tracks[n].Plays == 0 {
			heard = append(heard, n)
		}
		tracks[n].add(1, int32(i), int64(s.MS[i]))
		sum.Plays++
		sum.MS += int64(s.MS[i])
	}, func(month string) {
		song := MonthSong{Month: month, Sum: sum, OK: len(heard) > 0}
		if song.OK {
			best := slices.MinFunc(heard, counts.order(Tracks, ByPlays))
			song.Track = Ranked{Rank: 1, Number: int(best), Count: tracks[best]}
		}
		list = append(list, song)
		for _, n := range heard {
			tracks[n] = Count{}
		}
		heard, sum = heard[:0], Sum{}
	})
	return list
}
