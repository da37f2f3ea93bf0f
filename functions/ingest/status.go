package ingest

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/secrets"
	"spotify-insights.internal/shared/spotify"
)

// Documents reads and writes JSON objects. WriteJSON fails with [bucket.ErrPrecondition] where the object has
// another generation.
type Documents interface {
	ReadJSON(ctx context.Context, name string, v any) (generation int64, err error)
	WriteJSON(ctx context.Context, name string, v any, generation int64) error
}

// statusLimit is the deadline of writing the status. It begins when the run ends, also where the run has used up
// its own time.
const statusLimit = 10 * time.Second

// writeStatus writes the status and returns it with the error of the run, which [explained] has completed.
func (i *Ingester) writeStatus(ctx context.Context, listener string, grant Grant, result Result, runErr error) (insights.Status, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), statusLimit)
	defer cancel()
	name, now := insights.StatusName(listener), i.Now().UTC()
	var outcome error
	for attempt := 0; ; attempt++ {
		var before insights.Status
		generation, err := i.Status.ReadJSON(ctx, name, &before)
		if err != nil && generation == 0 {
			slog.WarnContext(ctx, "the previous status cannot be read", "listener", listener, "error", err.Error())
			outcome = explained(runErr, listener, before, grant, now)
			return next(before, now, listener, grant, result, outcome), outcome
		}
		// A status that is not JSON is replaced.
		if attempt == 0 {
			outcome = explained(runErr, listener, before, grant, now) // later attempts may read this run's own status
		} else if before.LastRunAt.Equal(now) {
			return before, outcome // it was written, but the answer was lost
		}
		after := next(before, now, listener, grant, result, outcome)
		err = i.Status.WriteJSON(ctx, name, after, generation)
		if errors.Is(err, bucket.ErrPrecondition) && attempt < 5 {
			continue // another run of the same listener has just ended
		}
		if err != nil {
			slog.WarnContext(ctx, "the status cannot be written", "listener", listener, "error", err.Error())
		}
		return after, outcome
	}
}

// next returns the status after a run that ended at now.
func next(before insights.Status, now time.Time, listener string, grant Grant, result Result, err error) insights.Status {
	after := before
	after.Listener, after.LastRunAt = listener, now
	if grant.Version != 0 {
		after.AuthorizedAt, after.TokenVersion = grant.AuthorizedAt, grant.Version
	} else if errors.Is(err, secrets.ErrEmpty) {
		after.AuthorizedAt, after.TokenVersion = nil, 0
	}
	after.TokenAgeDays, after.TokenUnstored = after.TokenAge(now), ""
	if grant.Unstored != nil {
		after.TokenUnstored = grant.Unstored.Error()
	}
	if result.Status == insights.Written { // also a page that cannot be read
		after.Writes = append(slices.Clone(before.Writes), result.fetchedAt)
		slices.SortFunc(after.Writes, time.Time.Compare) // a concurrent run may have added a later one
		after.Writes = after.Writes[max(0, len(after.Writes)-insights.KeptWrites):]
	}
	if err != nil {
		after.Outcome, after.Error, after.Action = insights.Failed, err.Error(), faults.Action(err)
		after.Failures++
		after.Suspect = errors.Is(err, spotify.ErrInvalidGrant)
		return after
	}
	after.Outcome, after.LastIngestAt = result.Status, &now
	after.Error, after.Action, after.Failures, after.Suspect = "", "", 0, false
	return after
}
