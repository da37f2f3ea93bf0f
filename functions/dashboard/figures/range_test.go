package figures_test

import (
	"strings"
	"testing"
	"time"

	"spotify-insights.internal/functions/dashboard/figures"
	"spotify-insights.internal/functions/dashboard/history"
	"spotify-insights.internal/shared/faults"
)

// Ranges begin and end at the listener's midnights; the previous range has the same length.
func TestParseRange(t *testing.T) {
	for _, tt := range []struct{ zone, text, from, to, before, end string }{
		{"UTC", "4w", "2026-05-27T20:00:00Z", "2026-06-24T20:00:00Z", "2026-04-29T20:00:00Z", "2026-05-27T20:00:00Z"},
		{"UTC", "6m", "2025-12-24T20:00:00Z", "2026-06-24T20:00:00Z", "2025-06-25T20:00:00Z", "2025-12-24T20:00:00Z"},
		{"Europe/Berlin", "2025", "2024-12-31T23:00:00Z", "2025-12-31T23:00:00Z", "2023-12-31T23:00:00Z", "2024-12-31T23:00:00Z"},
		{"Europe/Berlin", "2026", "2025-12-31T23:00:00Z", "2026-12-31T23:00:00Z", "2024-12-31T23:00:00Z", "2025-06-24T20:00:00Z"},
		{"Europe/Berlin", "2025-10", "2025-09-30T22:00:00Z", "2025-10-31T23:00:00Z", "2025-08-31T22:00:00Z", "2025-09-30T22:00:00Z"},
		{"Europe/Berlin", "2025-10-26", "2025-10-25T22:00:00Z", "2025-10-26T23:00:00Z", "2025-10-24T22:00:00Z", "2025-10-25T22:00:00Z"},
		{"Europe/Berlin", "2024-02-28..2024-03-01", "2024-02-27T23:00:00Z", "2024-03-01T23:00:00Z", "2024-02-24T23:00:00Z", "2024-02-27T23:00:00Z"},
		{"UTC", "2026-06-24", "2026-06-24T00:00:00Z", "2026-06-25T00:00:00Z", "2026-06-23T00:00:00Z", "2026-06-23T20:00:00Z"},
		{"UTC", "2027", "2027-01-01T00:00:00Z", "2028-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"},
		{"America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z", "2018-11-03T03:00:00Z", "2018-11-04T03:00:00Z"}, // has no midnight
		{"America/Havana", "2024-11-03", "2024-11-03T04:00:00Z", "2024-11-04T05:00:00Z", "2024-11-02T04:00:00Z", "2024-11-03T04:00:00Z"},    // has two midnights
		{"Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z", "2011-12-30T10:00:00Z", "2011-12-29T10:00:00Z", "2011-12-30T10:00:00Z"},      // is skipped
	} {
		h := &history.History{AsOf: asOf, Zone: zone(t, tt.zone)}
		r, err := figures.ParseRange(tt.text, h, asOf)
		if err != nil {
			t.Fatal(tt.text, err)
		}
		for _, instant := range []struct {
			got  int64
			want string
		}{{r.From, tt.from}, {r.To, tt.to}, {r.Before.From, tt.before}, {r.Before.To, tt.end}} {
			if got := time.UnixMicro(instant.got).UTC().Format(time.RFC3339); got != instant.want {
				t.Errorf("%s in %s: %s, want %s", tt.text, tt.zone, got, instant.want)
			}
		}
	}
}

func TestBadRanges(t *testing.T) {
	h := &history.History{AsOf: asOf, Zone: time.UTC}
	for _, text := range []string{
		"", "5w", "ALL", "all ", "0", "2005", "2028", "20 26", "-2026", "2026-1", "2026-13", "2026-00", "2025-02-29", "2026-06-31", "1026-01-01..2026-01-01", "2026-01-01..3026-01-01",
		"2026-02-01..2026-01-01", "2026..2027", "2026-01..2026-02", "2026-01-01..", "..2026-01-01", "2026-01-01..2026-01-02..2026-01-03", "2026-01-01...2026-01-02", "२०२६",
		"2026/01", "2026\x00", strings.Repeat("9", 1<<20), "<script>",
	} {
		_, err := figures.ParseRange(text, h, asOf)
		if faults.Of(err) != faults.Invalid || !strings.HasPrefix(faults.Action(err), "Use 4w, 6m, 1y, all, a year such as 2026, ") || len(err.Error()) > 250 {
			t.Errorf("%.40q gives %.300v", text, err)
		}
	}
	all, err := figures.ParseRange("all", h, asOf)
	if err != nil || all.Before != nil {
		t.Errorf("all: %+v, %v", all, err)
	}
	if r, err := figures.ParseRange("4w", &history.History{Zone: time.UTC}, asOf); err != nil || r.To != asOf.UnixMicro() {
		t.Errorf("4w before the first snapshot: %+v, %v", r, err)
	}
}
