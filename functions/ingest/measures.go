package ingest

import (
	"context"
	"log/slog"
	"time"

	"spotify-insights.internal/shared/insights"
)

// measureLimit is the deadline of reading the document that a run is measured with. It begins when the run ends.
const measureLimit = 5 * time.Second

// measures returns the fields of a run's log line that the dashboard and the objective of terraform/monitoring.tf are
// made of: the age of the newest play, and for how long the page has lacked plays. Before the first ingest it lacks none.
func (i *Ingester) measures(ctx context.Context, status insights.Status, result Result) (attrs []any) {
	if !result.newest.IsZero() {
		attrs = append(attrs, "newest_play_minutes", minutes(status.LastRunAt.Sub(result.newest)))
	}
	if status.LastIngestAt == nil {
		return attrs
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), measureLimit)
	defer cancel()
	var document insights.Document
	if _, err := i.Status.ReadJSON(ctx, insights.DocumentName(status.Listener), &document); err != nil {
		slog.WarnContext(ctx, "the document cannot be read, so how far it is behind is unknown", "listener", status.Listener, "error", err.Error())
		return attrs
	}
	var fetchedAt *time.Time
	if document.Status != nil {
		fetchedAt = document.Status.FetchedAt
	}
	return append(attrs, "behind_minutes", minutes(status.Behind(fetchedAt)))
}

func minutes(d time.Duration) int { return max(0, int(d.Minutes())) }
