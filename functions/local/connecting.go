package main

import (
	"context"
	"net/http"
	"net/url"

	"spotify-insights.internal/functions/dashboard/pages"
	"spotify-insights.internal/functions/local/consent"
	"spotify-insights.internal/shared/advice"
	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/handler"
	"spotify-insights.internal/shared/listener"
	"spotify-insights.internal/shared/spotify"
)

// maxForm is the size of the largest form.
const maxForm = 16 << 10

// begin leads to Spotify. It is a link, because the policy of the page lets no form lead to another site. A link of another
// site leads to the page, where a person can decide.
func (c *connector) begin(w http.ResponseWriter, r *http.Request) error {
	if err := handler.Method(w, r, http.MethodGet); err != nil {
		return err
	}
	l, err := c.listener(r)
	if err != nil {
		return err
	}
	app, err := c.app(r.Context())
	if err != nil {
		return err
	}
	if app == (spotify.App{}) || !fromOwnPage(r) {
		back(w, r, l.ID)
		return nil
	}
	page := (&url.URL{Scheme: "http", Host: r.Host, Path: pages.ConnectPath, RawQuery: url.Values{"listener": {l.ID}}.Encode()}).String()
	flow, busy := c.callback.Begin(consent.Request{
		Listener: l.ID, Client: c.spotify, App: app, Keep: c.keep(l.ID), Next: c.next(), Page: page,
	})
	if busy != nil {
		return c.write(w, r, l.ID, flow.URL(), faults.New(faults.Limited,
			"Open Spotify in a new tab with the link below and agree. Then copy the address of the page that cannot be opened into the field below.",
			"another program uses port 8888, so the browser cannot bring Spotify's answer here"))
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, flow.URL(), http.StatusFound)
	return nil
}

// fromOwnPage reports whether a request follows a link of a page of this server.
func fromOwnPage(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" {
		return site == "same-origin"
	}
	from, err := url.Parse(r.Header.Get("Referer")) // an old browser
	return err == nil && from.Host == r.Host
}

// keep returns the function that stores a consent of a listener.
func (c *connector) keep(id string) func(context.Context, spotify.App, spotify.Token) error {
	return func(ctx context.Context, app spotify.App, token spotify.Token) error {
		if err := c.vault.keep(ctx, id, app, token); err != nil {
			return err
		}
		c.stored(id)
		return nil
	}
}

// stored follows a consent that was stored.
func (c *connector) stored(id string) {
	c.mu.Lock()
	c.entered, c.leaving = spotify.App{}, c.site.Demo
	c.mu.Unlock()
	c.connected(id)
}

// connectedPath is where the command says that it has stored a consent.
const connectedPath = pages.ConnectPath + "/done"

// notice looks for what the command has stored. In the demo, that is beside the demo's own data.
func (c *connector) notice(w http.ResponseWriter, r *http.Request) error {
	if err := handler.Method(w, r, http.MethodPost); err != nil {
		return err
	}
	l, err := c.listener(r)
	if err != nil {
		return err
	}
	connected, err := c.vault.connected(r.Context(), l.ID)
	if err != nil {
		return err
	}
	if !connected {
		return faults.New(faults.Reconnect, "Connect with: "+advice.Command("connect", l.ID)+".", "listener %s is not connected", l.ID)
	}
	c.stored(l.ID)
	handler.JSON(w, http.StatusOK, map[string]string{"status": "connected"})
	return nil
}

// next says what follows a consent.
func (c *connector) next() string {
	if c.site.Demo {
		return "The demo ends now, and your own page starts: your last 50 plays are there within a minute."
	}
	return "The last 50 plays are being fetched."
}

// enter takes an app from the form. It is stored once Spotify has accepted it.
func (c *connector) enter(w http.ResponseWriter, r *http.Request) error {
	l, err := c.form(w, r)
	if err != nil {
		return err
	}
	app := spotify.App{ClientID: r.PostForm.Get("client_id"), ClientSecret: r.PostForm.Get("client_secret")}
	if err := consent.ValidApp(app); err != nil {
		return c.write(w, r, l.ID, "", err)
	}
	c.mu.Lock()
	c.entered = app
	c.mu.Unlock()
	back(w, r, l.ID)
	return nil
}

// finish takes a pasted address from the form.
func (c *connector) finish(w http.ResponseWriter, r *http.Request) error {
	l, err := c.form(w, r)
	if err != nil {
		return err
	}
	flow, err := c.callback.Paste(r.Context(), r.PostForm.Get("address"))
	if err == nil {
		_, err = flow.Ends()
	}
	if err != nil {
		return c.write(w, r, l.ID, "", err)
	}
	back(w, r, flow.Listener)
	return nil
}

// form reads a form.
func (c *connector) form(w http.ResponseWriter, r *http.Request) (l listener.Listener, err error) {
	if err := handler.Method(w, r, http.MethodPost); err != nil {
		return l, err
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		return l, faults.New(faults.Invalid, "Use the fields of the page "+pages.ConnectPath+".", "the form cannot be read")
	}
	return c.listener(r)
}
