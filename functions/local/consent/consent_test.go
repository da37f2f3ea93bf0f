package consent

import (
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"spotify-insights.internal/functions/local/fakespotify"
	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/spotify"
)

// However a consent ends, one sentence says what happened and another what to do. Only a token that
// has been used is kept. The browser brings the answer, or the address is pasted.
func TestEnds(t *testing.T) {
	const again = "onnect again: make connect LISTENER=anna"
	fail := func(kind fakespotify.Kind) func(*rig, *Request) {
		return func(r *rig, _ *Request) {
			r.fake.FailNext(fakespotify.RecentlyPlayed, 1, fakespotify.Fault{Kind: kind})
		}
	}
	for _, tt := range []struct {
		name    string
		prepare func(*rig, *Request)
		change  func(r *rig, address string) string // of the address that Spotify sends the browser to
		says    []string
	}{
		{name: "agreed"},
		{"wrong client secret", func(_ *rig, q *Request) { q.App.ClientSecret = "another-secret" }, nil, []string{"the client secret or the client id is wrong", "https://developer.spotify.com/dashboard", again}},
		{"declined", func(r *rig, _ *Request) { r.fake.SignIn("") }, nil, []string{"declined", "nothing has changed", again}},
		{"an error of Spotify's", nil, func(_ *rig, address string) string {
			return strings.Replace(address, "code=", "error=server_error"+strings.Repeat("x", 99)+"&x=", 1)
		}, []string{`the error "server_error`, "…", again}},
		{"code used before", nil, func(r *rig, address string) string {
			thief := r.request()
			other := begin(thief, r.Callback.flows[0].redirect)
			if _, err := other.exchange(t.Context(), mustQuery(t, address)); err == nil {
				t.Error("another program can use the code without the verifier")
			}
			return address
		}, []string{"takes this answer no more", again}},
		{"owner without Premium", fail(fakespotify.PremiumRequired), nil, []string{"its owner has no Premium", "subscribe", again}},
		{"not on the list", fail(fakespotify.NotRegistered), nil, []string{"not on the app's list of users", "User Management", again}},
		{"not on the list, in other words", func(r *rig, _ *Request) {
			r.plays = says(403, "Check settings on developer.spotify.com/dashboard, the user may not be registered.")
		}, nil, []string{"not on the app's list of users"}},
		{"less than was asked for", func(r *rig, _ *Request) {
			r.fake.AddListener(fakespotify.Listener{Name: "reluctant", Scope: "user-read-email"})
			r.fake.SignIn("reluctant")
		}, nil, []string{"user-read-recently-played", again, "agree to all"}},
		{"a token without the scope", func(r *rig, _ *Request) {
			r.plays = says(403, `{"error":{"status":403,"message":"Insufficient client scope"}}`)
		}, nil, []string{"user-read-recently-played", again}},
		{"another refusal", fail(fakespotify.Forbidden), nil, []string{"403", "Premium", "User Management", again}},
		{"Spotify is down", func(r *rig, _ *Request) { r.plays = says(503, "") }, nil, []string{"503", "in some minutes"}},
		{"the accounts service is down", func(r *rig, _ *Request) {
			r.fake.FailNext(fakespotify.Token, 1, fakespotify.Fault{Kind: fakespotify.Unavailable})
		}, nil, []string{"503", "in some minutes"}},
		{"not stored", func(r *rig, _ *Request) { r.broken = errFull }, nil, []string{"cannot be stored", errFull.Error(), again}},
	} {
		for _, way := range []string{"browser", "pasted"} {
			t.Run(tt.name+" "+way, func(t *testing.T) {
				r := newRig(t)
				request := r.request()
				if tt.prepare != nil {
					tt.prepare(r, &request)
				}
				f, err := r.Begin(request)
				if err != nil {
					t.Fatal(err)
				}
				address := r.agree(f)
				if tt.change != nil {
					address = tt.change(r, address)
				}
				var body string
				if way == "browser" {
					_, body = r.open(address)
				} else if _, err := r.Paste(t.Context(), address); err != nil {
					t.Fatal(err)
				}
				<-f.Done()
				ends, err := f.Ends()
				if tt.says == nil {
					want := insights.ConsentEnds(time.Now().UTC()).Format("2 January 2006")
					if err != nil || len(r.kept) != 1 || ends.Format("2 January 2006") != want || way == "browser" && !strings.Contains(body, "lasts until "+want) {
						t.Errorf("%v; %d tokens are kept until %v, and the page is\n%s", err, len(r.kept), ends, body)
					}
					return
				}
				if err == nil || r.broken == nil && len(r.kept) > 0 {
					t.Fatalf("%v, and %d tokens are kept", err, len(r.kept))
				}
				text := err.Error() + ". " + faults.Action(err)
				for _, want := range tt.says {
					if !strings.Contains(text, want) {
						t.Errorf("%q is not in: %s", want, text)
					}
				}
				if way == "browser" && !strings.Contains(body, "Not connected") {
					t.Errorf("the page is\n%s", body)
				}
				for _, secret := range append(r.fake.Secrets(), f.state, f.verifier) {
					if strings.Contains(text, secret) {
						t.Errorf("the error contains a secret of %d characters: %s", len(secret), text)
					}
				}
			})
		}
	}
}

