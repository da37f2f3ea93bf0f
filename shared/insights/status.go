// Package insights defines the documents that the page reads: for each listener one that names the
// snapshot, written after each ranking, and one with the result of the last ingest, written by every run.
package insights

import (
	"fmt"
	"strings"
	"time"
)

// StatusName is the object that holds a listener's [Status].
func StatusName(listener string) string { return fmt.Sprintf("status/listener=%s.json", listener) }

// The values of Status.Outcome.
const (
	Written   = "written"   // the page was new
	Unchanged = "unchanged" // the lake had the page already, or the page was empty
	Failed    = "failed"
)

// Status is the result of a listener's last ingest. Times are UTC.
type Status struct {
	Listener     string      `json:"listener"`
	LastRunAt    time.Time   `json:"last_run_at"`
	Outcome      string      `json:"outcome"`
	LastIngestAt *time.Time  `json:"last_ingest_at"` // the last run that succeeded
	Writes       []time.Time `json:"writes"`         // when the last [KeptWrites] pages were fetched that were new, newest last
	Error        string      `json:"error,omitempty"`
	Action       string      `json:"action,omitempty"`
	Failures     int         `json:"failures"`               // failed runs in a row
	Suspect      bool        `json:"suspect"`                // Spotify refused the refresh token in the last run
	AuthorizedAt *time.Time  `json:"authorized_at"`          // the day of consent, null where unknown
	TokenVersion int         `json:"token_version,omitzero"` // the version of the secret that was used
}

// KeptWrites is the greatest length of Status.Writes: two days of hourly runs.
const KeptWrites = 48

// consentLife is how many months a refresh token lives after the listener's consent, however often
// it is used (Spotify, for all apps, since 2026-07-20).
const consentLife = 6

// ConsentEnds is when a consent given at a time ends: six months later, and never in a seventh.
func ConsentEnds(given time.Time) time.Time {
	end := given.AddDate(0, consentLife, 0)
	if end.Day() != given.Day() { // there is no such day in that month: AddDate has gone on into the next
		end = end.AddDate(0, 0, -end.Day())
	}
	return end
}

// TokenExpiresAt is when the listener's consent ends, nil where the day of consent is unknown.
func (s Status) TokenExpiresAt() *time.Time {
	if s.AuthorizedAt == nil {
		return nil
	}
	return new(ConsentEnds(*s.AuthorizedAt))
}

// tokenWarning is the age of a consent at which the listener is asked for a new one.
const tokenWarning = 150 * 24 * time.Hour

const (
	// late is how long the hourly job may be late before that is a problem.
	late = 3 * time.Hour
	// stuck is how long a page may wait to be loaded and ranked. A minute or two is usual.
	stuck = time.Hour
	// precision is the difference that two spellings of one time may have: BigQuery keeps microseconds.
	precision = time.Millisecond
)

// Problems are sentences that say what is wrong with the ingest, or with what follows it, and what to do.
// fetchedAt is when the newest page was fetched that the listener's [Document] covers, nil where it covers
// none.
func (s Status) Problems(now time.Time, fetchedAt *time.Time) []string {
	var problems []string
	if s.Outcome == Failed {
		problems = append(problems, s.failure())
	} else if silent := now.Sub(s.LastRunAt); !s.LastRunAt.IsZero() && silent > late {
		problems = append(problems, fmt.Sprintf("No ingest has run for %d hours. Check whether the hourly job is paused. "+
			"Spotify keeps the last 50 plays only, so older ones may be lost.", int(silent.Round(time.Hour).Hours())))
	}
	if since := s.waiting(fetchedAt); since != nil && now.Sub(*since) >= stuck {
		problems = append(problems, "Loading or ranking has been stuck since "+since.UTC().Format("2 January 2006 15:04")+" UTC: "+
			"plays that were fetched since then are kept and not shown. "+
			"Look for errors in the logs of load and topten. Reconcile tries again every day and at each start.")
	}
	if expires := s.TokenExpiresAt(); expires != nil && now.Sub(*s.AuthorizedAt) > tokenWarning {
		problems = append(problems, "Spotify's consent ends on "+expires.Format("2 January 2006")+". Connect again before that day.")
	}
	return problems
}

func (s Status) failure() string {
	text := "The last ingest failed: "
	if s.Failures > 1 {
		text = fmt.Sprintf("The last %d ingests failed: ", s.Failures)
	}
	text += strings.TrimSuffix(s.Error, ".") + "."
	if s.Action != "" {
		text += " " + s.Action
	}
	return text
}

// waiting is the oldest write that a document does not cover, nil where it covers all of them.
func (s Status) waiting(fetchedAt *time.Time) *time.Time {
	for _, write := range s.Writes { // oldest first
		if fetchedAt == nil || write.Sub(*fetchedAt) > precision {
			return &write
		}
	}
	return nil
}
