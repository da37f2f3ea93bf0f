package features

import (
	"context"
	"log/slog"
	"time"

	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/providers"
)

// Fetcher fetches the audio features of tracks that have none. Two concurrent runs do no harm: they write the
// same answers twice, and the raw table audio_features may contain duplicates.
type Fetcher struct {
	Providers []providers.Provider // in the order in which they are asked
	Warehouse interface {
		// MissingFeatures returns the tracks to ask for, the most urgent first.
		MissingFeatures(ctx context.Context, now time.Time) ([]string, error)
	}
	Lake interface {
		Create(ctx context.Context, name, contentType string, content []byte) (bool, error)
	}
	Now func() time.Time

	portion int // rows of an object at most; 0 is defaultPortion
}

// Result is the result of a run. Every track is found, unknown or left.
type Result struct {
	Tracks  int    `json:"tracks"`         // to ask for
	Found   int    `json:"found"`          // written with audio features
	Unknown int    `json:"unknown"`        // written as misses, because no provider has them
	Left    int    `json:"left"`           // not answered, for a later run
	Objects int    `json:"objects"`        // written to the lake
	Note    string `json:"note,omitempty"` // why no provider could be asked, and what to do
}

// The notes say why no provider could be asked.
func notConfigured() string {
	return "No provider of audio features is configured. To get audio features, set " + providers.Setting() + "."
}

func allClosed() string {
	return "No configured provider gives audio features to this app. To get audio features, add another provider to " + providers.Setting() + "."
}

// reserve is the time before the deadline of a run in which it asks for nothing, so that it can write the answers.
const reserve = time.Minute

// Run asks for tracks without audio features until all are answered or the time is over. A provider that does not
// answer is not an error: the next run asks it again.
func (f *Fetcher) Run(ctx context.Context) (result Result, err error) {
	defer faults.Wrap(&err, "fetching audio features")
	if len(f.Providers) == 0 {
		slog.InfoContext(ctx, "no provider of audio features is configured")
		return Result{Note: notConfigured()}, nil
	}
	missing, err := f.Warehouse.MissingFeatures(ctx, f.Now())
	if err != nil {
		return Result{}, err
	}
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(limit)
	}
	asking, cancel := context.WithDeadline(ctx, deadline.Add(-reserve))
	defer cancel()
	r := newRun(f, len(missing))
	err = r.fetch(ctx, asking, missing)
	r.log(ctx)
	return r.result, err
}
