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
	r := Receipt{Gaps: []insights.Gap{}}
	for i, flags := range s.Flags[s.Lo:s.Hi] {
		if !s.has(s.Lo + i) {
			continue
		}
		ms := int64(s.MS[s.Lo+i])
		r.Plays, r.MS = r.Plays+1, r.MS+ms
		if s.Daily {
			continue
		}
		switch flags & (history.FromAPI | history.FromExport) {
		case history.FromAPI:
			r.API++
		case history.FromExport:
			r.Export++
		default:
			r.Both++
		}
		if flags&history.Measured != 0 {
			r.MeasuredMS += ms
		}
		if flags&history.TimeKnown == 0 {
			r.Unknown++
		}
	}
	for _, gap := range gaps {
		if !s.Daily && max(gap.After.UnixMicro(), s.Range.From) < min(gap.Before.UnixMicro(), s.Range.To) {
			r.Gaps = append(r.Gaps, gap)
		}
	}
	return r
}
