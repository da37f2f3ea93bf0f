// Package insights holds what the page shows: one document a listener with the figures, written
// after each ranking, and one with how the last ingest went, written by every run.
package insights

import (
	"fmt"
	"time"

	"spotify-insights.internal/shared/spotify"
)

// StatusName is the object that holds a listener's [Status].
func StatusName(listener string) string { return fmt.Sprintf("status/listener=%s.json", listener) }

// The values of Status.Outcome.
const (
	Written   = "written"   // the page was new
	Unchanged = "unchanged" // the lake had the page already, or it was empty
	Failed    = "failed"
)

// Status is how a listener's last ingest went.
type Status struct {
	Listener     string     `json:"listener"`
	LastRunAt    time.Time  `json:"last_run_at"`
	Outcome      string     `json:"outcome"`
	LastIngestAt *time.Time `json:"last_ingest_at"` // the last run that got an answer from Spotify
	Error        string     `json:"error,omitempty"`
	Action       string     `json:"action,omitempty"`
	Failures     int        `json:"failures"`               // runs in a row that failed
	Suspect      bool       `json:"suspect"`                // the last run's token was not taken
	AuthorizedAt *time.Time `json:"authorized_at"`          // the day of consent, null where not known
	TokenVersion int        `json:"token_version,omitzero"` // the version of the secret that was used
}

// TokenExpiresAt is when the listener's consent ends, nil where its day is not known.
func (s Status) TokenExpiresAt() *time.Time {
	if s.AuthorizedAt == nil {
		return nil
	}
	return new(spotify.ConsentEnds(*s.AuthorizedAt))
}

// tokenWarning is the age of a consent at which the listener is asked for a new one.
const tokenWarning = 150 * 24 * time.Hour

// Problems are sentences that say what is wrong with the ingest and what to do.
func (s Status) Problems(now time.Time) []string {
	var problems []string
	if s.Outcome == Failed {
		text := "The last ingest failed: " + s.Error + "."
		if s.Failures > 1 {
			text = fmt.Sprintf("The last %d ingests failed: %s.", s.Failures, s.Error)
		}
		if s.Action != "" {
			text += " " + s.Action
		}
		problems = append(problems, text)
	} else if !s.LastRunAt.IsZero() && now.Sub(s.LastRunAt) > 3*time.Hour {
		problems = append(problems, "No ingest has run for "+now.Sub(s.LastRunAt).Round(time.Hour).String()+
			". Look whether the hourly job is paused; plays beyond the last 50 are lost.")
	}
	if expires := s.TokenExpiresAt(); expires != nil && now.Sub(*s.AuthorizedAt) > tokenWarning {
		problems = append(problems, "Spotify's consent ends on "+expires.Format("2 January 2006")+". Connect again before that day.")
	}
	return problems
}
