// Package machine is what Terraform makes of a project on Google Cloud, made on one machine: an
// embedded cloud with its tables and secrets, in one folder.
package machine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"spotify-insights.internal/functions/local/embedded"
	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/listener"
	"spotify-insights.internal/shared/secrets"
	"spotify-insights.internal/shared/spotify"
	"spotify-insights.internal/shared/warehouse"
)

// Machine is a running embedded cloud with everything on it but the functions.
type Machine struct {
	Cloud  *embedded.Cloud
	Config config.All
	folder *folder
}

// Start takes hold of dir and starts the cloud that is kept in it. It sets this process's environment
// so that functions find the cloud, and LISTENERS where it is not set. The error is [ErrHeld] where
// another process has the folder.
func Start(ctx context.Context, dir string) (m *Machine, err error) {
	if _, err := ReadListeners(); err != nil {
		return nil, err
	}
	held, err := hold(dir)
	if err != nil {
		return nil, err
	}
	m = &Machine{folder: held}
	started := m // a return of an error sets m to nil
	defer func() {
		if err != nil {
			err = errors.Join(err, started.Stop())
		}
	}()
	setenv(embedded.Names())
	if m.Config, err = config.Read[config.All](); err != nil {
		return nil, err
	}
	if m.Cloud, err = embedded.Start(ctx, dir, warehouse.Fingerprint(m.Config.Dataset)); err != nil {
		return nil, err
	}
	setenv(m.Cloud.Environment())
	return m, m.declare(ctx)
}

func setenv(environment map[string]string) {
	for variable, value := range environment {
		os.Setenv(variable, value)
	}
}

// ReadListeners reads the listeners. Where LISTENERS is not set, it sets it to one listener in the
// time zone of the machine.
func ReadListeners() (listener.Set, error) {
	if os.Getenv("LISTENERS") == "" {
		os.Setenv("LISTENERS", fmt.Sprintf(`{%q:{"time_zone":%q}}`, listener.Default, timeZone()))
	}
	c, err := config.Read[config.Listeners]()
	return c.Listeners, err
}

// declare makes the topics, the tables and the secrets.
func (m *Machine) declare(ctx context.Context) error {
	if err := m.Cloud.DeclareTopics(ctx, m.Config.Topic); err != nil {
		return err
	}
	w, err := warehouse.Open(ctx, m.Config.Warehouse)
	if err != nil {
		return err
	}
	if err := w.Create(ctx); err != nil {
		return err
	}
	ids := []string{secrets.ClientID}
	for listener := range m.Config.Listeners {
		ids = append(ids, secrets.TokenID(listener))
	}
	return m.Cloud.DeclareSecrets(ctx, ids...)
}

// Publish writes down that this process serves the folder's page.
func (m *Machine) Publish(page string) error {
	return m.folder.publish(Address{Page: page, Environment: m.Cloud.Environment()})
}

// Listeners are the ids of all listeners, sorted.
func (m *Machine) Listeners() []string { return slices.Sorted(maps.Keys(m.Config.Listeners)) }

// Connect keeps an app and a listener's token where the functions look for them.
func (m *Machine) Connect(ctx context.Context, listener string, app spotify.App, token spotify.Token) error {
	store, err := secrets.Open(ctx, m.Config.Project)
	if err != nil {
		return err
	}
	if _, err := store.Add(ctx, secrets.ClientID, app); err != nil {
		return err
	}
	_, err = store.Add(ctx, secrets.TokenID(listener), token)
	return err
}

// Stop stops the cloud and lets go of the folder.
func (m *Machine) Stop() error {
	defer m.folder.release()
	if m.Cloud == nil {
		return nil
	}
	return m.Cloud.Close()
}

// Connected reports whether a listener's token is kept in dir, before anything is started there.
// The error is [ErrHeld] where a process serves the folder.
func Connected(dir string) (bool, error) {
	kept := filepath.Join(dir, "secrets")
	if _, err := os.Stat(kept); os.IsNotExist(err) {
		return false, nil
	}
	f, err := hold(dir)
	if err != nil {
		return false, err
	}
	defer f.release()
	return embedded.Filled(kept, secrets.TokenID(""))
}

// timeZone is the machine's, by its IANA name, or UTC where it cannot be found.
func timeZone() string {
	if zone := os.Getenv("TZ"); zone != "" {
		if _, err := time.LoadLocation(zone); err == nil {
			return zone
		}
	}
	if target, err := filepath.EvalSymlinks("/etc/localtime"); err == nil {
		if _, zone, found := strings.Cut(target, "zoneinfo/"); found {
			if _, err := time.LoadLocation(zone); err == nil {
				return zone
			}
		}
	}
	return "UTC"
}
