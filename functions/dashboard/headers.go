package dashboard

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"time"

	"spotify-insights.internal/functions/dashboard/pages"
	"spotify-insights.internal/functions/dashboard/static"
	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/handler"
)

// policy lets a page load files of its own origin and covers from Spotify's image hosts, and nothing else.
const policy = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'; " +
	"style-src 'self'; script-src 'self'; font-src 'self' data:; img-src 'self' https://*.scdn.co https://*.spotifycdn.com; " +
	"require-trusted-types-for 'script'"

// pageHeaders sets the headers that every page has. A page is a referrer for its own origin, because a browser sends the
// Origin header of a form without any referrer as null.
func pageHeaders(h http.Header) {
	h.Set("Content-Security-Policy", policy)
	h.Set("Referrer-Policy", "same-origin")
	h.Set("X-Content-Type-Options", "nosniff")
}

// writeStatic sends a file. Its address contains a hash of its content.
func writeStatic(w http.ResponseWriter, r *http.Request, f static.File) {
	pageHeaders(w.Header())
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	w.Header().Set("Content-Type", f.Type)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(f.Content))
}

// refuse answers with an error as a page, because a browser shows no JSON.
func (v *Viewer) refuse(w http.ResponseWriter, r *http.Request, err error) error {
	id := r.URL.Query().Get("listener")
	if _, unknown := v.listeners.Find(id); unknown != nil {
		id = v.site.Default
	}
	return writeRefusal(r.Context(), w, v.site, id, err)
}

// WriteRefusal answers with an error as a page of a site.
func WriteRefusal(ctx context.Context, w http.ResponseWriter, site *pages.Site, err error) error {
	return writeRefusal(ctx, w, site, site.Default, err)
}

// writeRefusal answers with a page whose links are those of a listener.
func writeRefusal(ctx context.Context, w http.ResponseWriter, site *pages.Site, listener string, err error) error {
	text, action := "The page cannot be shown right now.", "Reload it in a minute. If the error stays, the log says why."
	if faults.Permanent(err) {
		text, action = err.Error(), faults.Action(err)
	} else {
		slog.WarnContext(ctx, "the page cannot be shown", "error", err.Error())
	}
	body, failed := pages.Refusal(site, listener, text, action)
	if failed != nil {
		return failed
	}
	WritePage(w, handler.Status(err), body)
	return nil
}

// WritePage answers with a page that is in no cache.
func WritePage(w http.ResponseWriter, status int, body []byte) {
	pageHeaders(w.Header())
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the caller may have hung up
}
