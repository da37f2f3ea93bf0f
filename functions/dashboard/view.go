package dashboard

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"time"

	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/settings"
)

// Viewer makes views of what topten and ingest have written.
type Viewer struct {
	Listeners map[string]settings.Listener
	Public    bool // everybody may look: see public.go
	Documents Documents
	Now       func() time.Time
}

// Documents are the JSON objects of the insights bucket.
type Documents interface {
	ReadJSON(ctx context.Context, name string, v any) (generation int64, err error)
}

// New returns a viewer for the audience that the settings name.
func New(s settings.Settings, documents Documents, now func() time.Time) *Viewer {
	listeners := s.Listeners
	if s.Public {
		listeners = publicListeners(listeners)
	}
	return &Viewer{Listeners: listeners, Public: s.Public, Documents: documents, Now: now}
}

// View is what is shown of one listener and period, and the answer of /insights.json. Times are UTC;
// null is unknown.
type View struct {
	Listener   string            `json:"listener"`
	Period     string            `json:"period"`
	Periods    []string          `json:"periods"` // that there are figures of
	AsOf       *time.Time        `json:"as_of"`
	TimeZone   string            `json:"time_zone"`
	Totals     insights.Totals   `json:"totals"`
	TopTracks  []insights.Track  `json:"top_tracks"`
	TopArtists []insights.Artist `json:"top_artists"`
	TopAlbums  []insights.Album  `json:"top_albums"`
	Recent     []insights.Recent `json:"recent"`
	Status     Status            `json:"status"`
	private    bool              // it tells of recent plays, times and the pipeline too
	zone       *time.Location    // of the listener
	failed     bool              // the last ingest has
}

// Status is how the pipeline does.
type Status struct {
	LastIngestAt   *time.Time     `json:"last_ingest_at"`
	LastLoadAt     *time.Time     `json:"last_load_at"`
	AuthorizedAt   *time.Time     `json:"authorized_at"`
	TokenExpiresAt *time.Time     `json:"token_expires_at"`
	Gaps           []insights.Gap `json:"gaps"`
	Rejected       int64          `json:"rejected"`
	Coverage       Coverage       `json:"coverage"`
	Problems       []string       `json:"problems"`
}

// Coverage is of how many of the listener's tracks audio features are known.
type Coverage struct {
	insights.Coverage
	Share *float64 `json:"share"` // 0-1, null before the first track
}

// View reads two objects, for the public only the first of them, and makes a view. The query may name a
// listener and a period.
func (v *Viewer) View(ctx context.Context, query url.Values) (*View, error) {
	listener, err := v.listener(query)
	if err != nil {
		return nil, err
	}
	period := insights.PeriodAll
	if query.Has("period") {
		period = query.Get("period")
	}
	if !insights.ValidPeriod(period, v.Now()) {
		return nil, faults.New(faults.Invalid, "Use 4w, 6m, 1y, all, or a year such as 2026.", "%q is no period", period)
	}
	var document insights.Document
	if _, err := v.Documents.ReadJSON(ctx, insights.DocumentName(listener.ID), &document); err != nil {
		return nil, fmt.Errorf("showing %s: %w", listener.ID, err)
	}
	if v.Public {
		return publicView(listener, period, document), nil
	}
	var status insights.Status
	if _, err := v.Documents.ReadJSON(ctx, insights.StatusName(listener.ID), &status); err != nil {
		return nil, fmt.Errorf("showing %s: %w", listener.ID, err)
	}
	return v.privateView(listener, period, document, status), nil
}

// figuresView is a view with a period's figures, in which all else is empty.
func figuresView(listener settings.Listener, period string, d insights.Document) *View {
	figures := d.Periods[period]
	if figures == nil {
		figures = insights.NewPeriod()
	}
	return &View{
		Listener: listener.ID, Period: period, Periods: periods(d), TimeZone: listener.TimeZone,
		Totals: figures.Totals, TopTracks: figures.TopTracks, TopArtists: figures.TopArtists, TopAlbums: figures.TopAlbums,
		Recent: []insights.Recent{},
		Status: Status{Gaps: []insights.Gap{}, Problems: []string{}},
		zone:   listener.Zone,
	}
}

func (v *Viewer) privateView(listener settings.Listener, period string, d insights.Document, s insights.Status) *View {
	view := figuresView(listener, period, d)
	view.private, view.failed = true, s.Outcome == insights.Failed
	view.Recent = append(view.Recent, d.Recent...)
	if !d.AsOf.IsZero() {
		view.AsOf = &d.AsOf
	}
	view.Status = Status{
		LastIngestAt: s.LastIngestAt, LastLoadAt: d.Warehouse.LastLoadAt,
		AuthorizedAt: s.AuthorizedAt, TokenExpiresAt: s.TokenExpiresAt(),
		Gaps: append(view.Status.Gaps, d.Warehouse.Gaps...), Rejected: d.Warehouse.Rejected,
		Coverage: Coverage{d.Coverage, d.Coverage.Share()},
		Problems: append(append(view.Status.Problems, s.Problems(v.Now())...), d.Warehouse.Problems()...),
	}
	return view
}

// listener finds whom the query names, by default "me" or else the first there is.
func (v *Viewer) listener(query url.Values) (settings.Listener, error) {
	id := settings.DefaultListener
	if query.Has("listener") {
		id = query.Get("listener")
	} else if _, ok := v.Listeners[id]; !ok && len(v.Listeners) > 0 {
		id = slices.Min(slices.Collect(maps.Keys(v.Listeners)))
	}
	return settings.Find(v.Listeners, id)
}

// periods are those of a document: windows first, everything, then years, newest first.
func periods(d insights.Document) []string {
	var list []string
	for _, w := range insights.Windows {
		list = append(list, w.Period)
	}
	list = append(list, insights.PeriodAll)
	var years []string
	for period := range d.Periods {
		if !slices.Contains(list, period) {
			years = append(years, period)
		}
	}
	slices.Sort(years)
	slices.Reverse(years)
	return append(list, years...)
}
