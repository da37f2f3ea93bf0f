package fakespotify

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"time"
)

// consentMonths is how long a refresh token lives after the consent, for all apps since 2026-07-20.
const consentMonths = 6

// grant is one consent of a listener. Every refresh token of a grant ends with it.
type grant struct {
	listener    *listener
	consentedAt time.Time
	scope       string
	issued      int // refresh tokens that were issued by rotation
}

type refreshToken struct {
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
func (s *Server) token(r *http.Request, kind Kind) answer {
	id, secret, ok := r.BasicAuth()
	if o := s.options; !ok || (o.ClientID != "" || o.ClientSecret != "") && (id != o.ClientID || secret != o.ClientSecret) {
		return oauthError("invalid_client", "Invalid client")
	}
	switch r.PostForm.Get("grant_type") {
	case "refresh_token":
		if kind == FalseAlarm {
			return oauthError("invalid_grant", "Refresh token revoked")
		}
		return s.refreshGrant(r.PostForm.Get("refresh_token"))
	case "authorization_code":
		return s.codeGrant(r)
	case "client_credentials":
		return s.tokens(nil, "", time.Hour, "")
	}
	return oauthError("unsupported_grant_type", "grant_type must be client_credentials, authorization_code or refresh_token")
}

func (s *Server) refreshGrant(value string) answer {
	t := s.refresh[value]
	switch {
	case t == nil:
		return oauthError("invalid_grant", "Invalid refresh token")
	case t.revoked:
		return oauthError("invalid_grant", "Refresh token revoked")
	case !s.options.Now().Before(t.grant.consentedAt.AddDate(0, consentMonths, 0)):
		return oauthError("invalid_grant", "Refresh token expired")
	}
	s.revokeBefore(t.grant, t.number) // this one has been used now
	l := t.grant.listener
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

// codeGrant exchanges the code of a consent for the first tokens. The first try uses a code up, whatever its result.
func (s *Server) codeGrant(r *http.Request) answer {
	value := r.PostForm.Get("code")
	code, ok := s.codes[value]
	delete(s.codes, value)
	sum := sha256.Sum256([]byte(r.PostForm.Get("code_verifier")))
	switch {
	case !ok:
		return oauthError("invalid_grant", "Invalid authorization code")
	case r.PostForm.Get("redirect_uri") != code.redirectURI:
		return oauthError("invalid_grant", "Invalid redirect URI")
	case code.challenge != "" && base64.RawURLEncoding.EncodeToString(sum[:]) != code.challenge:
		return oauthError("invalid_grant", "code_verifier was incorrect")
	}
	l := code.grant.listener
	return s.tokens(l, code.grant.scope, l.TokenLife, s.issueRefresh(code.grant))
}

func (s *Server) issueRefresh(g *grant) string {
	value := s.newSecret("AQ", 131)
	s.refresh[value] = &refreshToken{grant: g, number: g.issued}
	return value
}

// tokens issues an access token, with the refresh token where there is a new one.
func (s *Server) tokens(l *listener, scope string, life time.Duration, refresh string) answer {
	access := s.newSecret("BQ", 150)
	s.access[access] = accessToken{listener: l, scope: scope, expires: s.options.Now().Add(life)}
	return jsonAnswer(http.StatusOK, struct {
		AccessToken  string `json:"access_token"`
		TokenType    string `json:"token_type"`
		ExpiresIn    int    `json:"expires_in"`
		RefreshToken string `json:"refresh_token,omitempty"`
		Scope        string `json:"scope,omitempty"`
	}{access, "Bearer", int(life / time.Second), refresh, scope})
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
