package main

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// evening is the name of a time zone in which it is eight o'clock in the evening, when people listen.
func evening(now time.Time) string {
	behind := now.UTC().Hour() - 20 // hours behind UTC, which are positive in these names
	if behind < -12 {
		behind += 24
	}
	return fmt.Sprintf("Etc/GMT%+d", behind)
}

// A few hours of a few listeners: each play is one listen, through the queue and the runs of reconcile.
func TestSimulate(t *testing.T) {
	for _, variable := range []string{"LISTENERS", "INGEST_TOPIC", "SPOTIFY_API_URL", "SPOTIFY_ACCOUNTS_URL", "RECCOBEATS_URL"} {
		t.Setenv(variable, os.Getenv(variable)) // restores the variable at the end of the test
	}
	zones = []string{evening(time.Now())}
	report, err := Simulate(t.Context(), t.TempDir(), 5, 2)
	if err != nil {
		t.Fatal(err)
	}
	if report.Ingests != 5*2 || report.Objects == 0 || report.Loaded != report.Objects || report.Plays == 0 {
		t.Errorf("the report is %+v", report)
	}
	// Many objects of an hour are one load job.
	if jobs := report.Loads["plays"]; jobs == 0 || jobs > 2 {
		t.Errorf("there are %d load jobs for %d objects", jobs, report.Objects)
	}
	var text strings.Builder
	report.Print(&text)
	if !strings.Contains(text.String(), "| plays, each exactly one listen |") || report.exports() == 0 || report.Billed == 0 {
		t.Errorf("the report is\n%s", &text)
	}
}
