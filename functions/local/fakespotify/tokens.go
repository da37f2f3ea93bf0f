package fakespotify

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"time"
)

const consentMonths = 6 // the life of a refresh token after consent, for all apps since 2026-07-20

// grant is one consent of a listener. Every refresh token that comes of it dies with it.
type grant struct {
	listener    *listener
	consentedAt time.Time
	scope       string
	issued      int // refresh tokens that have come of it by rotation
}

type refreshToken struct {
	value   string
	grant   *grant
	number  int // in the order of issue within the grant
	revoked bool
}

type accessToken struct {
	listener *listener // nil for client credentials
	scope    string
	expires  time.Time
}

// token is POST /api/token.
func (s *Server) token(r *http.Request, _ Fault) answer {
	if refused, ok := s.checkClient(r); !ok {
		return refused
	}
	switch r.PostForm.Get("grant_type") {
	case "refresh_token":
		return s.refreshGrant(r)
	case "authorization_code":
		return s.codeGrant(r)
	case "client_credentials":
		return s.tokens(nil, "", time.Hour, "")
	case "":
		return oauthError("unsupported_grant_type", "grant_type parameter is missing")
	}
	return oauthError("unsupported_grant_type", "grant_type must be client_credentials, authorization_code or refresh_token")
}

// checkClient wants the client's id and secret in the Basic header, and takes them nowhere else.
func (s *Server) checkClient(r *http.Request) (answer, bool) {
	id, secret, ok := r.BasicAuth()
	switch o := s.options; {
	case !ok:
		return oauthError("invalid_client", ""), false
	case o.ClientID == "" && o.ClientSecret == "":
		return answer{}, true
	case id != o.ClientID:
		return oauthError("invalid_client", "Invalid client"), false
	case secret != o.ClientSecret:
		return oauthError("invalid_client", "Invalid client secret"), false
	}
	return answer{}, true
}

func (s *Server) refreshGrant(r *http.Request) answer {
	value := r.PostForm.Get("refresh_token")
	if value == "" {
		return oauthError("invalid_request", "refresh_token must be supplied")
	}
	t := s.refresh[value]
	switch {
	case t == nil:
		return oauthError("invalid_grant", "Invalid refresh token")
	case t.revoked:
		return oauthError("invalid_grant", "Refresh token revoked")
	case !s.options.Now().Before(t.grant.consentedAt.AddDate(0, consentMonths, 0)):
		return oauthError("invalid_grant", "Refresh token expired")
	}
	l := t.grant.listener
	if l.falseAlarms > 0 {
		l.falseAlarms--
		s.record.fault(Token, FalseAlarm)
		return oauthError("invalid_grant", "Refresh token revoked")
	}

	s.revokeBefore(t.grant, t.number) // this one has now been used
	l.refreshes++
	var rotated string
	if l.Rotate > 0 && l.refreshes%l.Rotate == 0 {
		t.grant.issued++
		rotated = s.issueRefresh(t.grant)
		if l.RotateAtOnce {
			s.revokeBefore(t.grant, t.grant.issued)
		}
	}
	return s.tokens(l, t.grant.scope, l.TokenLife, rotated)
}

func (s *Server) revokeBefore(g *grant, number int) {
	for _, t := range s.refresh {
		if t.grant == g && t.number < number {
			t.revoked = true
		}
	}
}

// codeGrant turns the code of a consent into the first tokens. A code is spent with the first try, good or bad.
func (s *Server) codeGrant(r *http.Request) answer {
	value := r.PostForm.Get("code")
	if value == "" {
		return oauthError("invalid_request", "code must be supplied")
	}
	code, ok := s.codes[value]
	delete(s.codes, value)
	verifier := r.PostForm.Get("code_verifier")
	switch {
	case !ok:
		return oauthError("invalid_grant", "Invalid authorization code")
	case !s.options.Now().Before(code.expires):
		return oauthError("invalid_grant", "Authorization code expired")
	case r.PostForm.Get("redirect_uri") != code.redirectURI:
		return oauthError("invalid_grant", "Invalid redirect URI")
	case code.challenge != "" && verifier == "":
		return oauthError("invalid_request", "code_verifier must be supplied")
	case code.challenge != "" && !verifies(verifier, code.challenge):
		return oauthError("invalid_grant", "code_verifier was incorrect")
	}
	g := &grant{listener: code.listener, consentedAt: code.consentedAt, scope: code.scope}
	return s.tokens(g.listener, g.scope, g.listener.TokenLife, s.issueRefresh(g))
}

func verifies(verifier, challenge string) bool {
	sum := sha256.Sum256([]byte(verifier))
	want := base64.RawURLEncoding.EncodeToString(sum[:])
	return subtle.ConstantTimeCompare([]byte(want), []byte(challenge)) == 1
}

func (s *Server) issueRefresh(g *grant) string {
	t := &refreshToken{value: s.newSecret("AQ", 131), grant: g, number: g.issued}
	s.refresh[t.value] = t
	return t.value
}

// tokens hands out an access token, and the refresh token where there is a new one.
func (s *Server) tokens(l *listener, scope string, life time.Duration, refresh string) answer {
	access := s.newSecret("BQ", 150)
	s.access[access] = accessToken{listener: l, scope: scope, expires: s.options.Now().Add(life)}
	a := jsonAnswer(http.StatusOK, struct {
		AccessToken  string `json:"access_token"`
		TokenType    string `json:"token_type"`
		ExpiresIn    int    `json:"expires_in"`
		RefreshToken string `json:"refresh_token,omitempty"`
		Scope        string `json:"scope,omitempty"`
	}{access, "Bearer", int(life / time.Second), refresh, scope})
	a.header["Cache-Control"] = "no-store"
	return a
}

// newSecret makes a token in the alphabet and of the length of Spotify's own.
func (s *Server) newSecret(prefix string, length int) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	b := make([]byte, length)
	for i := range b {
		b[i] = alphabet[s.rand.IntN(len(alphabet))]
	}
	secret := prefix + string(b)
	s.record.secret(secret)
	return secret
}
