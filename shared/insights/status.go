// Package insights defines the documents that the dashboard reads: for each listener one that names the snapshot,
// written by topten, and one with the result of the last ingest.
package insights

import (
	"fmt"
	"strings"
	"time"

	"spotify-insights.internal/shared/advice"
)

// StatusName returns the name of the object with a listener's [Status].
func StatusName(listener string) string { return fmt.Sprintf("status/listener=%s.json", listener) }

// The values of Status.Outcome.
const (
	Written   = "written"   // the API page was new
	Unchanged = "unchanged" // the lake already had the API page, or the page was empty
	Failed    = "failed"
)

// Status is the result of a listener's last ingest. Times are UTC.
type Status struct {
	Listener     string      `json:"listener"`
	LastRunAt    time.Time   `json:"last_run_at"`
	Outcome      string      `json:"outcome"`
	LastIngestAt *time.Time  `json:"last_ingest_at"` // the last successful run
	Writes       []time.Time `json:"writes"`         // when the last [KeptWrites] new API pages were fetched, newest last
	Error        string      `json:"error,omitempty"`
	Action       string      `json:"action,omitempty"`
	Failures     int         `json:"failures"`               // failed runs in a row
	Suspect      bool        `json:"suspect"`                // in the last run Spotify refused the refresh token
	AuthorizedAt *time.Time  `json:"authorized_at"`          // the time of consent, null where unknown
	TokenAgeDays *int        `json:"token_age_days"`         // of the consent at the last run, null where unknown
	TokenVersion int         `json:"token_version,omitzero"` // of the secret that was used

	// TokenUnstored is why the last refresh token is in ingest's memory only, "" where it is stored.
	TokenUnstored string `json:"token_unstored,omitempty"`
}

// KeptWrites is the greatest length of Status.Writes: two days of hourly runs.
const KeptWrites = 48

// consentLife is how many months a refresh token is valid after the listener's consent, however often it is used.
// Spotify introduced this for all apps on 2026-07-20.
const consentLife = 6

// ConsentEnds returns the end of a consent: six months later, on the last day of that month where it has no such day.
func ConsentEnds(given time.Time) time.Time {
	end := given.AddDate(0, consentLife, 0)
	if end.Day() != given.Day() { // AddDate has continued into the next month
		end = end.AddDate(0, 0, -end.Day())
	}
	return end
}

// TokenExpiresAt returns the end of the listener's consent, nil where the time of consent is unknown.
func (s Status) TokenExpiresAt() *time.Time {
	if s.AuthorizedAt == nil {
		return nil
	}
	return new(ConsentEnds(*s.AuthorizedAt))
}

// TokenAge returns the age of the listener's consent in days, nil where it is unknown.
func (s Status) TokenAge(now time.Time) *int {
	if s.AuthorizedAt == nil {
		return nil
	}
	return new(int(now.Sub(*s.AuthorizedAt) / (24 * time.Hour)))
}

// ConsentEnded returns a sentence where a consent that was given at a time has ended, else "". expired is whether Spotify says
// so, which is believed of a consent of unknown age and in its last month: Spotify has refused good tokens before.
func ConsentEnded(given *time.Time, now time.Time, expired bool) string {
	switch {
	case given != nil && !now.Before(ConsentEnds(*given)):
		return "Spotify's consent ended on " + ConsentEnds(*given).Format(dayFormat)
	case expired && (given == nil || EndsSoon(*given, now)):
		return "Spotify's consent has ended"
	}
	return ""
}

// EndsSoon reports whether the listener is asked for a new consent: about a month before the end.
func EndsSoon(given, now time.Time) bool { return now.Sub(given) >= tokenWarning }

// UnstoredAction is what to do about a refresh token that is in memory only.
func UnstoredAction(listener string) string {
	return advice.Either("Check that the disk has space and that the data folder can be written. If the server stops before the token is stored, connect again: ",
		advice.Command("deploy", "")+" restores a missing grant on the secret. If the function's instance ends before the token is stored, connect again: ") +
		advice.Connect(listener)
}

