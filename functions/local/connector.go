package main

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"

	"spotify-insights.internal/functions/dashboard"
	"spotify-insights.internal/functions/dashboard/pages"
	"spotify-insights.internal/functions/local/consent"
	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/handler"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/listener"
	"spotify-insights.internal/shared/spotify"
)

// connectLimit is the deadline of a request that connects. It includes several calls of Spotify.
const connectLimit = 2 * time.Minute

// connector connects listeners from the page.
type connector struct {
	site      *pages.Site
	listeners listener.Set
	statuses  interface { // of the last ingests
		ReadJSON(ctx context.Context, name string, v any) (generation int64, err error)
	}
	vault    vault
	spotify  *spotify.Client // the real one, also in the demo
	callback *consent.Callback
	// connected is called after a consent is stored.
	connected func(listenerID string)

	mu      sync.Mutex
	entered spotify.App // on the page, and not stored before Spotify has accepted it
	leaving bool        // the demo ends
}

// handle adds the page and what belongs to it.
func (c *connector) handle(mux *http.ServeMux) {
	for path, answer := range map[string]core{
		pages.ConnectPath: c.show, pages.ConnectSpotify: c.begin, pages.ConnectApp: c.enter, pages.ConnectAnswer: c.finish, connectedPath: c.notice,
	} {
		mux.Handle(path, handler.HTTP("connect", connectLimit, forBrowsers(c.site, answer)))
	}
}

// listener returns the listener of a request.
func (c *connector) listener(r *http.Request) (listener.Listener, error) {
	return c.listeners.Find(cmp.Or(r.URL.Query().Get("listener"), c.site.Default))
}

// back leads to the page of a listener.
func back(w http.ResponseWriter, r *http.Request, id string) {
	http.Redirect(w, r, pages.ConnectPath+"?"+url.Values{"listener": {id}}.Encode(), http.StatusSeeOther)
}

// show answers with the page.
func (c *connector) show(w http.ResponseWriter, r *http.Request) error {
	if err := handler.Method(w, r, http.MethodGet, http.MethodHead); err != nil {
		return err
	}
	l, err := c.listener(r)
	if err != nil {
		return err
	}
	return c.write(w, r, l.ID, "", nil)
}

// app returns the app that was entered last, or the stored one.
func (c *connector) app(ctx context.Context) (spotify.App, error) {
	c.mu.Lock()
	app := c.entered
	c.mu.Unlock()
	if app != (spotify.App{}) {
		return app, nil
	}
	return c.vault.app(ctx)
}

// write answers with the page of a listener, with an address at Spotify where there is one, and with why the listener is
// not connected.
func (c *connector) write(w http.ResponseWriter, r *http.Request, id, spotify string, failure error) error {
	app, err := c.app(r.Context())
	if err != nil {
		return err
	}
	page := pages.Connect{App: app.ClientID, Redirect: consent.RedirectURL, Spotify: spotify}
	c.mu.Lock()
	page.Leaving = c.leaving
	c.mu.Unlock()
	status := http.StatusOK
	if failure != nil {
		page.Failure, page.Action, status = failure.Error(), faults.Action(failure), handler.Status(failure)
	}
	for _, id := range c.site.Listeners {
		given, err := c.consent(r.Context(), id)
		if err != nil {
			return err
		}
		page.Consents = append(page.Consents, given)
	}
	body, err := page.HTML(c.site, id, time.Now())
	if err != nil {
		return err
	}
	dashboard.WritePage(w, status, body)
	return nil
}

// consent returns what is known of a listener's consent.
func (c *connector) consent(ctx context.Context, id string) (pages.Consent, error) {
	token, version, err := c.vault.token(ctx, id)
	if err != nil || token.RefreshToken == "" {
		return pages.Consent{Listener: id}, err
	}
	var last insights.Status
	if generation, err := c.statuses.ReadJSON(ctx, insights.StatusName(id), &last); err != nil && generation == 0 {
		return pages.Consent{}, err
	} else if err != nil { // the next ingest replaces it
		slog.WarnContext(ctx, "the status of the last ingest is not valid", "listener", id, "error", err)
		last = insights.Status{}
	}
	refused := last.Suspect && last.Failures > 1 && last.TokenVersion == version
	return pages.Consent{Listener: id, Given: true, At: token.AuthorizedAt, Refused: refused}, nil
}
