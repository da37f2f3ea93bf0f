package dashboard

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"spotify-insights.internal/shared/insights"
)

// statusEvery is how often a listener's status is read at most.
const statusEvery = 2 * time.Second

// documents are the JSON objects of the insights bucket.
type documents interface {
	ReadJSON(ctx context.Context, name string, v any) (generation int64, err error)
}

// statuses keeps how the last ingest of each listener went.
type statuses struct {
	documents documents
	now       func() time.Time

	mu    sync.Mutex
	known map[string]knownStatus
}

type knownStatus struct {
	status insights.Status
	read   time.Time
}

func newStatuses(d documents, now func() time.Time) *statuses {
	return &statuses{documents: d, now: now, known: map[string]knownStatus{}}
}

// get returns a listener's status, at most a few seconds old. Where it cannot be read the old one serves.
func (s *statuses) get(ctx context.Context, listener string) (insights.Status, error) {
	s.mu.Lock()
	old, ok := s.known[listener]
	if ok && s.now().Sub(old.read) < statusEvery {
		s.mu.Unlock()
		return old.status, nil
	}
	if ok {
		s.known[listener] = knownStatus{old.status, s.now()} // others need not read it meanwhile
	}
	s.mu.Unlock()

	var status insights.Status
	if _, err := s.documents.ReadJSON(ctx, insights.StatusName(listener), &status); err != nil {
		if ok {
			slog.WarnContext(ctx, "the status cannot be read, the old one is shown", "listener", listener, "error", err.Error())
			return old.status, nil
		}
		return insights.Status{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known[listener] = knownStatus{status, s.now()}
	return status, nil
}
