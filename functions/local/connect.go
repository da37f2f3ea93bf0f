package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"spotify-insights.internal/functions/local/consent"
	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/listener"
	"spotify-insights.internal/shared/spotify"
)

// connect asks a listener for consent in the browser and stores the token: on this machine, or where
// GOOGLE_CLOUD_PROJECT names a project, in the secrets that the deployment has declared there.
func connect(ctx context.Context, dir string, args []string) error {
	id := listener.Default
	if len(args) > 0 {
		id = args[0]
	}
	place, err := openPlace(ctx, dir, id)
	if err != nil {
		return err
	}
	ends, err := connectAt(ctx, place, id)
	if err = errors.Join(err, place.close()); err != nil {
		return err
	}
	fmt.Fprintf(screen, `%s
%s
Spotify also has the years before: open https://www.spotify.com/account/privacy, select "Extended streaming history", and confirm
the e-mail. The zip comes within 30 days; then run: %s
`, consent.Connected(id, ends), place.next(ctx), place.command("import FILE=my_spotify_data.zip"))
	return nil
}

// connectAt connects a listener at a place, and returns when the consent ends.
func connectAt(ctx context.Context, p *place, id string) (ends time.Time, err error) {
	client, err := spotifyClient()
	if err != nil {
		return ends, err
	}
	t := openPrompt(os.Stdin)
	app, err := findApp(ctx, p.vault, t)
	if err != nil {
		return ends, err
	}
	return askConsent(ctx, t, consent.Request{
		Listener: id, Client: client, App: app,
		Keep: func(ctx context.Context, app spotify.App, token spotify.Token) error {
			return p.vault.keep(ctx, id, app, token)
		},
		Again: p.command("connect"), Next: "The terminal says what is next. You can close this page.",
	})
}

// spotifyClient makes a client of the Spotify that the environment names.
func spotifyClient() (*spotify.Client, error) {
	s, err := config.Read[config.Spotify]()
	return spotify.New(s), err
}

// askConsent waits until a listener has agreed, and returns when the consent ends. Spotify's answer comes from the browser,
// or is pasted.
func askConsent(ctx context.Context, t *prompt, r consent.Request) (ends time.Time, err error) {
	callback := consent.NewCallback(consent.Address)
	defer callback.Close()
	flow, busy := callback.Begin(r)
	if busy != nil && !t.answers() {
		return ends, fmt.Errorf("another program uses port 8888, where Spotify's answer arrives: end it, or run %s in a terminal, where the answer can be pasted", r.Again)
	}
	fmt.Fprintf(screen, "\nOpen this page and agree:\n\n  %s\n\n", flow.URL())
	if busy != nil {
		fmt.Fprintln(screen, "Another program uses port 8888, so the browser cannot bring Spotify's answer here.")
	}
	var pasted <-chan string
	if t.answers() {
		fmt.Fprint(screen, "If the browser then shows a page that cannot be opened, as over ssh, copy the address of that page\n"+
			"("+consent.RedirectURL+"?...) and paste it here: ")
		pasted = t.rest()
	}
	for {
		select {
		case <-ctx.Done():
			callback.Close() // waits for an answer that has arrived
			if ends, err = flow.Ends(); err == nil {
				return ends, nil
			}
			return ends, errStopped
		case <-flow.Done():
			fmt.Fprintln(screen)
			return flow.Ends()
		case line, ok := <-pasted:
			if !ok {
				if pasted = nil; busy != nil {
					return ends, errors.New("no answer of Spotify's can arrive: the input has ended, and another program uses port 8888")
				}
				continue
			}
			if _, err := callback.Paste(ctx, line); err != nil {
				fmt.Fprintf(screen, "%v. %s\n", err, faults.Action(err))
			}
		}
	}
}
