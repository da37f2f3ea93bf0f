package fakespotify

import (
	"cmp"
	"net/http"
	"net/netip"
	"net/url"
)

// authCode is the result of a consent. The app exchanges it for tokens, once.
type authCode struct {
	grant       *grant
	redirectURI string
	challenge   string // PKCE, S256; empty if none was sent
}

// SignIn makes a listener the person at the browser: requests of /authorize are answered with this listener's consent,
// without a page. Nobody is signed in at first, and with the name "": /authorize then answers as if consent was declined.
func (s *Server) SignIn(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.signedIn = nil
	if name != "" {
		s.signedIn = s.mustListener(name)
	}
}

// authorize is GET /authorize. An error of the app's registration is shown to the person, because the redirect
// address cannot be trusted then; everything else goes to the app, with its state.
func (s *Server) authorize(r *http.Request, _ Kind) answer {
	query := r.URL.Query()
	redirectURI, challenge := query.Get("redirect_uri"), query.Get("code_challenge")
	switch {
	case s.options.ClientID != "" && query.Get("client_id") != s.options.ClientID:
		return textAnswer(http.StatusBadRequest, contentText, "INVALID_CLIENT: Invalid client")
	case !acceptable(redirectURI):
		return textAnswer(http.StatusBadRequest, contentText, "redirect_uri: Not matching configuration")
	case query.Get("response_type") != "code":
		return redirect(query, "error", "unsupported_response_type")
	case challenge != "" && query.Get("code_challenge_method") != "S256":
		return redirect(query, "error", "invalid_request")
	case s.signedIn == nil:
		return redirect(query, "error", "access_denied")
	}
	code := s.newSecret("AQ", 200)
	s.codes[code] = authCode{
		grant:       &grant{listener: s.signedIn, consentedAt: s.options.Now(), scope: cmp.Or(s.signedIn.Scope, query.Get("scope"))},
		redirectURI: redirectURI,
		challenge:   challenge,
	}
	return redirect(query, "code", code)
}

// acceptable reports whether Spotify redirects to an address: https, or http to a loopback address given as a
// number. It refuses a name such as localhost.
func acceptable(redirectURI string) bool {
	u, err := url.Parse(redirectURI)
	if err != nil || u.Host == "" {
		return false
	}
	addr, err := netip.ParseAddr(u.Hostname())
	return u.Scheme == "https" || u.Scheme == "http" && err == nil && addr.IsLoopback()
}

// redirect sends the browser back to the app with one value, and with the state that the app had sent.
func redirect(query url.Values, name, value string) answer {
	back := url.Values{name: {value}, "state": query["state"]}
	return answer{status: http.StatusFound, header: map[string]string{"Location": query.Get("redirect_uri") + "?" + back.Encode()}}
}
