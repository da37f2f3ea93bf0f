package fakespotify

import (
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
)

const codeLife = 10 * time.Minute

// authCode is what a consent gives to the app, to be turned into tokens once.
type authCode struct {
	listener    *listener
	redirectURI string
	scope       string
	challenge   string // PKCE, S256; empty if none was sent
	consentedAt time.Time
	expires     time.Time
}

// browser is the person at the sign-in page.
type browser struct {
	listener string // empty: the listener who was added first
	refuses  bool
}

// SignIn says which listener sits at the browser: whoever comes to /authorize next consents as that one, at once and
// without a page. Until it is called, that is the listener who was added first.
func (s *Server) SignIn(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mustListener(name)
	s.browser = browser{listener: name}
}

// RefuseConsent has the person at the browser say no, until SignIn.
func (s *Server) RefuseConsent() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.browser.refuses = true
}

// authorize is GET /authorize. What is wrong with the app is told to the person, since there is no address to trust;
// all else goes to the app, with its state.
func (s *Server) authorize(r *http.Request, _ Fault) answer {
	query := r.URL.Query()
	redirectURI := query.Get("redirect_uri")
	if s.options.ClientID != "" && query.Get("client_id") != s.options.ClientID {
		return textAnswer(http.StatusBadRequest, contentText, "INVALID_CLIENT: Invalid client")
	}
	if !s.registered(redirectURI) {
		return textAnswer(http.StatusBadRequest, contentText, "redirect_uri: Not matching configuration")
	}
	challenge, method := query.Get("code_challenge"), query.Get("code_challenge_method")
	who := s.person()
	switch {
	case query.Get("response_type") != "code":
		return redirect(query, "error", "unsupported_response_type")
	case (challenge != "" || method != "") && (challenge == "" || method != "S256"):
		return redirect(query, "error", "invalid_request")
	case s.browser.refuses, who == nil:
		return redirect(query, "error", "access_denied")
	}

	now := s.options.Now()
	code := s.newSecret("AQ", 200)
	s.codes[code] = authCode{
		listener:    who,
		redirectURI: redirectURI,
		scope:       query.Get("scope"),
		challenge:   challenge,
		consentedAt: now,
		expires:     now.Add(codeLife),
	}
	return redirect(query, "code", code)
}

func (s *Server) person() *listener {
	if s.browser.listener == "" && len(s.listeners) > 0 {
		return s.listeners[0]
	}
	return s.listener(s.browser.listener)
}

// registered is whether Spotify would redirect there: https, or http to a loopback address given as a number. A name
// such as localhost is refused.
func (s *Server) registered(redirectURI string) bool {
	u, err := url.Parse(redirectURI)
	if err != nil || u.Host == "" || u.Fragment != "" {
		return false
	}
	if u.Scheme != "https" {
		addr, err := netip.ParseAddr(u.Hostname())
		if u.Scheme != "http" || err != nil || !addr.IsLoopback() {
			return false
		}
	}
	return len(s.options.RedirectURIs) == 0 || slices.Contains(s.options.RedirectURIs, redirectURI)
}

// redirect sends the browser back to the app with one value, and with the state the app had sent.
func redirect(query url.Values, name, value string) answer {
	back := url.Values{name: {value}}
	if query.Has("state") {
		back.Set("state", query.Get("state"))
	}
	target, join := query.Get("redirect_uri"), "?"
	if strings.Contains(target, "?") {
		join = "&"
	}
	return answer{status: http.StatusFound, header: map[string]string{"Location": target + join + back.Encode()}}
}
