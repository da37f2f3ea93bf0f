package fakespotify

import (
	"fmt"
	"net/http"
	"slices"
	"sort"
	"strconv"
	"strings"
)

const (
	windowSize     = 50 // how many plays the endpoint has, and the most that an answer contains
	defaultLimit   = 20
	staleWindowMax = 25 // the most plays that were seen to vanish from an answer and come back
)

// recentlyPlayed is GET /v1/me/player/recently-played. It has no cursors (after, before): the product sends none.
func (s *Server) recentlyPlayed(r *http.Request, kind Kind) answer {
	t, refused, ok := s.bearer(r)
	switch {
	case !ok:
		return refused
	case t.listener == nil:
		return unauthorized("This request requires user authentication.")
	case !slices.Contains(strings.Fields(t.scope), ScopeRecentlyPlayed):
		return apiError(http.StatusForbidden, "Insufficient client scope", "")
	}
	limit := defaultLimit
	if query := r.URL.Query(); query.Has("limit") {
		var err error
		if limit, err = strconv.Atoi(query.Get("limit")); err != nil || limit < 1 || limit > windowSize {
			return apiError(http.StatusBadRequest, "Invalid limit", "")
		}
	}
	shown := s.window(t.listener, kind)
	if kind == RepeatedItems {
		shown = repeatSome(s.rand, shown)
	}
	shown = shown[:min(len(shown), limit)]

	items := make([]object, len(shown)) // an empty list is [], never null
	var plays []PlayKey
	for i, p := range shown {
		var readable bool
		if items[i], readable = s.item(p, t.listener.Name); readable {
			plays = append(plays, p.settled.Key())
		}
	}
	body := object{"items": items, "next": nil, "cursors": nil, "limit": limit, "href": ""}
	if len(shown) > 0 {
		newest, oldest := shown[0].settled.PlayedAt.UnixMilli(), shown[len(shown)-1].settled.PlayedAt.UnixMilli()
		address := "http://" + r.Host + r.URL.Path + "?limit=" + strconv.Itoa(limit)
		body["cursors"] = object{"after": fmt.Sprint(newest), "before": fmt.Sprint(oldest)}
		body["href"], body["next"] = address, address+"&before="+fmt.Sprint(oldest)
	}
	a := jsonAnswer(http.StatusOK, body)
	a.sent = func() { s.record.serve(t.listener.Name, plays) }
	return a
}

// bearer finds the valid access token of a request: a listener's or one of the client credentials.
func (s *Server) bearer(r *http.Request) (accessToken, answer, bool) {
	value, found := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	t, known := s.access[value]
	switch {
	case !found:
		return t, unauthorized("No token provided"), false
	case !known:
		return t, unauthorized("Invalid access token"), false
	case !s.options.Now().Before(t.expires):
		return t, unauthorized("The access token expired"), false
	}
	return t, answer{}, true
}

func unauthorized(message string) answer { return apiError(http.StatusUnauthorized, message, "") }

// shownPlay is a play as the window shows it, and as it was added: the latter decides about flaws.
type shownPlay struct {
	settled, original Play
}

// window returns the last 50 of a listener's plays that have appeared, newest first.
func (s *Server) window(l *listener, kind Kind) []shownPlay {
	now := s.options.Now()
	end := sort.Search(len(l.Plays), func(i int) bool { return l.Plays[i].PlayedAt.After(now) })
	var window []shownPlay
	// Some more than fit: a stale window hides some, and NoFraction can change the order within a second.
	for i := end - 1; i >= 0 && len(window) < windowSize+staleWindowMax+5; i-- {
		p := l.Plays[i]
		if s.appearsAt(p, l.Name).After(now) {
			continue
		}
		settled := s.settled(p, l.Name)
		if s.hasFlaw(p, l.Name, SameMillisecond) {
			twin := Play{Track: SimpleTrack(800_000 + int(s.chance(p, l.Name, "twin")*90_000)), PlayedAt: settled.PlayedAt}
			window = append(window, shownPlay{twin, twin})
		}
		window = append(window, shownPlay{settled, p})
	}
	slices.SortStableFunc(window, func(a, b shownPlay) int { return byTime(b.settled, a.settled) })
	if kind == StaleWindow && len(window) > 0 {
		hidden := 1 + s.rand.IntN(min(staleWindowMax, len(window)))
		from := s.rand.IntN(min(windowSize, len(window)) - hidden + 1)
		window = slices.Delete(window, from, from+hidden)
	}
	return window[:min(len(window), windowSize)]
}
