package insights

import (
	"strings"
	"testing"
	"time"
)

func TestProblemsOfAnIngest(t *testing.T) {
	now := time.Date(2026, 6, 24, 15, 0, 0, 0, time.UTC)
	ago := func(d time.Duration) *time.Time { return new(now.Add(-d)) }
	tests := []struct {
		name      string
		status    Status
		fetchedAt *time.Time
		want      []string // texts of the problems, in their order
	}{
		{name: "no ingest yet"},
		{name: "all is well", status: Status{LastRunAt: now, Outcome: Written, Writes: []time.Time{*ago(2 * time.Hour), *ago(time.Minute)}}, fetchedAt: ago(2 * time.Hour)},
		{name: "a failure", status: Status{LastRunAt: now, Outcome: Failed, Failures: 1, Error: "Spotify answered 403: Premium is required.", Action: "Buy it."},
			want: []string{"The last fetch failed: Spotify answered 403: Premium is required. Buy it."}},
		{name: "failures", status: Status{LastRunAt: now, Outcome: Failed, Failures: 3, Error: "no answer"}, want: []string{"The last 3 fetches failed: no answer."}},
		{name: "a paused job", status: Status{LastRunAt: *ago(5 * time.Hour), Outcome: Written}, want: []string{"No fetch has run for 5 hours."}},
		{name: "an old consent", status: Status{LastRunAt: now, Outcome: Written, AuthorizedAt: ago(151 * 24 * time.Hour)}, want: []string{"consent ends on"}},
		{name: "nothing was ever loaded", status: Status{LastRunAt: now, Writes: []time.Time{*ago(90 * time.Minute)}},
			want: []string{"since 24 June 2026 13:30 UTC"}},
		{name: "loading has stopped", fetchedAt: ago(3 * time.Hour),
			status: Status{LastRunAt: now, Writes: []time.Time{*ago(3 * time.Hour), *ago(time.Hour), *ago(time.Minute)}},
			want:   []string{"since 24 June 2026 14:00 UTC"}},
		{name: "a failure and an old API page", status: Status{LastRunAt: now, Outcome: Failed, Error: "e", Writes: []time.Time{*ago(2 * time.Hour)}},
			want: []string{"failed", "stuck"}},
		{name: "not yet an hour", status: Status{LastRunAt: now, Writes: []time.Time{*ago(time.Hour - time.Second)}}},
		{name: "microseconds", status: Status{LastRunAt: now, Writes: []time.Time{ago(2 * time.Hour).Add(999 * time.Nanosecond)}}, fetchedAt: ago(2 * time.Hour)},
		{name: "no write", status: Status{LastRunAt: now, Outcome: Unchanged}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := tt.status.Problems(now, tt.fetchedAt)
			if len(got) != len(tt.want) {
				t.Fatalf("problems = %q, want %q", got, tt.want)
			}
			for i, text := range tt.want {
				if !strings.Contains(got[i], text) {
					t.Errorf("problem %q does not contain %q", got[i], text)
				}
			}
		})
	}
}

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
