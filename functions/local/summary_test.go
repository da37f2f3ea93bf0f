package main

import (
	"strings"
	"testing"
	"time"

	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/lake"
)

// The summary accounts for every file, and an import is successful only if every file was read.
func TestSummary(t *testing.T) {
	oldest, newest := time.Date(2016, 1, 3, 0, 0, 0, 0, time.UTC), time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)
	whole := insights.ImportedFile{Name: "a.json", Rows: 17_000, Plays: 16_500, Duplicates: 60, NotMusic: 438, Rejected: 2,
		RejectedRows: []lake.RejectedRow{{Index: 133, Reason: "ts is not a time"}, {Index: 9, Reason: "no\x1b[2Jtrack"}}}
	many := insights.ImportedFile{Name: "b.json", Rows: 30, Rejected: 30}
	for i := range 25 {
		many.RejectedRows = append(many.RejectedRows, lake.RejectedRow{Index: i, Reason: "no track"})
	}
	cut := insights.ImportedFile{Name: "c.json", Rows: 1, Plays: 1, Error: "row 1: unexpected end"}
	for _, tt := range []struct {
		name   string
		result result
		text   []string
		absent string
		err    string
	}{
		{
			name: "whole",
			result: result{listener: "me", closed: 1, took: 2 * time.Second, see: "See your plays: make run", done: insights.Import{
				Name: "my.zip", Rows: 17_030, Oldest: &oldest, Newest: &newest, Files: []insights.ImportedFile{whole, many}}},
			text: []string{
				"my.zip is imported for listener me.\n",
				"\nfile       rows   plays  duplicates  not music  rejected\n" +
					"a.json   17,000  16,500          60        438         2\n" +
					"b.json       30       0           0          0        30\n" +
					"2 files  17,030  16,500          60        438        32\n\n",
				"from 3 January 2016 to 2 November 2026", "Closed: 1 gap between hourly plays.\n", "a.json, row 133: ts is not a time\n",
				"row 9: no\ufffd[2Jtrack", "b.json, row 17: no track\n  and 12 more", "It took 2s: 8,515 rows/s.\nSee your plays: make run\n",
			},
			absent: "NOT READ",
		},
		{
			name:   "again",
			result: result{again: true, done: insights.Import{Name: "my.zip", ImportedAt: oldest, Files: []insights.ImportedFile{whole}}},
			text:   []string{"my.zip was already imported on 3 January 2016. Nothing has changed.\n"},
			absent: "rows/s",
		},
		{
			name:   "one file cut short",
			result: result{done: insights.Import{Name: "my.zip", Files: []insights.ImportedFile{whole, cut}}},
			text:   []string{"NOT READ TO ITS END: c.json: row 1: unexpected end\n"},
			err:    "1 of 2 files could not be read to the end",
		},
		{
			name:   "the only file cut short, again",
			result: result{again: true, done: insights.Import{Name: "my.json", Files: []insights.ImportedFile{cut}}},
			text:   []string{"Nothing has changed", "NOT READ TO ITS END: c.json"},
			err:    "no file could be read to the end",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := tt.result.text()
			for _, want := range tt.text {
				if !strings.Contains(text, want) {
					t.Errorf("no %q in\n%s", want, text)
				}
			}
			if tt.absent != "" && strings.Contains(text, tt.absent) {
				t.Errorf("%q in\n%s", tt.absent, text)
			}
			if err := tt.result.err(); (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("the error is %v, want %q", err, tt.err)
			}
		})
	}
}

// Gaps count as closed where the later document does not have them.
func TestClosedGaps(t *testing.T) {
	at := func(day int) time.Time { return time.Date(2026, 1, day, 0, 0, 0, 0, time.UTC) }
	document := func(days ...int) (d insights.Document) {
		d.Status = &insights.Warehouse{}
		for _, day := range days {
			d.Status.Gaps = append(d.Status.Gaps, insights.Gap{After: at(day), Before: at(day + 1)})
		}
		return d
	}
	for _, tt := range []struct {
		before, after insights.Document
		want          int
	}{
		{document(1, 2, 3), document(2), 2},
		{document(1), document(1, 2), 0},
		{insights.Document{}, document(1), 0},
	} {
		if got := closedGaps(tt.before, tt.after); got != tt.want {
			t.Errorf("%+v and %+v: %d closed gaps, want %d", tt.before.Status, tt.after.Status, got, tt.want)
		}
	}
}
