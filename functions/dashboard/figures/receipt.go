package figures

import (
	"spotify-insights.internal/functions/dashboard/history"
	"spotify-insights.internal/shared/insights"
)

// Receipt says where the sums of a slice come from. Plays = API + Export + Both. A public history has no sources: only
// Plays and MS are known, the rest is 0.
type Receipt struct {
	Plays       int
	API, Export int            // plays that only this source reported
	Both        int            // plays that both sources reported; each counts once
	Unknown     int            // plays without a time
	MS          int64          // time listened to, in milliseconds
	MeasuredMS  int64          // part of MS that was measured; the rest comes from the lengths of tracks
	Gaps        []insights.Gap // those that overlap the range, in the order given
}

// ReceiptOf returns the receipt of a slice. gaps are the listener's open gaps.
func ReceiptOf(s Slice, gaps []insights.Gap) Receipt {
	var sums [1 << 8]Sum // by flags
	for i, flags := range s.Flags[s.Lo:s.Hi] {
		if s.has(s.Lo + i) {
			sum := &sums[flags]
			sum.Plays++
			sum.MS += int64(s.MS[s.Lo+i])
		}
	}
	r := Receipt{Gaps: GapsIn(s, gaps)}
	for bits, sum := range sums {
		r.Plays, r.MS = r.Plays+sum.Plays, r.MS+sum.MS
		if s.Daily {
			continue
		}
		flags := history.Flags(bits)
		switch flags & (history.FromAPI | history.FromExport) {
		case history.FromAPI:
			r.API += sum.Plays
		case history.FromExport:
			r.Export += sum.Plays
		default:
			r.Both += sum.Plays
		}
		if flags&history.Measured != 0 {
			r.MeasuredMS += sum.MS
		}
		if flags&history.TimeKnown == 0 {
			r.Unknown += sum.Plays
		}
	}
	return r
}

// GapsIn returns the gaps that overlap the range of a slice, in the order given; none for a public history.
func GapsIn(s Slice, gaps []insights.Gap) []insights.Gap {
	in := []insights.Gap{}
	for _, gap := range gaps {
		if !s.Daily && max(gap.After.UnixMicro(), s.Range.From) < min(gap.Before.UnixMicro(), s.Range.To) {
			in = append(in, gap)
		}
	}
	return in
}