// A browser may ask twice, at once or later. It gets the same answer, and Spotify is asked once.
func TestTwice(t *testing.T) {
	r := newRig(t)
	f := r.begin()
	address := r.agree(f)
	pages := make([]string, 5)
	var browsers sync.WaitGroup
	for i := range pages[1:] {
		browsers.Go(func() { _, pages[i+1] = r.open(address) })
	}
	browsers.Wait()
	_, pages[0] = r.open(address)
	for _, page := range pages {
		if page != pages[0] || !strings.Contains(page, "Thank you") {
			t.Errorf("the pages are\n%s\nand\n%s", pages[0], page)
		}
	}
	if calls := r.fake.Calls(fakespotify.Token); calls != 1 || len(r.kept) != 1 {
		t.Errorf("%d exchanges, %d tokens are kept", calls, len(r.kept))
	}
}

// An answer with another state changes nothing, and the flow goes on. Each of several flows gets its own answer.
func TestState(t *testing.T) {
	r := newRig(t)
	first, second := r.begin(), r.begin()
	for _, query := range []string{"", "?code=x", "?code=x&state=", "?code=x&state=" + url.QueryEscape(first.state[1:])} {
		if status, body := r.open("http://" + r.address + path + query); status != 400 || !strings.Contains(body, "belongs to no consent") || strings.Contains(body, "href=\"http") {
			t.Errorf("%q is answered %d\n%s", query, status, body)
		}
	}
	if _, err := r.Paste(t.Context(), RedirectURL+"?code=x&state=y"); faults.Of(err) != faults.Invalid || faults.Action(err) == "" {
		t.Errorf("a pasted answer of another flow: %v", err)
	}
	if status, _ := r.open(r.agree(second)); status != 200 {
		t.Errorf("the second flow ends with %d", status)
	}
	select {
	case <-first.Done():
		t.Error("the first flow has ended with the second")
	default:
	}
	if status, _ := r.open(r.agree(first)); status != 200 || len(r.kept) != 2 || r.kept[0] == r.kept[1] {
		t.Errorf("the first flow ends with %d; %d tokens are kept", status, len(r.kept))
	}
}

// Where another program has the port, the answer can be pasted. The next flow listens, if the port is free then.
func TestPortInUse(t *testing.T) {
	r := newRig(t)
	other, err := net.Listen("tcp", r.address)
	if err != nil {
		t.Fatal(err)
	}
	f, err := r.Begin(r.request())
	if err == nil {
		t.Fatal("the port is used twice")
	}
	if got, err := r.Paste(t.Context(), r.agree(f)); got != f || err != nil || len(r.kept) != 1 {
		t.Errorf("%v; %d tokens are kept", err, len(r.kept))
	}
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	if status, _ := r.open(r.agree(r.begin())); status != 200 {
		t.Errorf("the next flow ends with %d", status)
	}
}

// The port is open while there is a flow, and not longer. Nobody agrees on the second one.
func TestListensWhileAsked(t *testing.T) {
	r := newRig(t)
	r.limit, r.keptFor = 100*time.Millisecond, 0
	open := func() bool {
		connection, err := net.Dial("tcp", r.address)
		if err == nil {
			connection.Close()
		}
		return err == nil
	}
	closes := func() {
		t.Helper()
		for deadline := time.Now().Add(30 * time.Second); open(); time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("the port stays open")
			}
		}
	}
	if open() {
		t.Error("the port is open without a flow")
	}
	r.open(r.agree(r.begin()))
	closes()
	f := r.begin()
	<-f.Done()
	if _, err := f.Ends(); err == nil || !strings.Contains(err.Error(), "nobody agreed") {
		t.Errorf("the flow ends with %v", err)
	}
	closes()
	for range maxOpen + 1 { // the oldest makes room
		f = r.begin()
	}
	r.Close()
	closes()
	<-f.Done()
}

func TestPasted(t *testing.T) {
	const query = "code=AQ-x_y&state=S"
	for text, ok := range map[string]bool{
		RedirectURL + "?" + query: true, "127.0.0.1:8888/callback?" + query: true, "?" + query: true, "  '" + RedirectURL + "?" + query + "'\r\n": true,
		`"` + RedirectURL + "?state=S&code=AQ-x_y#_=_\"": true, "<" + RedirectURL + "?" + query + ">": true,
		"": false, "AQ-x_y": false, RedirectURL: false, RedirectURL + "?code=AQ-x_y": false, RedirectURL + "?state=S": false, "?%zz": false,
		"https://accounts.spotify.com/authorize?client_id=1&state=S": false,
	} {
		answer, err := pasted(text)
		if ok && (err != nil || answer.Get("code") != "AQ-x_y" || answer.Get("state") != "S") || !ok && (err == nil || strings.Contains(fmt.Sprint(err, faults.Action(err)), "AQ-x_y")) {
			t.Errorf("%q: %v, %v", text, answer, err)
		}
	}
}

func TestValidApp(t *testing.T) {
	for id, ok := range map[string]bool{"0a1b2c": true, "": false, "a b": false, "\x1b[31m": false, "a:b": false, strings.Repeat("a", 101): false} {
		if err := ValidApp(spotify.App{ClientID: id, ClientSecret: "s3cret"}); (err == nil) != ok || err != nil && strings.Contains(err.Error(), "s3cret") {
			t.Errorf("the id %q: %v", id, err)
		}
	}
}
