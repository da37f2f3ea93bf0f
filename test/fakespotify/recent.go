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
	if fault.Kind == RepeatedItems && len(window) > 0 {
		for range 1 + s.rand.IntN(3) {
			i := s.rand.IntN(len(window))
			window = slices.Insert(window, i, window[i])
		}
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

// authenticate finds whose access token a request bears.
func (s *Server) authenticate(r *http.Request) (*listener, answer, bool) {
	refuse := func(status int, message string) (*listener, answer, bool) {
		a := apiError(status, message)
		if status == http.StatusUnauthorized {
			a.header["WWW-Authenticate"] = `Bearer realm="spotify", error="invalid_token", error_description="` + message + `"`
		}
		return nil, a, false
	}
	header := r.Header.Get("Authorization")
	if header == "" {
		return refuse(http.StatusUnauthorized, "No token provided")
	}
	scheme, value, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return refuse(http.StatusBadRequest, "Only valid bearer authentication supported")
	}
	t, known := s.access[value]
	switch {
	case !known:
		return refuse(http.StatusUnauthorized, "Invalid access token")
	case !s.options.Now().Before(t.expires):
		return refuse(http.StatusUnauthorized, "The access token expired")
	case t.listener == nil:
		return refuse(http.StatusUnauthorized, "This request requires user authentication.")
	case !slices.Contains(strings.Fields(t.scope), ScopeRecentlyPlayed):
		return refuse(http.StatusForbidden, "Insufficient client scope")
	}
	return t.listener, answer{}, true
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
