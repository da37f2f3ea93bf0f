package features

import (
	"context"
	"log/slog"
	"time"

	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/providers"
)

// Fetcher fetches the audio features of tracks that have none. Two runs at a time do no harm: they ask
// twice and write the same answers twice, which the warehouse may hold.
type Fetcher struct {
	Providers []providers.Provider // in the order in which they are asked
	Warehouse interface {
		// MissingFeatures returns the tracks that are to be asked for, the most urgent first.
		MissingFeatures(ctx context.Context, now time.Time) ([]string, error)
	}
	Lake interface {
		Create(ctx context.Context, name, contentType string, content []byte) (bool, error)
	}
	Now func() time.Time
}

// Result is what a run did. Every track is found, unknown or left.
type Result struct {
	Tracks  int    `json:"tracks"`         // that were to be asked for
	Found   int    `json:"found"`          // with audio features that this run has written
	Unknown int    `json:"unknown"`        // that nobody knows: misses that this run has written
	Left    int    `json:"left"`           // without an answer, for a later run
	Objects int    `json:"objects"`        // of the lake that this run has written
	Note    string `json:"note,omitempty"` // why nobody could be asked, and what to do
}

const (
	notConfigured = "No provider of audio features is configured. To ask some, set FEATURE_PROVIDERS, or feature_providers of the deployment."
	allClosed     = "No configured provider gives audio features to this app. To have some, add another one to FEATURE_PROVIDERS, or feature_providers of the deployment."
)

// reserve is how long before the end of a run asking ends, so that what was told can still be written.
const reserve = time.Minute

// Run asks for tracks that have no audio features until all are answered or the time is over. A provider
// that does not answer is no error: the next run asks again.
func (f *Fetcher) Run(ctx context.Context) (result Result, err error) {
	defer faults.Wrap(&err, "fetching audio features")
	if len(f.Providers) == 0 {
		slog.InfoContext(ctx, "no provider of audio features is configured; nobody is asked")
		return Result{Note: notConfigured}, nil
	}
	missing, err := f.Warehouse.MissingFeatures(ctx, f.Now())
	if err != nil {
		return Result{}, err
	}
	asking, cancel := withReserve(ctx)
	defer cancel()
	r := newRun(f, len(missing))
	err = r.fetch(ctx, asking, missing)
	r.log(ctx)
	return r.result, err
}

// withReserve is the context in which providers are asked. It always has a deadline, which bounds how long
// a provider may have the run wait.
func withReserve(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(limit)
	}
	return context.WithDeadline(ctx, deadline.Add(-reserve))
}
