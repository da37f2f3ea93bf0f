package dashboard

import (
	"cmp"
	"context"
	"errors"
	"fmt"
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

// errDamaged means that a status is not JSON. The next ingest or import replaces it.
var errDamaged = errors.New("the status is damaged")

// get returns a listener's status. Where it cannot be read, the previous one stays in use. Where a damaged one has no previous
// one, the page is shown without it.
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
	if errors.Is(err, errDamaged) && !ok {
		slog.WarnContext(ctx, "the page is shown without a status; the next run writes it again", "listener", listener, "error", err.Error())
		err = nil
	}
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

func (s *statuses) read(ctx context.Context, listener string) (status, error) {
	ingest, ingestErr := readStatus[insights.Status](ctx, s, insights.StatusName(listener))
	imported, importErr := readStatus[insights.ImportStatus](ctx, s, insights.ImportStatusName(listener))
	return status{ingest, imported, s.now()}, cmp.Or(ingestErr, importErr)
}

// readStatus reads one object. The error is [errDamaged] where it is not JSON.
func readStatus[T any](ctx context.Context, s *statuses, name string) (T, error) {
	var v, none T
	generation, err := s.bucket.ReadJSON(ctx, name, &v)
	if err != nil && generation != 0 {
		return none, fmt.Errorf("%w: %w", errDamaged, err)
	}
	return v, err
}
