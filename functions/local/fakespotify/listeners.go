package fakespotify

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// ScopeRecentlyPlayed is what a token must allow for recently played tracks.
const ScopeRecentlyPlayed = "user-read-recently-played"

// Listener is an account of the fake Spotify.
type Listener struct {
	Name string

	// RefreshToken is one that the app already has; empty for a listener who has yet to sign in. It dies 6 months after
	// ConsentedAt (zero: now), however often it is used.
	RefreshToken string
	ConsentedAt  time.Time
	Scope        string // of RefreshToken; empty is ScopeRecentlyPlayed

	TokenLife time.Duration // of an access token; 0 is 3600 s

	// Rotate makes every Rotate-th refresh return a new refresh token (1: each, 0: none). The older ones keep working until
	// the new one has been used once, or stop at once with RotateAtOnce.
	Rotate       int
	RotateAtOnce bool

	// Plays appear one by one as the clock passes their end: those of the future are there when their time comes.
	Plays []Play
}

// Play is a track that a listener played.
type Play struct {
	Track    Track
	PlayedAt time.Time     // the end of the play; Spotify tells it to the millisecond
	Listened time.Duration // how long it was played, which recently-played does not tell
	Context  *Context      // what it was played from; nil where Spotify says nothing

	// AppearsAt, if after PlayedAt, is when a late play is first seen, behind newer ones.
	AppearsAt time.Time

	Flaws []Flaw // what is wrong with the item, whatever SetFlaw says
}

// Key is what tells this play from the others of its listener, and stands in Served (with NoFraction, its whole second).
func (p Play) Key() PlayKey { return PlayKey{p.PlayedAt.UnixMilli(), p.Track.ID} }

// Context is what a track was played from: a playlist, an album, an artist, or the listener's collection.
type Context struct {
	Type string
	ID   string
}

type listener struct {
	Listener
	refreshes   int
	falseAlarms int
}

// AddListener adds an account. It panics where the name or the refresh token is another listener's.
func (s *Server) AddListener(l Listener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listener(l.Name) != nil || s.refresh[l.RefreshToken] != nil {
		panic(fmt.Sprintf("fakespotify: listener %q or its refresh token is there already", l.Name))
	}
	if l.ConsentedAt.IsZero() {
		l.ConsentedAt = s.options.Now()
	}
	l.TokenLife = cmp.Or(l.TokenLife, time.Hour)
	l.Scope = cmp.Or(l.Scope, ScopeRecentlyPlayed)
	l.Plays = slices.Clone(l.Plays)
	slices.SortStableFunc(l.Plays, byTime)
	added := &listener{Listener: l}
	s.listeners = append(s.listeners, added)
	if l.RefreshToken != "" {
		s.refresh[l.RefreshToken] = &refreshToken{value: l.RefreshToken, grant: &grant{listener: added, consentedAt: l.ConsentedAt, scope: l.Scope}}
		s.record.secret(l.RefreshToken)
	}
}

// Play adds a play to a listener's, anywhere in time. Use Play.AppearsAt for one that is late.
func (s *Server) Play(name string, play Play) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.mustListener(name)
	i, _ := slices.BinarySearchFunc(l.Plays, play, func(have, p Play) int {
		if byTime(have, p) <= 0 {
			return -1 // behind those of the same moment
		}
		return 1
	})
	l.Plays = slices.Insert(l.Plays, i, play)
}

// Revoke takes the app's access away, as a listener does on the account page: all refresh tokens are dead. Access tokens
// live on to their end; see ExpireAccess.
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

// FalseAlarms has the next k refreshes of a listener's good tokens answered as if the token had been revoked. It is not:
// the one after those works. They count as faults of kind FalseAlarm.
func (s *Server) FalseAlarms(name string, k int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mustListener(name).falseAlarms = k
}

func (s *Server) mustListener(name string) *listener {
	if l := s.listener(name); l != nil {
		return l
	}
	panic(fmt.Sprintf("fakespotify: no listener %q", name))
}

func byTime(a, b Play) int { return a.PlayedAt.Compare(b.PlayedAt) }
