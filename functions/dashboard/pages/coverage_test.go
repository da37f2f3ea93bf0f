package pages

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"spotify-insights.internal/functions/dashboard/figures"
	"spotify-insights.internal/functions/dashboard/history"
)

// runsOf reads runs such as "E5 Q2": five days from the export, then two without plays. The first day is 30 December 2025.
func runsOf(t *testing.T, text string) []figures.Run {
	t.Helper()
	day := figures.DateOf(time.Date(2025, 12, 30, 0, 0, 0, 0, time.UTC), time.UTC)
	var runs []figures.Run
	for _, part := range strings.Fields(text) {
		var days int
		if _, err := fmt.Sscan(part[1:], &days); err != nil {
			t.Fatal(err)
		}
		to := day + figures.Date(days)
		runs = append(runs, figures.Run{From: day, To: to - 1, Cover: figures.Cover(strings.Index("BMEHTQ", part[:1]))})
		day = to
	}
	return runs
}

// Few days without plays are drawn as the days before them, and never as days that may be incomplete.
func TestSmooth(t *testing.T) {
	for text, want := range map[string]string{
		"":                     "",
		"E5":                   "E5",
		"E5 Q7 E1":             "E13",
		"E5 Q8 E1":             "E5 Q8 E1",
		"E5 Q2 H3 Q1 T1 Q2 E1": "E7 H4 T3 E1",
		"E1 M2 Q3 E4":          "E1 M2 Q3 E4",
		"E1 Q3 M2 E4":          "E4 M2 E4",
	} {
		if got := smooth(runsOf(t, text)); !slices.Equal(got, runsOf(t, want)) {
			t.Errorf("%q: %v, want %q", text, got, want)
		}
	}
}

// The strip of a year has the year's part of each run, and the days before the first play.
func TestTimelineOfYears(t *testing.T) {
	d := &Record{request: Request{Site: &Site{}, History: &history.History{Zone: time.UTC}}, runs: runsOf(t, "E5 Q2 M1 H10")}
	d.Days.All, d.Days.Missing = figures.Complete(d.runs)
	if got := d.Complete(); got != "Complete for 17 of 18 days." {
		t.Error(got)
	}
	html := string(d.Timeline())
	for _, want := range []string{
		"15 of 16 days complete", "2 of 2 days complete", "1 Jan 2025 – 29 Dec 2025: before your first play", "30 Dec 2025 – 31 Dec 2025: from your export",
		"1 Jan 2026 – 5 Jan 2026: from your export", ">6 Jan 2026: plays may be missing", "7 Jan 2026 – 16 Jan 2026: read every hour", `href="/year/2025"`,
	} {
		if !strings.Contains(html, want) {
			t.Errorf("the timeline does not contain %q", want)
		}
	}
	if now, before := strings.Index(html, "/year/2026"), strings.Index(html, "/year/2025"); now < 0 || now > before {
		t.Errorf("2026 is at %d, 2025 at %d", now, before)
	}
	if d.runs = nil; d.Timeline() != "" {
		t.Error("a record without plays has a timeline")
	}
}
