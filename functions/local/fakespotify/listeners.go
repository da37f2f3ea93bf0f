package fakespotify

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// ScopeRecentlyPlayed is the scope that a token needs for recently played tracks.
const ScopeRecentlyPlayed = "user-read-recently-played"

// Listener is an account of the fake Spotify.
type Listener struct {
	Name string

	// RefreshToken is one that the app already has; empty for a listener who has yet to sign in. It expires 6
	// months after ConsentedAt (zero: now), however often it is used.
	RefreshToken string
	ConsentedAt  time.Time

	Scope string // that the listener agrees to; empty is all that an app asks for

	TokenLife time.Duration // of an access token; 0 is 3600 s

	// Rotate makes every Rotate-th refresh return a new refresh token (1: each, 0: none). The older ones work until
	// the new one has been used once, or stop at once with RotateAtOnce.
	Rotate       int
	RotateAtOnce bool

	// Plays appear one by one as the clock passes their end.
	Plays []Play
}

// Play is a track that a listener played.
type Play struct {
	Track    Track
	PlayedAt time.Time // the end of the play; Spotify reports milliseconds
	Context  *Context  // the source of the play; nil where Spotify reports none

	// Listened is for how long the track was played, which only an export contains; 0 is its whole length.
	Listened time.Duration

	// AppearsAt, if after PlayedAt, is when a late play first appears, behind newer ones.
	AppearsAt time.Time

	Flaws []Flaw // of this item, in addition to those of SetFlaw
}

// Key identifies the play among its listener's plays, as in Served. With NoFraction it is that of the whole second.
func (p Play) Key() PlayKey { return PlayKey{p.PlayedAt.UnixMilli(), p.Track.ID} }

// Context is what a track was played from: a playlist, an album or an artist.
type Context struct {
	Type string
	ID   string
}

type listener struct {
	Listener
	refreshes int
}

// AddListener adds an account. It panics where the refresh token is another listener's.
func (s *Server) AddListener(l Listener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refresh[l.RefreshToken] != nil {
		panic(fmt.Sprintf("fakespotify: the refresh token of listener %q is already another's", l.Name))
	}
	if l.ConsentedAt.IsZero() {
		l.ConsentedAt = s.options.Now()
	}
	l.TokenLife = cmp.Or(l.TokenLife, time.Hour)
	l.Plays = slices.Clone(l.Plays)
	slices.SortStableFunc(l.Plays, byTime)
	added := &listener{Listener: l}
	s.listeners[l.Name] = added
	if l.RefreshToken != "" {
		s.refresh[l.RefreshToken] = &refreshToken{grant: &grant{listener: added, consentedAt: l.ConsentedAt, scope: ScopeRecentlyPlayed}}
		s.record.secret(l.RefreshToken)
	}
}

// Play adds a play to a listener's, at any time.
func (s *Server) Play(name string, play Play) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.mustListener(name)
	i, _ := slices.BinarySearchFunc(l.Plays, play, func(have, p Play) int {
		return cmp.Or(byTime(have, p), -1) // after those of the same moment
	})
	l.Plays = slices.Insert(l.Plays, i, play)
}

// Revoke ends all refresh tokens of a listener, as the account page does. Access tokens live on; see ExpireAccess.
func (s *Server) Revoke(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.mustListener(name)
	for _, t := range s.refresh {
		if t.grant.listener == l {
			t.revoked = true
		}
	}
}

// ExpireAccess ends all access tokens of a listener before their time.
func (s *Server) ExpireAccess(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.mustListener(name)
	for value, t := range s.access {
		if t.listener == l {
			t.expires = s.options.Now()
			s.access[value] = t
		}
	}
}

func (s *Server) mustListener(name string) *listener {
	if l := s.listeners[name]; l != nil {
		return l
	}
	panic(fmt.Sprintf("fakespotify: no listener %q", name))
}

func byTime(a, b Play) int { return a.PlayedAt.Compare(b.PlayedAt) }
