package insights

import (
	"os"
	"regexp"
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
		{name: "a consent of 149 days", status: Status{LastRunAt: now, Outcome: Written, AuthorizedAt: ago(150*24*time.Hour - time.Second)}},
		{name: "a consent of 150 days", status: Status{LastRunAt: now, Outcome: Written, AuthorizedAt: ago(150 * 24 * time.Hour)}, want: []string{"consent ends on 25 July 2026. Connect again before that day: make connect"}},
		{name: "the last second of a consent", status: Status{LastRunAt: now, Outcome: Written, AuthorizedAt: new(now.AddDate(0, -6, 0).Add(time.Second))}, want: []string{"consent ends on 24 June 2026."}},
		{name: "a consent that has ended", status: Status{Listener: "sister", LastRunAt: now, Outcome: Failed, Failures: 3, Suspect: true, Error: "refused", AuthorizedAt: new(now.AddDate(0, -6, 0))},
			want: []string{"Spotify's consent ended on 24 June 2026: no new plays are fetched. Connect again: make connect LISTENER=sister"}},
		{name: "another failure after its end", status: Status{LastRunAt: now, Outcome: Failed, Failures: 1, Error: "no answer", AuthorizedAt: new(now.AddDate(0, -6, 0))},
			want: []string{"The last fetch failed: no answer.", "consent ended on 24 June 2026"}},
		{name: "a token in memory", status: Status{LastRunAt: now, Outcome: Written, TokenUnstored: "no space left"}, want: []string{"cannot be stored yet: no space left. It is used from memory"}},
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

// On one's own machine nothing speaks of a project and of what runs there. In a deployment nothing speaks of files, and a
// command names the project.
func TestProblemsFitTheirPlace(t *testing.T) {
	now := time.Date(2026, 6, 24, 15, 0, 0, 0, time.UTC)
	earlier := now.AddDate(0, 0, -1)
	t.Setenv("GOOGLE_CLOUD_PROJECT", "some-project")
	for service, words := range map[string]struct{ never, command string }{
		"":          {`(?i)Scheduler|Cloud Run|PROJECT|reconcile|grant|instance`, "make connect LISTENER=sister"},
		"dashboard": {`(?i)file|folder|disk|duckdb|make run|server|button|make \w+ (F|L)`, "make connect PROJECT=some-project LISTENER=sister"},
	} {
		t.Setenv("K_SERVICE", service)
		var problems []string
		for _, age := range []int{-5, -7} {
			s := Status{Listener: "sister", LastRunAt: earlier, Outcome: Written, Writes: []time.Time{earlier}, TokenUnstored: "refused", AuthorizedAt: new(now.AddDate(0, age, -5))}
			problems = append(problems, s.Problems(now, nil)...)
		}
		for _, outcome := range []string{Running, Imported} {
			problems = append(problems, ImportStatus{Outcome: outcome, UpdatedAt: earlier}.Problems(now, nil)...)
		}
		loaded := Warehouse{FailedObjects: 2, Gaps: []Gap{{}}}
		problems = append(problems, loaded.Problems()...)
		problems = append(problems, strings.ReplaceAll(loaded.GapProblem("sister"), "FILE=my_spotify_data.zip ", ""))
		text := strings.Join(problems, "\n")
		if len(problems) != 12 || !strings.Contains(text, words.command) {
			t.Errorf("in service %q there are %d problems:\n%s", service, len(problems), text)
		}
		if found := regexp.MustCompile(words.never).FindAllString(text, -1); found != nil {
			t.Errorf("in service %q the problems speak of %q:\n%s", service, found, text)
		}
	}
}

// The alert warns at the same age as the page and make doctor.
func TestOneWarning(t *testing.T) {
	const file, want = "terraform/alerts.tf", "token_age_days>=150 "
	text, err := os.ReadFile("../../" + file)
	if err != nil || !strings.Contains(string(text), want) || tokenWarning != 150*24*time.Hour {
		t.Errorf("%s does not contain %q (%v), or the page warns after %v", file, want, err, tokenWarning)
	}
}

// A document lacks what was written and is not included, and what a failed run has not fetched.
func TestBehind(t *testing.T) {
	now := time.Date(2026, 6, 24, 15, 0, 0, 0, time.UTC)
	ago := func(minutes int) time.Time { return now.Add(-time.Duration(minutes) * time.Minute) }
	writes := []time.Time{ago(180), ago(120), ago(60), ago(0)}
	for _, tt := range []struct {
		name      string
		outcome   string
		last      *time.Time // successful ingest
		fetchedAt *time.Time
		want      time.Duration
	}{
		{"only this run's page is not included", Written, &now, new(ago(60)), 0},
		{"that of the run before", Written, &now, new(ago(120)), time.Hour},
		{"of two runs before", Unchanged, &now, new(ago(180)), 2 * time.Hour},
		{"no document", Written, &now, nil, 3 * time.Hour},
		{"a failed run", Failed, new(ago(60)), new(ago(0)), time.Hour},
		{"the second one", Failed, new(ago(120)), new(ago(0)), 2 * time.Hour},
		{"a failed run, and a page that is not included", Failed, new(ago(60)), new(ago(120)), time.Hour},
		{"a failed run, and an older page that is not included", Failed, new(ago(60)), new(ago(180)), 2 * time.Hour},
		{"failed before the first ingest", Failed, nil, new(ago(0)), 0},
	} {
		s := Status{LastRunAt: now, Outcome: tt.outcome, LastIngestAt: tt.last, Writes: writes}
		if got := s.Behind(tt.fetchedAt); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}
