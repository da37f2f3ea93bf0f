package figures_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"spotify-insights.internal/functions/dashboard/figures"
	"spotify-insights.internal/functions/dashboard/history"
	"spotify-insights.internal/functions/dashboard/history/historytest"
	"spotify-insights.internal/shared/insights"
)

// The runs equal a computation day by day, in a zone that changes its clocks.
func TestCoverage(t *testing.T) {
	z := zone(t, "Europe/Berlin")
	listens, tracks := historytest.Random(35, 900, 50, 700, asOf)
	for i := range listens {
		if i < 300 {
			listens[i].ToldBy = "export"
		} else if i > 600 {
			listens[i].ToldBy = "api"
		}
	}
	h := load(t, z, listens, tracks)
	var gaps []insights.Gap
	for i := 1; i < h.Len(); i++ {
		if h.Flags[i]&history.FollowsGap != 0 || h.At[i]-h.At[i-1] > 5*24*time.Hour.Microseconds() {
			gaps = append(gaps, insights.Gap{After: h.Time(i - 1), Before: h.Time(i)})
		}
	}
	var want []figures.Run
	missing := 0
	first := h.Time(0).In(z)
	for day := time.Date(first.Year(), first.Month(), first.Day(), 0, 0, 0, 0, z); day.Before(asOf); day = day.AddDate(0, 0, 1) {
		next := day.AddDate(0, 0, 1)
		var told history.Flags
		for i := range h.Len() {
			if at := h.Time(i); !at.Before(day) && at.Before(next) {
				told |= h.Flags[i] & (history.FromAPI | history.FromExport)
			}
		}
		cover := map[history.Flags]figures.Cover{
			0: figures.Quiet, history.FromAPI: figures.Hourly, history.FromExport: figures.Export, history.FromAPI | history.FromExport: figures.Both,
		}[told]
		if slices.ContainsFunc(gaps, func(g insights.Gap) bool { return g.After.Before(next) && g.Before.After(day) }) {
			cover = figures.Missing
			missing++
		}
		want = append(want, figures.Run{From: figures.DateOf(day, z), To: figures.DateOf(day, z), Cover: cover})
	}
	runs := figures.CoverageOf(h, gaps)
	var got []figures.Run
	for i, run := range runs {
		if i > 0 && (run.Cover == runs[i-1].Cover || run.From != runs[i-1].To+1) {
			t.Errorf("%+v follows %+v", run, runs[i-1])
		}
		for day := run.From; day <= run.To; day++ {
			got = append(got, figures.Run{From: day, To: day, Cover: run.Cover})
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if days, lost := figures.Complete(runs); days != len(want) || lost != missing || missing == 0 {
		t.Errorf("%d of %d days are missing, want %d of %d", lost, days, missing, len(want))
	}
}

// A gap touches the days of its open range of instants. Both ends are held.
func TestCoverageLimits(t *testing.T) {
	h := small(t, "2026-06-17 22:00|a|A|X|P", "2026-06-19 21:59|a", "2026-06-21 22:00|a", "2026-06-22 10:00|a")
	at := func(text string) time.Time {
		instant, err := time.Parse("01-02 15:04", text)
		if err != nil {
			t.Fatal(err)
		}
		return instant.AddDate(2026, 0, 0)
	}
	for _, tt := range []struct{ after, before, want string }{
		{"", "", "18-18 Hourly, 19-19 Hourly"},
		{"06-19 21:59", "06-21 22:00", "18 H, 19-21 M, 22 H, 23-24 Q"},
		{"06-18 22:00", "06-19 22:00", "18 H, 19 M, 20-21 Q, 22 H, 23-24 Q"},
		{"06-18 21:59", "06-18 22:01", "18-19 M, 20-21 Q, 22 H, 23-24 Q"},
		{"06-21 22:00", "06-22 10:00", "18-19 H, 20-21 Q, 22 M, 23-24 Q"},
		{"01-01 10:00", "12-31 10:00", "18-24 M"},
		{"01-01 10:00", "02-01 10:00", "18-19 H, 20-21 Q, 22 H, 23-24 Q"},
		{"06-22 10:00", "06-22 09:00", "18-19 H, 20-21 Q, 22 M, 23-24 Q"},
	} {
		var gaps []insights.Gap
		if tt.after == "" {
			tt.want = "18-19 H, 20-21 Q, 22 H, 23-24 Q"
		} else {
			gaps = append(gaps, insights.Gap{After: at(tt.after), Before: at(tt.before)})
		}
		var got []string
		for _, run := range figures.CoverageOf(h, gaps) {
			days := run.From.String()[8:]
			if run.To != run.From {
				days += "-" + run.To.String()[8:]
			}
			got = append(got, fmt.Sprint(days, " ", string("BMEHBQ"[run.Cover])))
		}
		if text := strings.Join(got, ", "); text != tt.want {
			t.Errorf("%s to %s: %s, want %s", tt.after, tt.before, text, tt.want)
		}
	}
	h.Daily = true
	for _, h := range []*history.History{h, {AsOf: asOf, Zone: time.UTC}} {
		if runs := figures.CoverageOf(h, nil); runs == nil || len(runs) > 0 {
			t.Errorf("no source is known: %v", runs)
		}
	}
	if days, missing := figures.Complete(nil); days != 0 || missing != 0 {
		t.Errorf("no runs have %d days, %d missing", days, missing)
	}
}
