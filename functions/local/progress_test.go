package main

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/lake"
)

func TestReading(t *testing.T) {
	start := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name   string
		status insights.ImportStatus
		want   string
	}{
		{"begun", insights.ImportStatus{StartedAt: start, UpdatedAt: start}, "0 files, 0 rows"},
		{"of a known size", insights.ImportStatus{StartedAt: start, UpdatedAt: start.Add(4 * time.Second), Size: 1000, Read: 250, Rows: 48_000, Files: make([]lake.ManifestFile, 3)},
			"3 files, 48,000 rows, 12,000 rows/s, 25 %, 12s left"},
		{"of an unknown size", insights.ImportStatus{StartedAt: start, UpdatedAt: start.Add(2 * time.Second), Read: 250, Rows: 1, Files: make([]lake.ManifestFile, 1)},
			"1 file, 1 row, 0 rows/s"},
	} {
		if got := reading(tt.status); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// A terminal has one line, which is written again. Elsewhere a line comes with each phase and every few seconds.
func TestProgress(t *testing.T) {
	for _, tt := range []struct {
		terminal bool
		want     string
	}{
		{true, clearLine + "uploading: 0" + clearLine + "uploading: 1" + clearLine + "uploading: 2" + clearLine + "reading" + clearLine},
		{false, "uploading: 0\nuploading: 2\nreading\n"},
	} {
		synctest.Test(t, func(t *testing.T) {
			var out strings.Builder
			p := &progress{out: &out, terminal: tt.terminal}
			p.show(phaseUpload, "0")
			p.show(phaseUpload, "0.5")
			time.Sleep(redrawn)
			p.show(phaseUpload, "1")
			time.Sleep(repeated)
			p.show(phaseUpload, "2")
			p.show(phaseRead, "")
			p.end()
			if out.String() != tt.want {
				t.Errorf("terminal %v: %q, want %q", tt.terminal, out.String(), tt.want)
			}
		})
	}
}
