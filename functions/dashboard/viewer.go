package dashboard

import (
	"context"
	"fmt"
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
	historyBytes = 448 << 20 // of all histories in memory; one more is in memory while it loads
	answerBytes  = 32 << 20  // of all cached answers
)

// Viewer makes views from the documents, snapshots and statuses in the insights bucket.
type Viewer struct {
	listeners listener.Set
	public    bool // for everybody: see public.go
	uploads   bool // the page has a field for uploads
	now       func() time.Time

	histories *history.Cache
	statuses  *statuses
	answers   *answers
}

// New returns a viewer for the audience of the configuration. bucket is the insights bucket.
func New(c config.Dashboard, bucket history.Objects, now func() time.Time) *Viewer {
	listeners := c.Listeners
	if c.Public() {
		listeners = publicListeners(listeners)
	}
	return &Viewer{
		listeners: listeners, public: c.Public(), uploads: c.Uploads && !c.Public(), now: now,
		histories: history.NewCache(bucket, historyBytes, now),
		statuses:  &statuses{bucket: bucket, now: now, byListener: map[string]status{}},
		answers:   &answers{budget: answerBytes, byKey: map[string]*answer{}},
	}
}

// request is a request with everything that its answer depends on.
type request struct {
	listener listener.Listener
	period   figures.Range
	history  *history.History
	status   status // empty on a public page
	problems []string
	active   bool // an import is running, or its rows are being loaded
	uploads  bool // the page has a field for uploads
}

// read reads everything that the answer to a query depends on. The query may contain a listener and a period. The
// error is a faults.Invalid for a query that is not valid, and a faults.Missing for a listener that does not exist.
func (v *Viewer) read(ctx context.Context, query url.Values) (request, error) {
	listener, err := v.listener(query)
	if err != nil {
		return request{}, err
	}
	r := request{listener: listener, problems: []string{}, uploads: v.uploads}
	r.history, err = v.histories.Get(ctx, history.Listener{ID: listener.ID, Zone: listener.Zone, Public: v.public})
	if err != nil { // %v: a fault of an object is not a fault of the request
		return request{}, fmt.Errorf("showing %s: %v", listener.ID, err)
	}
	period := insights.PeriodAll
	if query.Has("period") {
		period = query.Get("period")
	}
	if r.period, err = figures.ParseRange(period, r.history, v.now()); err != nil || v.public {
		return r, err
	}
	if r.status, err = v.statuses.get(ctx, listener.ID); err != nil {
		return request{}, fmt.Errorf("showing %s: %v", listener.ID, err)
	}
	loaded := r.loaded()
	r.problems = append(r.problems, r.status.ingest.Problems(v.now(), loaded.FetchedAt)...)
	r.problems = append(r.problems, r.status.imported.Problems(v.now(), loaded.Imports)...)
	r.problems = append(r.problems, loaded.Problems()...)
	r.active = r.status.imported.Active(v.now(), loaded.Imports)
	return r, nil
}

// loaded returns the status of what was loaded; empty before the first load and on a public page.
func (r request) loaded() insights.Warehouse {
	if w := r.history.Document.Status; w != nil {
		return *w
	}
	return insights.Warehouse{}
}

// listener returns the listener of a query. The default is "me", or the first listener where there is no "me".
func (v *Viewer) listener(query url.Values) (listener.Listener, error) {
	id := listener.Default
	if query.Has("listener") {
		id = query.Get("listener")
	} else if _, ok := v.listeners[id]; !ok && len(v.listeners) > 0 {
		id = slices.Min(slices.Collect(maps.Keys(v.listeners)))
	}
	return v.listeners.Find(id)
}

// View answers a query.
func (v *Viewer) View(ctx context.Context, query url.Values) (*View, error) {
	r, err := v.read(ctx, query)
	if err != nil {
		return nil, err
	}
	return viewOf(r), nil
}
