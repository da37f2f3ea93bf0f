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

// statuses is a cache of the listeners' last ingests and imports.
type statuses struct {
	bucket interface {
		ReadJSON(ctx context.Context, name string, v any) (generation int64, err error)
	}
	now func() time.Time

	mu         sync.Mutex
	byListener map[string]status
}

// status is the result of a listener's last ingest, and the progress or result of the last import.
type status struct {
	ingest   insights.Status
	imported insights.ImportStatus
	readAt   time.Time
}

// get returns a listener's status. Where it cannot be read, the previous one stays in use.
func (s *statuses) get(ctx context.Context, listener string) (status, error) {
	s.mu.Lock()
	old, ok := s.byListener[listener]
	if ok && s.now().Sub(old.readAt) < statusEvery {
		s.mu.Unlock()
		return old, nil
	}
	if ok {
		s.byListener[listener] = status{old.ingest, old.imported, s.now()} // one read at a time
	}
	s.mu.Unlock()

	latest, err := s.read(ctx, listener)
	if err != nil {
		if ok {
			slog.WarnContext(ctx, "the status cannot be read, the old one is shown", "listener", listener, "error", err.Error())
			return old, nil
		}
		return status{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.byListener[listener] = latest
	return latest, nil
}

func (s *statuses) read(ctx context.Context, listener string) (latest status, err error) {
	if _, err = s.bucket.ReadJSON(ctx, insights.StatusName(listener), &latest.ingest); err == nil {
		_, err = s.bucket.ReadJSON(ctx, insights.ImportStatusName(listener), &latest.imported)
	}
	latest.readAt = s.now()
	return latest, err
}
