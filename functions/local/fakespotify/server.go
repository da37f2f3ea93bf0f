// Package fakespotify is a Spotify for the demo and for end-to-end tests: sign-in, tokens and recently played
// tracks, with the habits and the faults that the real services have shown. It also has the audio features of
// ReccoBeats. Clients reach it over HTTP only, at <base>/authorize, <base>/api/token,
// <base>/v1/me/player/recently-played, <base>/v1/audio-features and <base>/reccobeats/v1/audio-features.
//
// Everything random comes from Options.Seed: the same seed and the same sequence of requests give the same
// answers.
package fakespotify

import (
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"sync"
	"time"
)

// Endpoints by name, for OnRequest, Calls and the faults.
const (
	Authorize      = "authorize"
	Token          = "token"
	RecentlyPlayed = "recently-played"
	AudioFeatures  = "audio-features" // Spotify's, which are refused
	ReccoBeats     = "reccobeats"     // the audio features of ReccoBeats
)

// Options are the properties of a Server. The zero value is a server on the real clock that accepts any client.
type Options struct {
	Seed uint64
	Now  func() time.Time // nil is time.Now

	// ClientID and ClientSecret are expected in the Basic header of the token endpoint. Both empty: any client is accepted.
	ClientID, ClientSecret string

	// OnRequest is called when the answer to a request of an endpoint is ready and before any of it is sent. No lock is
	// held: it may call the server's methods, block, or end the client's process.
	OnRequest func(endpoint string)
}

// Server is a Spotify with any number of listeners. Its methods are safe for concurrent use.
type Server struct {
	options Options
	mux     *http.ServeMux

	mu        sync.Mutex
	rand      *rand.Rand
	listeners map[string]*listener
	signedIn  *listener // the person at the browser
	refresh   map[string]*refreshToken
	access    map[string]accessToken
	codes     map[string]authCode
	faults    []*pendingFault
	flaws     map[Flaw]float64
	record    record
}

// New makes a server without listeners.
func New(options Options) *Server {
	if options.Now == nil {
		options.Now = time.Now
	}
	s := &Server{
		options:   options,
		mux:       http.NewServeMux(),
		rand:      rand.New(rand.NewPCG(options.Seed, streamServer)),
		listeners: map[string]*listener{},
		refresh:   map[string]*refreshToken{},
		access:    map[string]accessToken{},
		codes:     map[string]authCode{},
		flaws:     map[Flaw]float64{},
		record:    newRecord(),
	}
	s.handle("GET /authorize", Authorize, s.authorize, accountsError)
	s.handle("POST /api/token", Token, s.token, accountsError)
	s.handle("GET /v1/me/player/recently-played", RecentlyPlayed, s.recentlyPlayed, apiError)
	s.handle("GET /v1/audio-features", AudioFeatures, s.audioFeatures, apiError)
	s.handle("GET /reccobeats/v1/audio-features", ReccoBeats, s.reccoBeats, reccoBeatsError)
	s.record.secret(options.ClientSecret)
	return s
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// handle serves an endpoint. honest makes an answer under the server's lock. It gets the kind of fault for the
// kinds that change what an answer contains; handle applies all others.
func (s *Server) handle(pattern, endpoint string, honest func(*http.Request, Kind) answer, refuse errorForm) {
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil { // before the lock, because it waits for the client
			refuse(http.StatusBadRequest, "Malformed request", "").write(w)
			return
		}
		s.mu.Lock()
		s.record.calls[endpoint]++
		s.record.requestSecrets(r)
		fault := s.drawFault(endpoint)
		a, refused := fault.refusal(refuse)
		if !refused {
			a = fault.damage(honest(r, fault.Kind))
		}
		s.mu.Unlock()

		if s.options.OnRequest != nil {
			s.options.OnRequest(endpoint)
		}
		if r.Context().Err() != nil { // the client is gone
			return
		}
		s.mu.Lock()
		if a.sent != nil { // before the answer, because a client that has read it may ask at once
			a.sent()
		}
		s.mu.Unlock()
		if fault.Kind == CutConnection {
			a.writeHalf(w)
			return
		}
		a.write(w)
	})
}

// Serve serves on a free loopback port until the returned server is closed, and makes the clients of this
// process use it.
func (s *Server) Serve() (*http.Server, error) {
	port, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	server := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	go server.Serve(port)
	base := "http://" + port.Addr().String()
	os.Setenv("SPOTIFY_API_URL", base)
	os.Setenv("SPOTIFY_ACCOUNTS_URL", base)
	os.Setenv("RECCOBEATS_URL", base+"/reccobeats")
	return server, nil
}
