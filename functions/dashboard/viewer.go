package dashboard

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/singleflight"

	"spotify-insights.internal/functions/dashboard/figures"
	"spotify-insights.internal/functions/dashboard/history"
	"spotify-insights.internal/functions/dashboard/pages"
	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/listener"
)

const (
	historyBytes = 448 << 20 // of all histories in memory; one more is in memory while it loads
	answerBytes  = 32 << 20  // of all cached answers
)

// Viewer makes pages from the documents, snapshots and statuses in the insights bucket.
type Viewer struct {
	site      *pages.Site
	listeners listener.Set
	now       func() time.Time

	histories *history.Cache
	statuses  *statuses
	answers   *answers
	making    singleflight.Group // of answers, by their key in the cache
}

// New returns a viewer for the audience of the configuration. bucket is the insights bucket.
func New(c config.Dashboard, bucket history.Objects, now func() time.Time) *Viewer {
	listeners := c.Listeners
	if c.Public() {
		listeners = publicListeners(listeners)
	}
	ids := slices.Sorted(maps.Keys(listeners))
	site := &pages.Site{Listeners: ids, Default: listener.Default, Public: c.Public(), Local: c.Local && !c.Public(), Covers: c.Covers, Demo: c.Demo}
	if _, ok := listeners[listener.Default]; !ok && len(ids) > 0 {
		site.Default = ids[0]
	}
	return &Viewer{
		site: site, listeners: listeners, now: now,
		histories: history.NewCache(bucket, historyBytes, now),
		statuses:  &statuses{bucket: bucket, now: now, byListener: map[string]status{}},
		answers:   &answers{budget: answerBytes, byKey: map[string]*answer{}},
	}
}

// read reads everything that an answer depends on. The error is a faults.Invalid for a query that is not valid, and a
// faults.Missing for a listener that does not exist.
func (v *Viewer) read(r *http.Request, path, id, format string) (pages.Request, error) {
	ctx, query := r.Context(), r.URL.Query()
	who := v.site.Default
	if query.Has("listener") {
		who = query.Get("listener")
	}
	listener, err := v.listeners.Find(who)
	if err != nil {
		return pages.Request{}, err
	}
	request := pages.Request{Site: v.site, Listener: listener, ID: id, Path: path, Now: v.now(), Query: url.Values{}, Problems: []string{}}
	for _, name := range pages.Parameters {
		if query.Has(name) {
			request.Query.Set(name, bounded(query.Get(name)))
		}
	}
	request.History, err = v.histories.Get(ctx, history.Listener{ID: listener.ID, Zone: listener.Zone, Public: v.site.Public})
	if err != nil { // %v: a fault of an object is not a fault of the request
		return request, fmt.Errorf("showing %s: %v", listener.ID, err)
	}
	period := pages.DefaultPeriod(path, format == "html", request.History, v.now())
	if query.Has("period") {
		period = query.Get("period")
	}
	if request.Period, err = figures.ParseRange(period, request.History, v.now()); err != nil || v.site.Public {
		return request, err
	}
	return request, v.addStatus(ctx, &request)
}

// maxParameter is the length in bytes of the part of a parameter that pages see. No valid parameter is as long, and pages
// repeat parameters in their fields and links.
const maxParameter = 256

func bounded(parameter string) string {
	return strings.ToValidUTF8(parameter[:min(len(parameter), maxParameter)], "\ufffd")
}

// addStatus adds the status of the last ingest and import, and the problems.
func (v *Viewer) addStatus(ctx context.Context, r *pages.Request) error {
	status, err := v.statuses.get(ctx, r.Listener.ID)
	if err != nil {
		return fmt.Errorf("showing %s: %v", r.Listener.ID, err)
	}
	r.Ingest, r.Imported = status.ingest, status.imported
	loaded := r.Loaded()
	r.Problems = append(r.Problems, status.ingest.Problems(v.now(), loaded.FetchedAt)...)
	r.Problems = append(r.Problems, status.imported.Problems(v.now(), loaded.Imports)...)
	r.Problems = append(r.Problems, loaded.Problems()...)
	r.Active = status.imported.Active(v.now(), loaded.Imports)
	return nil
}

// Overview answers a query with the numbers of the overview.
func (v *Viewer) Overview(ctx context.Context, query url.Values) (*pages.Overview, error) {
	r, err := v.read((&http.Request{URL: &url.URL{RawQuery: query.Encode()}}).WithContext(ctx), "/", "", "json")
	if err != nil {
		return nil, err
	}
	return pages.OverviewOf(r), nil
}
