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
	"spotify-insights.internal/shared/spotify"
)

// Documents are JSON objects that are replaced only if they are still what was read.
type Documents interface {
	ReadJSON(ctx context.Context, name string, v any) (generation int64, err error)
	WriteJSON(ctx context.Context, name string, v any, generation int64) error
}

// recordLimit is the time to write the status object in, also after the run has used up its own time.
const recordLimit = 10 * time.Second

// record writes the status object, whatever the outcome, and returns the error of the run: a refused token
// asks the listener to connect again only if the run before met the same.
func (i *Ingester) record(ctx context.Context, listener string, grant Grant, kept keptPage, runErr error) (insights.Status, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordLimit)
	defer cancel()
	name, now := insights.StatusName(listener), i.Now().UTC()
	var outcome error
	for attempt := 0; ; attempt++ {
		var before insights.Status
		generation, err := i.Status.ReadJSON(ctx, name, &before)
		if err != nil && generation == 0 {
			slog.WarnContext(ctx, "the status of the run before cannot be read", "listener", listener, "error", err.Error())
			return before, confirmed(before, runErr)
		}
		// A status that is not JSON is replaced: the next runs find out again what it said.
		if attempt == 0 {
			outcome = confirmed(before, runErr) // a later status is of another run, or of this one
		} else if before.LastRunAt.Equal(now) {
			return before, outcome // it was written, and the answer was lost
		}
		after := next(before, now, listener, grant, kept, outcome)
		err = i.Status.WriteJSON(ctx, name, after, generation)
		if errors.Is(err, bucket.ErrPrecondition) && attempt < 5 {
			continue // another run of the same listener has just ended
		}
		if err != nil {
			slog.WarnContext(ctx, "the status could not be written", "listener", listener, "error", err.Error())
		}
		return after, outcome
	}
}

// confirmed makes a refused token a fault: suspect the first time, a lost consent the second time.
func confirmed(before insights.Status, err error) error {
	if !errors.Is(err, spotify.ErrInvalidGrant) {
		return err
	}
	if !before.Suspect {
		return faults.New(faults.Upstream,
			"Nothing to do yet: Spotify has been wrong about this before. If the next run says the same, connect again.",
			"%w; it is suspect from now on", err)
	}
	return faults.New(faults.Reconnect, "Connect again: make connect (with PROJECT=... where it is deployed).", "%w, twice in a row", err)
}

// next is the status after a run that ended at now.
func next(before insights.Status, now time.Time, listener string, grant Grant, kept keptPage, err error) insights.Status {
	after := before
	after.Listener, after.LastRunAt = listener, now
	if grant.Version != 0 {
		after.AuthorizedAt, after.TokenVersion = grant.AuthorizedAt, grant.Version
	}
	if kept.Status == insights.Written { // a page that cannot be read is written, too
		after.Writes = append(slices.Clone(before.Writes), kept.fetchedAt)
		slices.SortFunc(after.Writes, time.Time.Compare) // another run may have recorded a later one
		after.Writes = after.Writes[max(0, len(after.Writes)-insights.KeptWrites):]
	}
	if err != nil {
		after.Outcome, after.Error, after.Action = insights.Failed, err.Error(), faults.Action(err)
		after.Failures++
		after.Suspect = errors.Is(err, spotify.ErrInvalidGrant)
		return after
	}
	after.Outcome, after.LastIngestAt = kept.Status, &now
	after.Error, after.Action, after.Failures, after.Suspect = "", "", 0, false
	return after
}
