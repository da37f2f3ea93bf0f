package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"

	"spotify-insights.internal/functions/local/machine"
	"spotify-insights.internal/functions/local/platform"
	"spotify-insights.internal/shared/listener"
	"spotify-insights.internal/shared/secrets"
)

// place is where a consent is stored: on this machine, or in a project.
type place struct {
	vault     vault
	arguments string // of commands for this place and listener, with a space before each
	close     func() error
	next      func(context.Context) string // what follows, after close
}

// command is a command for this place and listener.
func (p *place) command(words string) string { return "make " + words + p.arguments }

// openPlace opens the secrets of a project, of the server that runs on the data, or of a cloud that it starts. It checks
// that there is such a listener.
func openPlace(ctx context.Context, dir, id string) (*place, error) {
	p := &place{close: func() error { return nil }}
	if id != listener.Default {
		p.arguments = " LISTENER=" + id
	}
	project := os.Getenv("GOOGLE_CLOUD_PROJECT") // before the embedded cloud sets its own
	if project == "" {
		return p, p.openLocal(ctx, dir, id)
	}
	p.arguments = " PROJECT=" + project + p.arguments
	p.next = func(context.Context) string { return "Fetch the last plays at once with: " + p.command("trigger") }
	fmt.Fprintf(screen, "Connecting listener %s of project %s on Google Cloud.\n", id, project)
	store, err := deployedSecrets(ctx, project, id)
	p.vault = secretVault{store}
	return p, err
}

func (p *place) openLocal(ctx context.Context, dir, id string) (err error) {
	listeners, err := machine.ReadListeners()
	if err != nil {
		return err
	}
	if _, err := listeners.Find(id); err != nil {
		return err
	}
	m, err := machine.StartOrJoin(ctx, dir)
	if err != nil {
		return err
	}
	p.close = m.Stop
	defer func() {
		if err != nil {
			err = errors.Join(err, m.Stop())
		}
	}()
	p.next = func(ctx context.Context) string { return endDemo(ctx, dir, id) }
	store, err := secrets.Open(ctx, os.Getenv("GOOGLE_CLOUD_PROJECT"))
	p.vault = secretVault{store}
	if err != nil || m != nil {
		return err
	}
	server, err := machine.Serving(dir)
	if err != nil {
		return err
	}
	if _, err := store.Versions(ctx, secrets.TokenID(id)); errors.Is(err, secrets.ErrEmpty) {
		return fmt.Errorf("the server at %s has no listener %s: stop it, and start it again with the same LISTENERS as here", server.Page, id)
	}
	p.next = func(ctx context.Context) string { return fetchNow(ctx, server.Page, id) }
	return nil
}

// endDemo has a running demo give way to the account, and says where the plays will be.
func endDemo(ctx context.Context, dir, id string) string {
	query := "?" + url.Values{"listener": {id}}.Encode()
	if data := demoFolder(dir); machine.InUse(data) {
		if demo, err := machine.Serving(data); err == nil && postTo(ctx, demo.Page+connectedPath[1:]+query) == nil {
			return "The demo ends now. Your own plays appear at " + demo.Page + query
		}
	}
	return "See your plays: make run"
}

// fetchNow fetches the last plays of a listener into the data of a running server, which then shows them, and says where. The
// function runs in this process, so that the server has no access token but those that it has requested itself.
func fetchNow(ctx context.Context, page, id string) string {
	consoleLevel.Set(slog.LevelWarn)
	query := url.Values{"listener": {id}}
	if err := platform.Call(ctx, "ingest", query); err != nil {
		return "The server at " + page + " tries again within an hour."
	}
	return "The last plays are fetched. They appear at " + page + "?" + query.Encode()
}

// postTo sends a request without a body to the server that runs the demo.
func postTo(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, stopLimit)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("it answers %s", resp.Status)
	}
	return nil
}
