// Package insights defines the documents that the dashboard reads: for each listener one that names the snapshot,
// written by topten, and one with the result of the last ingest.
package insights

import (
	"fmt"
	"strings"
	"time"
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
	TokenVersion int         `json:"token_version,omitzero"` // of the secret that was used
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

const (
	// tokenWarning is the age of a consent from which the listener is asked for a new one.
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
	if s.Outcome == Failed {
		problems = append(problems, s.failure())
	} else if silent := now.Sub(s.LastRunAt); !s.LastRunAt.IsZero() && silent > late {
		problems = append(problems, fmt.Sprintf("No fetch has run for %d hours. Check whether the hourly job is paused. "+
			"Spotify has only the last 50 plays, so older ones may be lost.", int(silent.Round(time.Hour).Hours())))
	}
	if since := s.waiting(fetchedAt); since != nil && now.Sub(*since) >= stuck {
		problems = append(problems, "Plays that were fetched since "+since.UTC().Format("2 January 2006 15:04")+" UTC are stored, but not shown: loading is stuck. "+
			"Look for errors in the logs of load and topten. Reconcile retries every day and at each start.")
	}
	if expires := s.TokenExpiresAt(); expires != nil && now.Sub(*s.AuthorizedAt) > tokenWarning {
		problems = append(problems, "Spotify's consent ends on "+expires.Format("2 January 2006")+". Connect again before that day.")
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
