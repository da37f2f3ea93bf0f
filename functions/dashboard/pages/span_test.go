package pages_test

import (
	"strings"
	"testing"
	"time"

	"spotify-insights.internal/functions/dashboard/history/historytest"
)

// at returns a play of a track at a time of a zone.
func at(t *testing.T, z *time.Location, local, track string) historytest.Listen {
	t.Helper()
	instant, err := time.ParseInLocation("2006-01-02 15:04", local, z)
	if err != nil {
		t.Fatal(err)
	}
	return historytest.Listen{PlayedAt: instant.UnixMicro(), TrackID: track, ToldBy: "api", MSPlayed: new(int64(60_000))}
}

// What is no month or day of a history is not found, with a sentence that says what is.
func TestNoSpan(t *testing.T) {
	listens, tracks := historytest.Random(4, 50, 5, 90, snapshotAt)
	d := newDiary(t, "Europe/Berlin", listens, tracks)
	for _, id := range []string{"2026", "2026-13", "2026-02-29", "2005-12", "2028-01", "2028-01-01", "4w", "all", "2026-05-05..2026-05-06", "0000-00-00", "%3Cscript%3E", strings.Repeat("%C3%BC", 100_000)} {
		if body := d.page("/history/"+id, 404); !strings.Contains(body, "is not a month or a day") || len(body) > 3000 || strings.Contains(body, "<script>") {
			t.Errorf("%.20s: %.500s", id, body)
		}
	}
}

// A month or day without plays says so, and links to the nearest ones with plays; others link to their neighbours.
func TestNearestSpans(t *testing.T) {
	z, _ := time.LoadLocation("Europe/Berlin")
	track := historytest.Track{TrackID: "a", TrackName: new("A")}
	d := newDiary(t, "Europe/Berlin", []historytest.Listen{at(t, z, "2025-12-31 23:30", "a"), at(t, z, "2026-03-01 00:10", "a"), at(t, z, "2026-03-05 10:00", "a")}, []historytest.Track{track})
	for target, texts := range map[string][]string{
		"/history/2026-02":              {"Nothing was played", `href="/history/2025-12"`, `href="/history/2026-03"`},
		"/history/2026-02?period=1y":    {`href="/history/2025-12?period=1y"`},
		"/history/2006-01":              {"Nothing was played", `href="/history/2025-12"`, `!rel="prev"`},
		"/history/2027-12":              {"Nothing was played", `href="/history/2026-03"`, `!rel="next"`},
		"/history/2026-03":              {"!Nothing was played.", `href="/history/2025-12" rel="prev"`, `!rel="next"`},
		"/history/2026-03-03":           {"Nothing was played", `href="/history/2026-03-01"`, `href="/history/2026-03-05"`, `href="/history/2026-03"`},
		"/history/2026-03-01":           {"!Nothing was played.", "Sunday 1 March 2026", "00:10", `href="/history/2025-12-31" rel="prev"`, `href="/history/2026-03-05" rel="next"`},
		"/history/2026-02?listener=you": {"Nothing was played"},
	} {
		d.contains(target, texts...)
	}
}
