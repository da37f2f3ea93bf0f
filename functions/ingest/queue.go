package ingest

import (
	"context"
	"log/slog"
	"maps"
	"net/http"
	"slices"

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

// receive runs the ingest that a message asks for. A message that comes again after a run does nothing: Spotify's second
// refusal of a token counts only in a later run.
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
	if _, err := i.Status.ReadJSON(r.Context(), insights.StatusName(id), &last); err == nil && last.LastRunAt.After(message.PublishTime) {
		slog.InfoContext(r.Context(), "the message is older than the last run", "listener", id)
		return Result{Status: insights.Unchanged, Listener: id}, nil
	}
	return i.Run(r.Context(), id)
}
