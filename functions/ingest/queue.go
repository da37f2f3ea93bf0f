package ingest

import (
	"context"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"time"

	"spotify-insights.internal/shared/events"
	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/insights"
)

// With a queue, Cloud Scheduler has one job. It calls ingest with toQueue, which publishes a message for each listener. A
// push subscription then calls ingest with fromQueue for each message, so that each listener has a run, a deadline and an
// error of its own, on a bounded number of instances.
const (
	toQueue   = "listeners" // POST /ingest?listeners=all
	fromQueue = "message"   // POST /ingest?message=listener, with a message of Pub/Sub as the body
)

// enqueue publishes a message for each listener.
func (i *Ingester) enqueue(ctx context.Context) (Result, error) {
	if i.Queue == nil {
		return Result{}, faults.New(faults.Invalid, "Give one listener, as in ?listener=me.", "there is no queue of listeners: INGEST_TOPIC is not set")
	}
	all := slices.Sorted(maps.Keys(i.Listeners))
	if err := i.Queue.PublishListeners(ctx, all); err != nil {
		return Result{}, err
	}
	slog.InfoContext(ctx, "queued", "listeners", len(all))
	return Result{Status: "queued", Queued: len(all)}, nil
}

// apart is more than the time within which a client publishes a message again whose answer was lost.
const apart = 30 * time.Second

// receive runs the ingest that a message asks for. A message that comes again after a run does nothing: Spotify's second
// refusal of a token counts only in a later run. A last run in the future does not count: a clock was wrong.
func (i *Ingester) receive(r *http.Request) (Result, error) {
	message, err := events.DecodePush(r.Body)
	if err != nil {
		return Result{}, err
	}
	id := message.Attributes[events.ListenerAttribute]
	if _, err := i.Listeners.Find(id); err != nil {
		return Result{}, err
	}
	var last insights.Status
	if _, err := i.Status.ReadJSON(r.Context(), insights.StatusName(id), &last); err == nil &&
		message.PublishTime.Sub(last.LastRunAt) < apart && !last.LastRunAt.After(i.Now()) {
		slog.InfoContext(r.Context(), "the last run has done what the message asks for", "listener", id)
		return Result{Status: insights.Unchanged, Listener: id}, nil
	}
	return i.Run(r.Context(), id)
}