const dayFormat = "2 January 2006"

const (
	// tokenWarning is the age of a consent from which the listener is asked for a new one. The alert (terraform/alerts.tf) has the
	// same.
	tokenWarning = 150 * 24 * time.Hour
	// late is the age of the last run from which the hourly job has a problem.
	late = 3 * time.Hour
	// stuck is the age from which an API page that is not yet loaded and ranked is a problem. A minute or two is usual.
	stuck = time.Hour
	// precision is the possible difference of a time after BigQuery, which stores microseconds.
	precision = time.Millisecond
)

// Problems returns sentences about problems with the ingest and with what follows it, and what to do. fetchedAt is
// the time of fetching of the newest API page in the listener's [Document], nil where there is none.
func (s Status) Problems(now time.Time, fetchedAt *time.Time) []string {
	var problems []string
	ended := ConsentEnded(s.AuthorizedAt, now, false)
	switch silent := now.Sub(s.LastRunAt); {
	case s.Outcome == Failed && s.Suspect && ended != "": // the sentence below says it
	case s.Outcome == Failed:
		problems = append(problems, s.failure())
	case !s.LastRunAt.IsZero() && silent > late:
		problems = append(problems, fmt.Sprintf("No fetch has run for %d hours. ", int(silent.Round(time.Hour).Hours()))+
			advice.Either("Plays are fetched while make run is running and the machine is awake. ",
				"Cloud Scheduler's job may be paused: "+advice.Command("doctor", "")+" shows it. ")+
			"Spotify has only the last 50 plays, so older ones may be lost.")
	}
	if since := s.waiting(fetchedAt); since != nil && now.Sub(*since) >= stuck {
		problems = append(problems, "Plays that were fetched since "+since.UTC().Format("2 January 2006 15:04")+" UTC are stored, but not shown: loading is stuck. "+
			advice.Stuck())
	}
	if s.TokenUnstored != "" {
		problems = append(problems, "Spotify issued a new refresh token, which cannot be stored yet: "+sentence(s.TokenUnstored)+
			" It is used from memory, and every fetch tries to store it. "+UnstoredAction(s.Listener))
	}
	switch {
	case ended != "":
		problems = append(problems, ended+": no new plays are fetched. "+advice.ConnectAgain(s.Listener))
	case s.AuthorizedAt != nil && EndsSoon(*s.AuthorizedAt, now):
		problems = append(problems, "Spotify's consent ends on "+ConsentEnds(*s.AuthorizedAt).Format(dayFormat)+". Connect again before that day: "+advice.Connect(s.Listener))
	}
	return problems
}

func (s Status) failure() string {
	text := "The last fetch failed: "
	if s.Failures > 1 {
		text = fmt.Sprintf("The last %d fetches failed: ", s.Failures)
	}
	text += strings.TrimSuffix(s.Error, ".") + "."
	if s.Action != "" {
		text += " " + s.Action
	}
	return text
}

// waiting returns the oldest write that a document does not include, nil where it includes all.
func (s Status) waiting(fetchedAt *time.Time) *time.Time {
	for _, write := range s.Writes { // oldest first
		if fetchedAt == nil || write.Sub(*fetchedAt) > precision {
			return &write
		}
	}
	return nil
}

// Behind returns for how long a document has lacked plays at the end of a run: those of the oldest write that it does
// not include, or after a failed run those since the last successful one. fetchedAt is as in [Status.Problems].
func (s Status) Behind(fetchedAt *time.Time) time.Duration {
	since := s.LastRunAt
	if s.Outcome == Failed && s.LastIngestAt != nil {
		since = *s.LastIngestAt
	}
	if write := s.waiting(fetchedAt); write != nil && write.Before(since) {
		since = *write
	}
	return s.LastRunAt.Sub(since)
}
