package features

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"time"

	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/shared/providers"
	"spotify-insights.internal/shared/upstream"
)

const (
	// maxFailures is how many batches in a row may fail until the provider is taken to be down.
	maxFailures = 3
	// maxAlone is how many tracks of a batch that failed may fail alone, with none answered between them,
	// until the provider is taken to be down.
	maxAlone = 10
	// longestWait is the longest Retry-After that a run waits for.
	longestWait = time.Minute
)

// answers are what a provider has said.
type answers struct {
	told     map[string]lake.FeaturesRow // by track, of those that it knows
	answered map[string]bool             // the tracks that need not be asked for there again
}

// askAll asks a provider for tracks, batch by batch, until it does not answer or the time is over. The
// batches that fail are tried track by track after the others.
func (r *run) askAll(ctx context.Context, p providers.Provider, ids []string) answers {
	a := answers{map[string]lake.FeaturesRow{}, map[string]bool{}}
	var failed [][]string
	inRow := 0
	for batch := range slices.Chunk(ids, p.Batch()) {
		if r.over(ctx, p) {
			return a
		}
		err := r.question(ctx, p, batch, a)
		if err == nil {
			inRow = 0
			continue
		}
		failed = append(failed, batch)
		if inRow++; inRow == maxFailures {
			r.leave(ctx, p, err)
		}
	}
	for _, batch := range failed {
		r.alone(ctx, p, batch, a)
	}
	return a
}

// over reports whether a provider is asked nothing more in this run.
func (r *run) over(ctx context.Context, p providers.Provider) bool {
	return ctx.Err() != nil || r.closed[p.Name()] || r.down[p.Name()]
}

// alone asks for each track of a batch that has failed. A track on which a working provider fails counts as
// answered, so that it keeps no other from its end; a later run asks again as for any miss. Where all of
// them fail, the provider is down and no track is to blame.
func (r *run) alone(ctx context.Context, p providers.Provider, batch []string, a answers) {
	var failing []string
	var last error
	for i, id := range batch {
		if r.over(ctx, p) {
			return
		}
		err := r.question(ctx, p, []string{id}, a)
		if err == nil {
			continue
		}
		failing, last = append(failing, id), err
		if i+1 == len(failing) && len(failing) == maxAlone {
			r.leave(ctx, p, err)
		}
	}
	switch {
	case len(failing) == 0 || r.over(ctx, p):
	case !r.worked[p.Name()]:
		r.leave(ctx, p, last)
	default:
		for _, id := range failing {
			a.answered[id] = true
		}
		slog.WarnContext(ctx, "a provider fails on some tracks only, which count as unknown to it; they are asked for again later",
			"provider", p.Name(), "tracks", len(failing), "track", failing[0], "error", last.Error())
	}
}

// question asks a provider for tracks in one call and puts what it says into a. Where the provider wants a
// rest that fits into the run, it is asked once more after it. An error that says that the provider is of
// no use in this run takes it out.
func (r *run) question(ctx context.Context, p providers.Provider, ids []string, a answers) error {
	known, err := p.Ask(ctx, ids)
	if fault, ok := errors.AsType[*faults.Fault](err); ok && fault.Kind == faults.Limited && rest(ctx, fault.RetryAfter) {
		known, err = p.Ask(ctx, ids)
	}
	if err != nil {
		unusable := errors.Is(err, providers.ErrClosed) || errors.Is(err, upstream.ErrNoAnswer) || faults.Of(err) == faults.Limited
		if unusable && ctx.Err() == nil { // that the time is over is not the provider's fault
			r.leave(ctx, p, err)
		}
		return err
	}
	r.worked[p.Name()] = true
	r.read(p, known, a.told)
	for _, id := range ids {
		a.answered[id] = true
	}
	return nil
}

// rest waits for as long as a provider asks, unless it does not say how long or the wait does not fit. The
// provider itself has already honoured a wait of up to upstream.LongestWait.
func rest(ctx context.Context, wait time.Duration) bool {
	deadline, _ := ctx.Deadline()
	if wait <= upstream.LongestWait || wait > longestWait || time.Until(deadline) <= wait {
		return false
	}
	select {
	case <-time.After(wait):
		return true
	case <-ctx.Done():
		return false
	}
}

// leave takes a provider out of this run, and says why.
func (r *run) leave(ctx context.Context, p providers.Provider, err error) {
	if errors.Is(err, providers.ErrClosed) {
		r.closed[p.Name()] = true // the usual answer to a new app: the line on the whole run names it
		slog.DebugContext(ctx, "a provider gives no audio features to this app", "provider", p.Name(), "error", err.Error())
		return
	}
	r.down[p.Name()] = true
	slog.WarnContext(ctx, "a provider of audio features does not answer; the next run asks it again",
		"provider", p.Name(), "error", err.Error(), "action", faults.Action(err))
}

// maxRaw is up to how many bytes a provider's words on a track are kept; a few hundred are usual.
const maxRaw = 8 << 10

// read makes rows of what a provider has said. An item without a value that can be read says nothing.
func (r *run) read(p providers.Provider, known map[string]json.RawMessage, told map[string]lake.FeaturesRow) {
	for id, raw := range known {
		features, refused, ok := providers.Parse(raw)
		r.refused += len(refused)
		if !ok {
			continue
		}
		row := lake.FeaturesRow{TrackID: id, Found: true, Provider: p.Name(), Features: features}
		if len(refused) > 0 {
			row.Refused = new(strings.Join(refused, ", "))
		}
		if len(raw) <= maxRaw {
			row.Raw = new(string(raw))
		}
		told[id] = row
	}
}
