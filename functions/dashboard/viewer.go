package dashboard

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"slices"
	"time"

	"spotify-insights.internal/functions/dashboard/figures"
	"spotify-insights.internal/functions/dashboard/history"
	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/listener"
)

const (
	historyBytes = 448 << 20 // of all histories in memory; another one is in memory while it loads
	answerBytes  = 32 << 20  // of all answers that are kept
)

// Viewer makes views of what topten and ingest have written.
type Viewer struct {
	Listeners listener.Set
	Public    bool // everybody may look: see public.go
	Now       func() time.Time

	histories *history.Cache
	statuses  *statuses
	answers   *answers
}

// New returns a viewer for the audience that the settings name. The bucket is that of insights.
func New(s config.Dashboard, bucket history.Objects, now func() time.Time) *Viewer {
	listeners := s.Listeners
	if s.Public() {
		listeners = publicListeners(listeners)
	}
	return &Viewer{
		Listeners: listeners, Public: s.Public(), Now: now,
		histories: history.NewCache(bucket, historyBytes, now, slog.Default()),
		statuses:  newStatuses(bucket, now),
		answers:   newAnswers(answerBytes),
	}
}

// request is a request of which everything is known that an answer depends on.
type request struct {
	listener listener.Listener
	period   figures.Range
	history  *history.History
	status   insights.Status // of the last ingest; empty on a public page
	problems []string
}

// read reads what a query asks for. The query may name a listener and a period. The error is a faults.Invalid
// for a query that cannot be answered, and a faults.Missing for a listener that does not exist.
func (v *Viewer) read(ctx context.Context, query url.Values) (request, error) {
	listener, err := v.listener(query)
	if err != nil {
		return request{}, err
	}
	r := request{listener: listener, problems: []string{}}
	r.history, err = v.histories.Get(ctx, history.Listener{ID: listener.ID, Zone: listener.Zone, Public: v.Public})
	if err != nil { // %v: what is wrong with an object is not the request's fault
		return request{}, fmt.Errorf("showing %s: %v", listener.ID, err)
	}
	period := insights.PeriodAll
	if query.Has("period") {
		period = query.Get("period")
	}
	if r.period, err = figures.ParseRange(period, r.history, v.Now()); err != nil || v.Public {
		return r, err
	}
	if r.status, err = v.statuses.get(ctx, listener.ID); err != nil {
		return request{}, fmt.Errorf("showing %s: %v", listener.ID, err)
	}
	var loaded insights.Warehouse
	if w := r.history.Document.Status; w != nil {
		loaded = *w
	}
	r.problems = append(r.problems, r.status.Problems(v.Now(), loaded.FetchedAt)...)
	r.problems = append(r.problems, loaded.Problems()...)
	return r, nil
}

// listener finds whom the query names, by default "me" or else the first there is.
func (v *Viewer) listener(query url.Values) (listener.Listener, error) {
	id := listener.Default
	if query.Has("listener") {
		id = query.Get("listener")
	} else if _, ok := v.Listeners[id]; !ok && len(v.Listeners) > 0 {
		id = slices.Min(slices.Collect(maps.Keys(v.Listeners)))
	}
	return v.Listeners.Find(id)
}

// View answers a query.
func (v *Viewer) View(ctx context.Context, query url.Values) (*View, error) {
	r, err := v.read(ctx, query)
	if err != nil {
		return nil, err
	}
	return viewOf(r), nil
}
