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
	Documents interface {
		ReadJSON(ctx context.Context, name string, v any) (generation int64, err error)
	}
	Now func() time.Time
}

// View is what is shown of one listener and period, and the answer of /insights.json. Times are UTC;
// null is unknown.
type View struct {
	Listener   string             `json:"listener"`
	Period     string             `json:"period"`
	Periods    []string           `json:"periods"` // that there are figures of
	AsOf       *time.Time         `json:"as_of"`
	TimeZone   string             `json:"time_zone"`
	Totals     insights.Totals    `json:"totals"`
	TopTracks  []insights.Track   `json:"top_tracks"`
	TopArtists []insights.Artist  `json:"top_artists"`
	TopAlbums  []insights.Album   `json:"top_albums"`
	Recent     []insights.Recent  `json:"recent"`
	Status     Status             `json:"status"`
	zone       *time.Location     // of the listener
	status     insights.Status    // of the last ingest
	warehouse  insights.Warehouse // as of the ranking
}

// Status is how the pipeline does.
type Status struct {
	LastIngestAt   *time.Time     `json:"last_ingest_at"`
	LastLoadAt     *time.Time     `json:"last_load_at"`
	AuthorizedAt   *time.Time     `json:"authorized_at"`
	TokenExpiresAt *time.Time     `json:"token_expires_at"`
	Gaps           []insights.Gap `json:"gaps"`
	Rejected       int64          `json:"rejected"`
	Problems       []string       `json:"problems"`
}

// View reads two objects and makes a view of them. The query may name a listener and a period.
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
	var status insights.Status
	if _, err := v.Documents.ReadJSON(ctx, insights.DocumentName(listener.ID), &document); err != nil {
		return nil, fmt.Errorf("showing %s: %w", listener.ID, err)
	}
	if _, err := v.Documents.ReadJSON(ctx, insights.StatusName(listener.ID), &status); err != nil {
		return nil, fmt.Errorf("showing %s: %w", listener.ID, err)
	}
	return v.view(listener, period, document, status), nil
}

func (v *Viewer) view(listener settings.Listener, period string, d insights.Document, s insights.Status) *View {
	figures := d.Periods[period]
	if figures == nil {
		figures = insights.NewPeriod()
	}
	view := &View{
		Listener: listener.ID, Period: period, Periods: periods(d), TimeZone: listener.TimeZone,
		Totals: figures.Totals, TopTracks: figures.TopTracks, TopArtists: figures.TopArtists, TopAlbums: figures.TopAlbums,
		Recent: append([]insights.Recent{}, d.Recent...), // a list, also where there is no document
		zone:   listener.Zone, status: s, warehouse: d.Warehouse,
	}
	if !d.AsOf.IsZero() {
		view.AsOf = &d.AsOf
	}
	view.Status = Status{
		LastIngestAt: s.LastIngestAt, LastLoadAt: d.Warehouse.LastLoadAt,
		AuthorizedAt: s.AuthorizedAt, TokenExpiresAt: s.TokenExpiresAt(),
		Gaps: append([]insights.Gap{}, d.Warehouse.Gaps...), Rejected: d.Warehouse.Rejected,
		Problems: append(append([]string{}, s.Problems(v.Now())...), d.Warehouse.Problems()...),
	}
	return view
}

// listener finds whom the query names, by default "me" or else the first there is.
func (v *Viewer) listener(query url.Values) (settings.Listener, error) {
	id := settings.DefaultListener
	if query.Has("listener") {
		id = query.Get("listener")
	} else if _, ok := v.Listeners[id]; !ok {
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
