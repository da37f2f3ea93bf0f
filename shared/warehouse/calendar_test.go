package warehouse

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// Listeners of one zone have one calendar. Years of other listeners do not become theirs.
func TestCalendars(t *testing.T) {
	year := func(listener string, year int, zone *time.Location) Period {
		return Period{Listener: listener, Name: fmt.Sprint(year), Since: time.Date(year, 1, 1, 0, 0, 0, 0, zone), Until: time.Date(year+1, 1, 1, 0, 0, 0, 0, zone)}
	}
	east := time.FixedZone("", 3600)
	var got []string
	for _, c := range calendarsOf([]Period{
		year("a", 2025, time.UTC), year("a", 2026, time.UTC), year("b", 2026, time.UTC), year("c", 2026, east), year("d", 2025, time.UTC), year("d", 2026, time.UTC),
	}) {
		got = append(got, fmt.Sprint(c.Param(), c.Listeners, len(c.Periods)))
	}
	if want := "listeners_0[a d] 2 listeners_1[b] 1 listeners_2[c] 1"; strings.Join(got, " ") != want {
		t.Errorf("the calendars are %s, want %s", strings.Join(got, " "), want)
	}
}

// BigQuery takes a text of a megabyte: https://cloud.google.com/bigquery/quotas#query_jobs
func TestTextOfManyListeners(t *testing.T) {
	var periods []Period
	for n := range 2_400 { // in 24 zones, each with 4 windows and 1 to 20 years
		zone := time.FixedZone("", n%24*3600)
		for i := range 5 + n/24%20 {
			periods = append(periods, Period{Listener: fmt.Sprint("listener-", n), Name: "2026", Since: time.Date(2026, 1, 1+i, 0, 0, 0, 0, zone), Until: time.Date(2027, 1, 1, 0, 0, 0, 0, zone)})
		}
	}
	text, err := render("statements/rebuild_top_ten", values{Dataset: "d", Calendars: calendarsOf(periods)})
	if err != nil || len(text) > 1<<20 {
		t.Errorf("the text has %d bytes, %v", len(text), err)
	}
}
