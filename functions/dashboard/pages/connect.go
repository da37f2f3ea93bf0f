package pages

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"spotify-insights.internal/functions/dashboard/history"
	"spotify-insights.internal/shared/advice"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/listener"
)

// ConnectPath is the path of the page that connects a listener. The command for one machine serves it, because it takes
// secrets. The dashboard only has links to it.
const ConnectPath = "/connect"

// The paths below [ConnectPath]: of the link that leads to Spotify, and of the forms with an app and with a pasted address.
const (
	ConnectSpotify = ConnectPath + "/spotify"
	ConnectApp     = ConnectPath + "/app"
	ConnectAnswer  = ConnectPath + "/answer"
)

// Consent is what is known of the consent of a listener.
type Consent struct {
	Listener string
	Given    bool
	At       *time.Time // nil where it is unknown
	Refused  bool       // Spotify takes it no more
}

// Connect is the data of the page that connects a listener.
type Connect struct {
	Consents []Consent // of all listeners
	App      string    // the id of the app; empty where none is known
	Redirect string    // what the app has to be registered with
	// Spotify is an address at Spotify to open beside this page, because the answer cannot arrive here. It is empty
	// before the listener has asked for one.
	Spotify string
	Leaving bool // the demo ends
	// Failure says why the listener is not connected, and Action what to do.
	Failure, Action string

	request Request
}

// HTML returns the page for a listener of a site.
func (c *Connect) HTML(site *Site, id string, now time.Time) ([]byte, error) {
	r := bare(site, id, now)
	r.Path = ConnectPath
	c.request = r
	page := &Page{Title: "Connect", Data: c, Refresh: c.Leaving, name: "connect"}
	return page.HTML(r)
}

// bare returns the request of a page that shows nothing of a history.
func bare(site *Site, id string, now time.Time) Request {
	return Request{Site: site, Listener: listener.Listener{ID: id}, Query: url.Values{}, Now: now, History: &history.History{Zone: time.Local}}
}

// ConnectLink returns the address of the page that connects the listener; empty where the pages are elsewhere than the
// command that serves it.
func (r Request) ConnectLink() string {
	if !r.Local {
		return ""
	}
	return r.Link(ConnectPath, "period", "")
}

// ConnectCommand returns the command that connects the listener, again too.
func (r Request) ConnectCommand() string { return advice.Command("connect", r.Listener.ID) }

// Reconnect reports whether a problem asks the listener to connect, on this machine.
func (r Request) Reconnect() bool {
	how := advice.Connect(r.Listener.ID)
	return r.Local && slices.ContainsFunc(r.Problems, func(problem string) bool { return strings.Contains(problem, how) })
}

// To returns the address of one of the paths for the listener of the page.
func (c *Connect) To(path string) string {
	return path + "?" + url.Values{"listener": {c.request.Listener.ID}}.Encode()
}

// FailureText is the failure as a sentence.
func (c *Connect) FailureText() string { return sentence(c.Failure) }

// Given reports whether there is a consent of the listener, which may have ended.
func (c *Connect) Given() bool { return c.own().Given }

func (c *Connect) own() Consent {
	for _, consent := range c.Consents {
		if consent.Listener == c.request.Listener.ID {
			return consent
		}
	}
	return Consent{}
}

// Heading says whether the listener is connected.
func (c *Connect) Heading() string { return c.state(c.own()) }

// state says whether a listener is connected, and until when.
func (c *Connect) state(consent Consent) string {
	switch {
	case !consent.Given:
		return "Not connected"
	case consent.At == nil && consent.Refused:
		return "The consent has ended"
	case consent.At == nil:
		return "Connected" // with a token from the environment
	}
	ends := insights.ConsentEnds(*consent.At)
	switch day := ends.Format("2 January 2006"); {
	case !c.request.Now.Before(ends):
		return "The consent ended on " + day
	case consent.Refused:
		return "Spotify refuses the consent"
	default:
		return "Connected until " + day
	}
}

// People are the listeners and whether they are connected; none where there is only one.
func (c *Connect) People() (list []Tab) {
	if len(c.Consents) < 2 {
		return nil
	}
	for _, consent := range c.Consents {
		link := ConnectPath + "?" + url.Values{"listener": {consent.Listener}}.Encode()
		list = append(list, Tab{consent.Listener + ": " + c.state(consent), link, consent.Listener == c.request.Listener.ID})
	}
	return list
}

// Button is the text of the link to Spotify.
func (c *Connect) Button() string {
	if c.Given() {
		return "Connect again"
	}
	return "Connect with Spotify"
}
