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
	// maxFailures is the number of consecutive failed batches after which a provider counts as down.
	maxFailures = 3
	// maxAlone is the number of tracks of a failed batch that may fail alone before any other is answered. Then the
	// provider counts as down.
	maxAlone = 10
	// longestWait is the longest Retry-After that a run waits for.
	longestWait = time.Minute
	// maxRaw is the largest size of a provider's raw item that is stored, in bytes; a few hundred are usual.
	maxRaw = 8 << 10
)

// answers are a provider's answers by track. The row is nil for a track that it does not have.
type answers map[string]*lake.FeaturesRow

// askSource asks a provider for tracks, batch by batch, until it does not answer or the time is over. Failed
// batches are retried track by track at the end.
func (r *run) askSource(ctx context.Context, s *source, ids []string) answers {
	a := answers{}
	var failed [][]string
	failures := 0
	for batch := range slices.Chunk(ids, s.Batch()) {
		if ctx.Err() != nil || !s.usable() {
			return a
		}
		err := r.askBatch(ctx, s, batch, a)
		if err == nil {
			failures = 0
			continue
		}
		failed = append(failed, batch)
		if failures++; failures == maxFailures {
			s.leave(ctx, err)
		}
	}
	for _, batch := range failed {
		r.askAlone(ctx, s, batch, a)
	}
	return a
}

// askAlone asks for each track of a failed batch. A track on which a working provider fails counts as a miss, so
// that it does not delay the others; a later run asks for it as for any miss. Where all tracks fail, the provider
// is down.
func (r *run) askAlone(ctx context.Context, s *source, batch []string, a answers) {
	var failing []string
	var last error
	for i, id := range batch {
		if ctx.Err() != nil || !s.usable() {
			return
		}
		err := r.askBatch(ctx, s, []string{id}, a)
		if err == nil {
			continue
		}
		failing, last = append(failing, id), err
		if i+1 == len(failing) && len(failing) == maxAlone {
			s.leave(ctx, err)
		}
	}
	switch {
	case len(failing) == 0 || ctx.Err() != nil || !s.usable():
	case !s.worked:
		s.leave(ctx, last)
	default:
		for _, id := range failing {
			a[id] = nil
		}
		slog.WarnContext(ctx, "a provider of audio features fails on some tracks; they count as unknown and are asked for again later",
			"provider", s.Name(), "tracks", len(failing), "track", failing[0], "error", last.Error())
	}
}

// askBatch asks a provider for tracks in one call. It waits for a Retry-After that fits into the run, and retries
// once. An error after which the provider cannot be used ends its use in this run.
func (r *run) askBatch(ctx context.Context, s *source, ids []string, a answers) error {
	items, err := s.Ask(ctx, ids)
	if fault, ok := errors.AsType[*faults.Fault](err); ok && fault.Kind == faults.Limited && wait(ctx, fault.RetryAfter) {
		items, err = s.Ask(ctx, ids)
	}
	if err != nil {
		unusable := errors.Is(err, providers.ErrClosed) || errors.Is(err, upstream.ErrNoAnswer) || faults.Of(err) == faults.Limited
		if unusable && ctx.Err() == nil { // the end of the run is not an error of the provider
			s.leave(ctx, err)
		}
		return err
	}
	s.worked = true
	for _, id := range ids {
		a[id] = nil
	}
	for id, raw := range items {
		if row := r.row(s, id, raw); row != nil {
			a[id] = row
		}
	}
	return nil
}

// wait waits for a Retry-After and reports whether it did: not where the provider names none or where it does not
// fit.
func wait(ctx context.Context, d time.Duration) bool {
	deadline, _ := ctx.Deadline()
	if d <= 0 || d > longestWait || time.Until(deadline) <= d {
		return false
	}
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

// leave ends the use of a provider in this run.
func (s *source) leave(ctx context.Context, err error) {
	if errors.Is(err, providers.ErrClosed) {
		s.closed = true // usual for a new app: the log line of the run contains it
		slog.DebugContext(ctx, "a provider gives no audio features to this app", "provider", s.Name(), "error", err.Error())
		return
	}
	s.down = true
	slog.WarnContext(ctx, "a provider of audio features does not answer; the next run asks it again",
		"provider", s.Name(), "error", err.Error(), "action", faults.Action(err))
}

// row makes a row of a provider's raw item, nil for an item without a value that can be read.
func (r *run) row(s *source, id string, raw json.RawMessage) *lake.FeaturesRow {
	features, refused, ok := providers.Parse(raw)
	r.refused += len(refused)
	if !ok {
		return nil
	}
	row := &lake.FeaturesRow{TrackID: id, Found: true, Provider: s.Name(), Features: features}
	if len(refused) > 0 {
		row.Refused = new(strings.Join(refused, ", "))
	}
	if len(raw) <= maxRaw {
		row.Raw = new(string(raw))
	}
	return row
}
