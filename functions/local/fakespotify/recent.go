package fakespotify

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	windowSize   = 50 // how many plays the endpoint knows of, and the most a page can hold
	defaultLimit = 20
)

// recentlyPlayed is GET /v1/me/player/recently-played.
func (s *Server) recentlyPlayed(r *http.Request, fault Fault) answer {
	l, refused, ok := s.authenticate(r)
	if !ok {
		return refused
	}
	page, refused, ok := parsePage(r.URL.Query())
	if !ok {
		return refused
	}
	window := s.window(l, fault)
	window = slices.DeleteFunc(window, func(p shownPlay) bool { return !page.contains(p.settled.PlayedAt) })
	window = window[:min(len(window), page.limit)]
	if fault.Kind == RepeatedItems {
		window = repeatSome(s.rand, window)
		window = window[:min(len(window), page.limit)]
	}

	body := pageBody{Items: []itemBody{}, Limit: page.limit}
	var plays []PlayKey
	for _, p := range window {
		item, readable := s.flawedBody(p.settled, p.original, l.Name)
		body.Items = append(body.Items, item)
		if readable {
			plays = append(plays, p.settled.Key())
		}
	}
	if len(window) > 0 {
		newest, oldest := unixMS(window[0].settled.PlayedAt), unixMS(window[len(window)-1].settled.PlayedAt)
		next := page.next(baseURL(r), newest, oldest)
		body.Cursors, body.Next, body.Href = &cursorsBody{After: newest, Before: oldest}, &next, baseURL(r)
		if r.URL.RawQuery != "" {
			body.Href += "?" + r.URL.RawQuery
		}
	}
	a := jsonAnswer(http.StatusOK, body)
	a.listener, a.plays = l.Name, plays
	return a
}

// authenticate finds whose access token a request bears, and whether it is one for recently played tracks.
func (s *Server) authenticate(r *http.Request) (*listener, answer, bool) {
	t, refused, ok := s.bearer(r)
	switch {
	case !ok:
		return nil, refused, false
	case t.listener == nil:
		return nil, unauthorized("This request requires user authentication."), false
	case !slices.Contains(strings.Fields(t.scope), ScopeRecentlyPlayed):
		return nil, apiError(http.StatusForbidden, "Insufficient client scope"), false
	}
	return t.listener, answer{}, true
}

// bearer finds the good access token that a request bears, a listener's or one of the client credentials.
func (s *Server) bearer(r *http.Request) (accessToken, answer, bool) {
	refuse := func(refusal answer) (accessToken, answer, bool) { return accessToken{}, refusal, false }
	header := r.Header.Get("Authorization")
	if header == "" {
		return refuse(unauthorized("No token provided"))
	}
	scheme, value, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return refuse(apiError(http.StatusBadRequest, "Only valid bearer authentication supported"))
	}
	t, known := s.access[value]
	switch {
	case !known:
		return refuse(unauthorized("Invalid access token"))
	case !s.options.Now().Before(t.expires):
		return refuse(unauthorized("The access token expired"))
	}
	return t, answer{}, true
}

func unauthorized(message string) answer {
	a := apiError(http.StatusUnauthorized, message)
	a.header["WWW-Authenticate"] = `Bearer realm="spotify", error="invalid_token", error_description="` + message + `"`
	return a
}

// page is which plays of the window are asked for.
type page struct {
	limit         int
	after, before *int64 // unix ms, exclusive; one of them at most
}

func parsePage(query url.Values) (page, answer, bool) {
	p := page{limit: defaultLimit}
	refuse := func(message string) (page, answer, bool) {
		return p, apiError(http.StatusBadRequest, message), false
	}
	if query.Has("limit") {
		limit, err := strconv.Atoi(query.Get("limit"))
		if err != nil || limit < 1 || limit > windowSize {
			return refuse("Invalid limit")
		}
		p.limit = limit
	}
	if query.Has("after") && query.Has("before") {
		return refuse("Only one of after and before can be specified")
	}
	for name, cursor := range map[string]**int64{"after": &p.after, "before": &p.before} {
		if !query.Has(name) {
			continue
		}
		ms, err := strconv.ParseInt(query.Get(name), 10, 64)
		if err != nil {
			return refuse("Invalid cursor")
		}
		*cursor = &ms
	}
	return p, answer{}, true
}

func (p page) contains(t time.Time) bool {
	ms := t.UnixMilli()
	return (p.after == nil || ms > *p.after) && (p.before == nil || ms < *p.before)
}

// next goes on in the direction that was asked for, and into the past where none was. It is there on a last page too: it
// then leads to the empty form.
func (p page) next(base, newest, oldest string) string {
	query := url.Values{"limit": {strconv.Itoa(p.limit)}}
	if p.after != nil {
		query.Set("after", newest)
	} else {
		query.Set("before", oldest)
	}
	return base + "?" + query.Encode()
}

// baseURL is the endpoint where the client found it: a client that follows next must stay on this server.
func baseURL(r *http.Request) string {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + r.Host + r.URL.Path
}

func unixMS(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }
