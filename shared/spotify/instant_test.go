package spotify

import (
	"testing"
	"time"
)

func TestInstant(t *testing.T) {
	second := time.Date(2026, 6, 24, 14, 48, 2, 0, time.UTC)
	for spelling, want := range map[string]time.Time{
		"2026-06-24T14:48:02Z":             second,
		"2026-06-24t14:48:02z":             second,
		"2026-06-24 14:48:02Z":             second,
		"2026-06-24T14:48:02-00:00":        second,
		"2026-06-24T16:48:02+02:00":        second,
		"2026-06-24T09:18:02.000-05:30":    second,
		"2026-06-24T14:48:02.1Z":           second.Add(100 * time.Millisecond),
		"2026-06-24T14:48:02.110999Z":      second.Add(110 * time.Millisecond),
		"2026-06-24T14:48:02.1109999999Z":  second.Add(110 * time.Millisecond),
		" 2026-06-24T14:48:02.123456789Z ": second.Add(123 * time.Millisecond),
		"2016-12-31T23:59:60Z":             time.Date(2017, 1, 1, 0, 0, 0, 0, time.UTC),
		"2016-12-31t18:59:60.5-05:00":      time.Date(2017, 1, 1, 0, 0, 0, 500e6, time.UTC),
	} {
		if got, ok := instant(spelling); !ok || !got.Equal(want) || got.Location() != time.UTC {
			t.Errorf("instant(%q) = %v, %v; want %v", spelling, got, ok, want)
		}
	}
	for _, spelling := range []string{"", "now", "2026-06-24", "2026-06-24T14:48:02", "2026-13-24T14:48:02Z", "2026-06-24T14:48:61Z", "1782312482110", "24 Jun 2026 14:48:02 UTC", "12026-06-24T14:48:02Z"} {
		if got, ok := instant(spelling); ok {
			t.Errorf("instant(%q) = %v", spelling, got)
		}
	}
}
