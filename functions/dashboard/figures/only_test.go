package figures_test

import (
	"reflect"
	"testing"

	"spotify-insights.internal/functions/dashboard/figures"
	"spotify-insights.internal/functions/dashboard/history/historytest"
)

// The figures of a history of one track, artist or album are those of its part of the whole history.
func TestOnly(t *testing.T) {
	z := zone(t, "Europe/Berlin")
	listens, tracks := historytest.Random(41, 3000, 200, 1200, asOf)
	h := load(t, z, listens, tracks)
	before := h.Len()
	for _, kind := range kinds {
		plays := 0
		for number := range figures.Size(h, kind) {
			one := figures.Only(h, kind, number)
			for _, period := range []string{"all", "1y", "2025-10"} {
				part, own := figures.Cut(h, parse(t, period, h)).Of(kind, number), figures.Cut(one, parse(t, period, h))
				got, want := figures.CountAll(own).Totals(), figures.CountAll(part).Totals()
				if got != want || !reflect.DeepEqual(figures.ClockOf(own), figures.ClockOf(part)) || !reflect.DeepEqual(figures.ReceiptOf(own, nil), figures.ReceiptOf(part, nil)) {
					t.Errorf("%s in %s: %+v, want %+v", keyOf(h, kind, number), period, got, want)
				}
				if a, b := figures.Recent(own, 5), figures.Recent(part, 5); len(a) != len(b) || len(a) > 0 && one.At[a[0]] != h.At[b[0]] {
					t.Errorf("%s in %s: recently %v, want %v", keyOf(h, kind, number), period, a, b)
				}
			}
			plays += one.Len()
		}
		if plays != h.Len() || h.Len() != before {
			t.Errorf("kind %d has %d plays, the history has %d", kind, plays, h.Len())
		}
	}
}
