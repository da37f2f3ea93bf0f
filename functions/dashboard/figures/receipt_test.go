package figures_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"spotify-insights.internal/functions/dashboard/figures"
	"spotify-insights.internal/functions/dashboard/history"
	"spotify-insights.internal/functions/dashboard/history/historytest"
	"spotify-insights.internal/shared/insights"
)

// Receipts equal those counted from the rows of the snapshot.
func TestReceipts(t *testing.T) {
	z := zone(t, "Europe/Berlin")
	listens, tracks := historytest.Random(42, 4000, 100, 900, asOf)
	h, n := load(t, z, listens, tracks), newNaive(z, listens, tracks)
	artist := int(h.Tracks[h.Number[0]].Artist)
	for _, period := range []string{"all", "2025", "2025-10-26", "2025-03-30", "2010"} {
		slice := figures.Cut(h, parse(t, period, h))
		all, one := figures.Receipt{Gaps: []insights.Gap{}}, figures.Receipt{Gaps: []insights.Gap{}}
		for i, l := range listens {
			if date := h.Time(i).In(z).Format(time.DateOnly); period != "all" && !strings.HasPrefix(date, period) {
				continue
			}
			addTo(&all, l)
			if n.key(figures.Artists, l.TrackID) == h.Artists[artist].Key {
				addTo(&one, l)
			}
		}
		if got := figures.ReceiptOf(slice, nil); !reflect.DeepEqual(got, all) {
			t.Errorf("%s: %+v, want %+v", period, got, all)
		}
		if got := figures.ReceiptOf(slice.Of(figures.Artists, artist), nil); !reflect.DeepEqual(got, one) {
			t.Errorf("%s, one artist: %+v, want %+v", period, got, one)
		}
	}
}

func addTo(r *figures.Receipt, l historytest.Listen) {
	r.Plays++
	switch l.ToldBy {
	case "api":
		r.API++
	case "export":
		r.Export++
	case "both":
		r.Both++
	}
	if l.MSPlayed == nil {
		r.Unknown++
		return
	}
	r.MS += *l.MSPlayed
	if l.MSMeasured {
		r.MeasuredMS += *l.MSPlayed
	}
}

// A receipt has the gaps in which a play of its range may be missing. A gap that only touches the range has none.
func TestGapsOfReceipts(t *testing.T) {
	h := small(t, "2025-10-25 12:00|a|A|X|P", "2026-06-24 10:00|a")
	at := func(text string) time.Time {
		t.Helper()
		instant, err := time.Parse("2006-01-02 15:04", text)
		if err != nil {
			t.Fatal(err)
		}
		return instant
	}
	// In Berlin this day is from 22:00 to 23:00 UTC, 25 hours.
	slice := figures.Cut(h, parse(t, "2025-10-26", h))
	for _, tt := range []struct {
		after, before string
		in            bool
	}{
		{"2025-10-25 20:00", "2025-10-25 22:00", false},
		{"2025-10-25 20:00", "2025-10-25 22:01", true},
		{"2025-10-26 10:00", "2025-10-26 11:00", true},
		{"2025-10-20 10:00", "2025-11-20 11:00", true},
		{"2025-10-26 22:59", "2025-10-27 10:00", true},
		{"2025-10-26 23:00", "2025-10-27 10:00", false},
	} {
		gap := insights.Gap{After: at(tt.after), Before: at(tt.before)}
		if got := figures.ReceiptOf(slice, []insights.Gap{gap}).Gaps; (len(got) == 1) != tt.in || len(got) == 1 && got[0] != gap {
			t.Errorf("%v has the gaps %v", gap, got)
		}
		if got := figures.ReceiptOf(figures.Cut(h, figures.Everything()), []insights.Gap{gap}).Gaps; len(got) != 1 {
			t.Errorf("everything is without %v", gap)
		}
	}
}

// A public history knows plays and time only.
func TestPublicReceipt(t *testing.T) {
	listens, tracks := historytest.Random(43, 100, 20, 30, asOf)
	h := load(t, zone(t, "UTC"), listens, tracks)
	h.Daily = true
	for i := range h.Flags {
		h.Flags[i] &= history.TimeKnown
	}
	want := figures.Receipt{Plays: 100, Gaps: []insights.Gap{}}
	for _, ms := range h.MS {
		want.MS += int64(ms)
	}
	gap := insights.Gap{After: asOf.AddDate(0, 0, -10), Before: asOf.AddDate(0, 0, -9)}
	if got := figures.ReceiptOf(figures.Cut(h, figures.Everything()), []insights.Gap{gap}); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}
