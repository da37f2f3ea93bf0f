// Package fakespotify is a Spotify for the demo and for end-to-end tests: sign-in, tokens and recently played tracks,
// with the habits and the faults that the real one has shown, and the audio features of tracks, from Spotify and from
// ReccoBeats. It is an http.Handler; what it stands in for is reached over HTTP alone, at <base>/authorize,
// <base>/api/token, <base>/v1/me/player/recently-played, <base>/v1/audio-features and <base>/reccobeats/v1/audio-features.
//
// One server holds any number of listeners, told apart by their tokens. Everything random comes from Options.Seed: the
// same seed and the same sequence of requests give the same answers.
package fakespotify

import (
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Endpoints by name, as OnRequest, Calls and the fault switches know them.
const (
	Authorize      = "authorize"
	Token          = "token"
	RecentlyPlayed = "recently-played"
	AudioFeatures  = "audio-features" // Spotify's
	ReccoBeats     = "reccobeats"     // the audio features of ReccoBeats
)

// Options are what a Server is made from. The zero value is a server on the real clock that any client may use.
type Options struct {
	Seed uint64
	Now  func() time.Time // the clock; nil is time.Now

	// ClientID and ClientSecret are what the token endpoint asks for in its Basic header. With both empty any client will do.
	ClientID, ClientSecret string

	// RedirectURIs are those the app registered, compared character by character. Empty: every https or loopback one is.
	RedirectURIs []string

	// AudioFeatures says that the app is older than 2024-11-27 and may ask Spotify for audio features. All others get a 403.
	AudioFeatures bool

	// OnRequest is called when the answer to the nth request (from 1) of an endpoint is ready and nothing of it has been
	// sent. No lock is held: it may call the server's methods, block, or end the process that waits for the answer.
	OnRequest func(endpoint string, n int)
}

// Server is a Spotify. Its methods are safe for concurrent use, also while it serves.
type Server struct {
	options   Options
	endpoints map[string]endpoint // by path

	mu        sync.Mutex
	rand      *rand.Rand
	listeners []*listener
	browser   browser
	refresh   map[string]*refreshToken
	access    map[string]accessToken
	codes     map[string]authCode
	next      []nextFault
	rates     []faultRate
	flaws     map[Flaw]float64
	unknown   map[string]bool // ids of tracks
	record    record
}

// endpoint makes the honest answer to a request, under the server's lock. It is handed the fault for the kinds that
// change what a body holds; all others are put on the answer from outside.
type endpoint struct {
	name   string
	method string
	answer func(*http.Request, Fault) answer
	fail   func(status int, message string) answer // the form of an error where this endpoint lives
}

// New makes a server without listeners.
func New(options Options) *Server {
	if options.Now == nil {
		options.Now = time.Now
	}
	s := &Server{
		options: options,
		rand:    rand.New(rand.NewPCG(options.Seed, streamServer)),
		refresh: map[string]*refreshToken{},
		access:  map[string]accessToken{},
		codes:   map[string]authCode{},
		flaws:   map[Flaw]float64{},
		unknown: map[string]bool{},
		record:  newRecord(),
	}
	s.endpoints = map[string]endpoint{
		"/authorize":                    {Authorize, http.MethodGet, s.authorize, accountsError},
		"/api/token":                    {Token, http.MethodPost, s.token, accountsError},
		"/v1/me/player/recently-played": {RecentlyPlayed, http.MethodGet, s.recentlyPlayed, apiError},
		"/v1/audio-features":            {AudioFeatures, http.MethodGet, s.audioFeatures, apiError},
		"/reccobeats/v1/audio-features": {ReccoBeats, http.MethodGet, s.reccoBeats, reccoBeatsError},
	}
	s.record.secret(options.ClientSecret)
	return s
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e, ok := s.endpoints[r.URL.Path]
	if !ok {
		apiError(http.StatusNotFound, "Service not found").write(w)
		return
	}
	if r.Method != e.method {
		e.fail(http.StatusMethodNotAllowed, "Method not allowed").write(w)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
	if err := r.ParseForm(); err != nil { // before the lock: it waits for the client
		e.fail(http.StatusBadRequest, "Malformed request").write(w)
		return
	}

	answer, fault, n := s.answer(e, r)
	if s.options.OnRequest != nil {
		s.options.OnRequest(e.name, n)
	}
	if !fault.wait(r.Context()) {
		return
	}
	s.send(w, r, fault, answer)
}

// answer makes the nth answer of an endpoint, with its fault put on all but the sending of it.
func (s *Server) answer(e endpoint, r *http.Request) (_ answer, _ Fault, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n = s.record.call(e.name)
	s.record.requestSecrets(r)
	fault := s.drawFault(e.name)
	if refusal, ok := fault.refusal(e); ok {
		return refusal, fault, n
	}
	return fault.mangle(e.answer(r, fault), s.rand), fault, n
}

// send writes an answer, and notes the plays and tracks that it holds. They are noted first, since a client that has read
// the last byte may ask at once, and taken back if the answer could not be written.
func (s *Server) send(w http.ResponseWriter, r *http.Request, fault Fault, a answer) {
	if r.Context().Err() != nil {
		return
	}
	s.serve(a, 1)
	if fault.Kind == CutConnection {
		a.writeHalf(w) // aborts the connection
	}
	if err := a.write(w); err != nil {
		s.serve(a, -1)
	}
}

func (s *Server) serve(a answer, by int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.record.serve(a, by)
}

// listener is the one of that name, or nil. The server's lock is held.
func (s *Server) listener(name string) *listener {
	i := slices.IndexFunc(s.listeners, func(l *listener) bool { return l.Name == name })
	if i < 0 {
		return nil
	}
	return s.listeners[i]
}
