package fakespotify

import (
	"encoding/base64"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// PlayKey identifies a play of one listener.
type PlayKey struct {
	PlayedAt int64 // unix ms, the end of the play
	TrackID  string
}

// record is what a server was asked and has answered. The server's lock guards it.
type record struct {
	calls   map[string]int // by endpoint
	faults  int
	served  map[string]map[PlayKey]bool // by listener
	asked   map[string]int              // ReccoBeats, by track
	secrets map[string]bool
}

func newRecord() record {
	return record{
		calls: map[string]int{}, served: map[string]map[PlayKey]bool{}, asked: map[string]int{}, secrets: map[string]bool{},
	}
}

func (r *record) serve(listener string, plays []PlayKey) {
	if r.served[listener] == nil {
		r.served[listener] = map[PlayKey]bool{}
	}
	for _, key := range plays {
		r.served[listener][key] = true
	}
}

func (r *record) ask(tracks []string) {
	for _, id := range tracks {
		r.asked[id]++
	}
}

func (r *record) secret(value string) {
	if value != "" {
		r.secrets[value] = true
	}
}

// requestSecrets records the secrets that a client sent, valid or not: neither may be in a log.
func (r *record) requestSecrets(req *http.Request) {
	for _, field := range []string{"code", "code_verifier", "refresh_token", "client_secret"} {
		r.secret(req.Form.Get(field))
	}
	_, credentials, _ := strings.Cut(req.Header.Get("Authorization"), " ")
	r.secret(credentials) // of a Basic header in its encoded form, too
	if plain, err := base64.StdEncoding.DecodeString(credentials); err == nil {
		_, secret, _ := strings.Cut(string(plain), ":")
		r.secret(secret)
	}
}

// Served returns the plays of a listener that were sent in undamaged answers of status 200, as readable items. A
// client that ended just before its answer may not have read them.
func (s *Server) Served(listener string) map[PlayKey]bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	served := map[PlayKey]bool{}
	maps.Copy(served, s.record.served[listener])
	return served
}

// Asked returns how often each track was asked for at ReccoBeats, in requests that had an undamaged answer of status
// 200. Tracks without features count.
func (s *Server) Asked() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.record.asked)
}

// Calls returns the number of requests of an endpoint, or of all of them for "".
func (s *Server) Calls(endpoint string) (calls int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, n := range s.record.calls {
		if endpoint == "" || endpoint == name {
			calls += n
		}
	}
	return calls
}

// Faults returns the number of answers that had a fault.
func (s *Server) Faults() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.record.faults
}

// Secrets returns every refresh token, access token, client secret, authorization code, PKCE verifier and Basic
// credential that was issued, configured, or sent by a client, sorted.
func (s *Server) Secrets() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.record.secrets))
}
