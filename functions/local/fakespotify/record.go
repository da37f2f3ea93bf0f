package fakespotify

import (
	"encoding/base64"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// PlayKey tells the plays of one listener apart.
type PlayKey struct {
	PlayedAt int64 // unix ms, the end of the play
	TrackID  string
}

// record is what a server remembers of what it was asked and answered. The server's lock guards it.
type record struct {
	calls   map[string]int
	faults  map[faultCount]int
	served  map[string]map[PlayKey]int // by listener: in how many answers
	asked   map[string]map[string]int  // by endpoint and track: how many times
	secrets map[string]bool
}

type faultCount struct {
	endpoint string
	kind     Kind
}

func newRecord() record {
	return record{
		calls:   map[string]int{},
		faults:  map[faultCount]int{},
		served:  map[string]map[PlayKey]int{},
		asked:   map[string]map[string]int{},
		secrets: map[string]bool{},
	}
}

func (r *record) call(endpoint string) (n int) {
	r.calls[endpoint]++
	return r.calls[endpoint]
}

func (r *record) fault(endpoint string, kind Kind) {
	r.faults[faultCount{endpoint, kind}]++
}

func (r *record) serve(a answer, by int) {
	count(r.served, a.listener, a.plays, by)
	count(r.asked, a.provider, a.asked, by)
}

func count[K comparable](counts map[string]map[K]int, of string, keys []K, by int) {
	if len(keys) == 0 {
		return
	}
	if counts[of] == nil {
		counts[of] = map[K]int{}
	}
	for _, key := range keys {
		if counts[of][key] += by; counts[of][key] <= 0 {
			delete(counts[of], key)
		}
	}
}

func (r *record) secret(values ...string) {
	for _, v := range values {
		if v != "" {
			r.secrets[v] = true
		}
	}
}

// requestSecrets notes what a client sent, right or wrong: a wrong secret is as bad in a log as a right one.
func (r *record) requestSecrets(req *http.Request) {
	for _, field := range []string{"code", "code_verifier", "refresh_token", "client_secret"} {
		r.secret(req.Form.Get(field))
	}
	scheme, credentials, _ := strings.Cut(req.Header.Get("Authorization"), " ")
	switch {
	case strings.EqualFold(scheme, "Bearer"):
		r.secret(credentials)
	case strings.EqualFold(scheme, "Basic"):
		// Also in the form it travels in: a header that was logged whole holds no secret to be found by its own text.
		r.secret(credentials)
		if plain, err := base64.StdEncoding.DecodeString(credentials); err == nil {
			_, secret, _ := strings.Cut(string(plain), ":")
			r.secret(secret)
		}
	}
}

// Served is the set of a listener's plays that went out in complete, well-formed answers of status 200, in items that
// have what a play cannot do without: a time and a track id.
// "Out" is as far as a server can tell: of a client that ended in the moment before the answer, it may learn too late.
func (s *Server) Served(listener string) map[PlayKey]bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	served := map[PlayKey]bool{}
	for key := range s.record.served[listener] {
		served[key] = true
	}
	return served
}

// Asked is how often each track was asked for at AudioFeatures or ReccoBeats, in requests that had a complete, well-formed
// answer of status 200; whether the track was known there makes no difference.
func (s *Server) Asked(endpoint string) map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.record.asked[endpoint])
}

// Calls counts the requests of an endpoint, or of all of them for "".
func (s *Server) Calls(endpoint string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	calls := 0
	for name, n := range s.record.calls {
		if endpoint == "" || endpoint == name {
			calls += n
		}
	}
	return calls
}

// Faults counts the answers of an endpoint that had a fault of that kind. "" stands for all endpoints, and for all kinds.
func (s *Server) Faults(endpoint string, kind Kind) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	faults := 0
	for of, n := range s.record.faults {
		if (endpoint == "" || endpoint == of.endpoint) && (kind == "" || kind == of.kind) {
			faults += n
		}
	}
	return faults
}

// Secrets are every refresh token, access token, client secret, authorization code, PKCE verifier and Basic credential
// that was handed out, configured, or sent by a client, sorted: none of them may stand in a log.
func (s *Server) Secrets() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.record.secrets))
}
