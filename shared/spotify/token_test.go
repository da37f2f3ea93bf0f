package spotify

import (
	"testing"
	"time"
)

func TestConsentEnds(t *testing.T) {
	for given, want := range map[string]string{"2026-01-15": "2026-07-15", "2026-08-31": "2027-02-28", "2027-08-31": "2028-02-29", "2026-07-31": "2027-01-31", "2026-03-31": "2026-09-30"} {
		at, err := time.Parse(time.DateOnly, given)
		if err != nil {
			t.Fatal(err)
		}
		if got := ConsentEnds(at).Format(time.DateOnly); got != want {
			t.Errorf("a consent of %s ends on %s, want %s", given, got, want)
		}
	}
}
