package history

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
)

// readListens appends the listens of one file to the history. numbers are the tracks' numbers by id.
func (h *History) readListens(f file, numbers map[string]int32) error {
	tracks, err := f.texts("track_id")
	if err != nil {
		return err
	}
	milliseconds, err := f.integers("ms_played")
	if err != nil {
		return err
	}
	if h.Daily {
		err = h.readDays(f)
	} else {
		err = h.readInstants(f)
	}
	if err != nil {
		return err
	}
	first := len(h.Number)
	h.Number = slices.Grow(h.Number, len(tracks.index))
	found := make([]int32, len(tracks.values)) // by value: the track's number + 1, 0 before the first look-up
	for _, value := range tracks.index {
		if value < 0 {
			return errors.New("a listen has no track_id")
		}
		if found[value] == 0 {
			n, ok := numbers[tracks.values[value]]
			if !ok {
				return fmt.Errorf("track %.40q of a listen is not among the tracks", tracks.values[value])
			}
			found[value] = n + 1
		}
		h.Number = append(h.Number, found[value]-1)
	}
	h.MS = slices.Grow(h.MS, len(milliseconds))
	for i, ms := range milliseconds {
		if ms != null {
			h.Flags[first+i] |= TimeKnown
		}
		h.MS = append(h.MS, int32(min(max(ms, 0), math.MaxInt32)))
	}
	return nil
}

// readInstants reads the instants and flags of listens.
func (h *History) readInstants(f file) error {
	instants, err := f.integers("played_at")
	if err != nil {
		return err
	}
	if slices.Contains(instants, null) {
		return errors.New("a listen has no played_at")
	}
	measured, err := f.booleans("ms_measured")
	if err != nil {
		return err
	}
	follows, err := f.booleans("follows_gap")
	if err != nil {
		return err
	}
	sources, err := f.texts("told_by")
	if err != nil {
		return err
	}
	finished := slices.Repeat([]int8{-1}, len(instants)) // of a snapshot that is older than the column: unknown
	if f.has("finished") {
		if finished, err = f.booleans("finished"); err != nil {
			return err
		}
	}
	h.At = append(h.At, instants...)
	h.Flags = slices.Grow(h.Flags, len(instants))
	for i := range instants {
		flags := sourceFlags[sources.at(i)]
		if flags == 0 {
			return fmt.Errorf("told_by %.40q is unknown", sources.at(i))
		}
		if measured[i] == 1 {
			flags |= Measured
		}
		if follows[i] == 1 {
			flags |= FollowsGap
		}
		if finished[i] >= 0 {
			flags |= EndKnown
		}
		if finished[i] == 1 {
			flags |= Finished
		}
		h.Flags = append(h.Flags, flags)
	}
	return nil
}

var sourceFlags = map[string]Flags{"api": FromAPI, "export": FromExport, "both": FromAPI | FromExport}

// Source names the sources that reported a listen: api, export or both; empty in a public history.
func (f Flags) Source() string {
	switch f & (FromAPI | FromExport) {
	case FromAPI:
		return "api"
	case FromExport:
		return "export"
	case FromAPI | FromExport:
		return "both"
	}
	return ""
}

// readDays reads the days of public listens, YYYYMMDD, as the instants of their midnights in UTC.
func (h *History) readDays(f file) error {
	days, err := f.integers("day")
	if err != nil {
		return err
	}
	var day, instant int64
	for _, d := range days {
		if d != day {
			t := time.Date(int(d/10000), time.Month(d/100%100), int(d%100), 0, 0, 0, 0, time.UTC)
			if d < 0 || int64(t.Year()*10000+int(t.Month())*100+t.Day()) != d {
				return fmt.Errorf("%d is not a day", d)
			}
			day, instant = d, t.UnixMicro()
		}
		h.At = append(h.At, instant)
		h.Flags = append(h.Flags, 0)
	}
	return nil
}

// sort orders the listens by instant and track. Most snapshots are in this order already.
func (h *History) sort() {
	compare := func(i, j int) int {
		return cmp.Or(cmp.Compare(h.At[i], h.At[j]), cmp.Compare(h.Number[i], h.Number[j]))
	}
	order := make([]int, len(h.At))
	for i := range order {
		order[i] = i
	}
	if slices.IsSortedFunc(order, compare) {
		return
	}
	slices.SortStableFunc(order, compare)
	h.At, h.MS, h.Number, h.Flags = permuted(h.At, order), permuted(h.MS, order), permuted(h.Number, order), permuted(h.Flags, order)
}

func permuted[T any](column []T, order []int) []T {
	out := make([]T, len(column))
	for i, from := range order {
		out[i] = column[from]
	}
	return out
}
