package dashboard

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"spotify-insights.internal/shared/insights"
)

// statusEvery is the shortest time between two reads of a listener's status.
const statusEvery = 2 * time.Second

// statuses is a cache of the listeners' last ingests.
type statuses struct {
	bucket interface {
		ReadJSON(ctx context.Context, name string, v any) (generation int64, err error)
	}
	now func() time.Time

	mu         sync.Mutex
	byListener map[string]status
}

type status struct {
	insights.Status
	readAt time.Time
}

// get returns a listener's status. Where it cannot be read, the previous one stays in use.
func (s *statuses) get(ctx context.Context, listener string) (insights.Status, error) {
	s.mu.Lock()
	old, ok := s.byListener[listener]
	if ok && s.now().Sub(old.readAt) < statusEvery {
		s.mu.Unlock()
		return old.Status, nil
	}
	if ok {
		s.byListener[listener] = status{old.Status, s.now()} // one read at a time
	}
	s.mu.Unlock()

	var latest insights.Status
	if _, err := s.bucket.ReadJSON(ctx, insights.StatusName(listener), &latest); err != nil {
		if ok {
			slog.WarnContext(ctx, "the status cannot be read, the old one is shown", "listener", listener, "error", err.Error())
			return old.Status, nil
		}
		return insights.Status{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.byListener[listener] = status{latest, s.now()}
	return latest, nil
}
