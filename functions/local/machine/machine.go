// Package machine sets up on one machine what Terraform sets up in a project on Google Cloud: an
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
	"spotify-insights.internal/functions/local/embedded/disk"
	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/listener"
	"spotify-insights.internal/shared/secrets"
	"spotify-insights.internal/shared/spotify"
	"spotify-insights.internal/shared/warehouse"
)

// Machine is a running embedded cloud with everything but the functions.
type Machine struct {
	Cloud  *embedded.Cloud
	Config config.All
	folder *folder
}

// Start locks dir and starts the cloud that is stored there. It sets this process's environment
// so that functions find the cloud, and LISTENERS where it is not set. The error is [ErrInUse] where
// another process uses the folder.
func Start(ctx context.Context, dir string) (m *Machine, err error) {
	if _, err := ReadListeners(); err != nil {
		return nil, err
	}
	folder, err := lock(dir)
	if err != nil {
		return nil, err
	}
	m = &Machine{folder: folder}
	started := m // a return of an error sets m to nil
	defer func() {
		if err != nil {
			err, _ = disk.Explain(err)
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

// StartOrJoin starts a machine. Where another process uses the folder it points this process at that process's cloud
// instead, and the machine is nil.
func StartOrJoin(ctx context.Context, dir string) (*Machine, error) {
	m, err := Start(ctx, dir)
	if !errors.Is(err, ErrInUse) {
		return m, err
	}
	a, err := Serving(dir)
	if err == nil {
		setenv(a.Environment)
	}
	return nil, err
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

// declare makes the topic, the tables and the secrets.
func (m *Machine) declare(ctx context.Context) error {
	m.Cloud.DeclareTopic(m.Config.Topic)
	if err := m.DeclareTables(ctx); err != nil {
		return err
	}
	ids := []string{secrets.ClientID}
	for listener := range m.Config.Listeners {
		ids = append(ids, secrets.TokenID(listener))
	}
	return m.Cloud.DeclareSecrets(ids...)
}

// DeclareTables makes the tables and views that are missing.
func (m *Machine) DeclareTables(ctx context.Context) error {
	w, err := warehouse.Open(ctx, m.Config.Warehouse)
	if err != nil {
		return err
	}
	return w.Create(ctx)
}

// Publish writes into the folder that this process serves its page.
func (m *Machine) Publish(page string) error {
	return m.folder.publish(Address{Page: page, Environment: m.Cloud.Environment()})
}

// Dir is the folder that has everything of the machine.
func (m *Machine) Dir() string { return m.folder.dir }

// Listeners are the ids of all listeners, sorted.
func (m *Machine) Listeners() []string { return slices.Sorted(maps.Keys(m.Config.Listeners)) }

// Connect stores an app and a listener's token where the functions look for them.
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

// Stop stops the cloud and unlocks the folder. It does nothing where there is no machine.
func (m *Machine) Stop() error {
	if m == nil {
		return nil
	}
	defer m.folder.release()
	if m.Cloud == nil {
		return nil
	}
	return m.Cloud.Close()
}

// Connected reports whether a listener's token is stored in dir, before anything is started there.
// The error is [ErrInUse] where another process uses the folder.
func Connected(dir string) (bool, error) {
	stored := filepath.Join(dir, "secrets")
	if _, err := os.Stat(stored); os.IsNotExist(err) {
		return false, nil
	}
	f, err := lock(dir)
	if err != nil {
		return false, err
	}
	defer f.release()
	return embedded.Filled(stored, secrets.TokenID(""))
}

// timeZone is the IANA name of the machine's time zone, or UTC where it cannot be found.
func timeZone() string {
	target, _ := filepath.EvalSymlinks("/etc/localtime")
	_, system, _ := strings.Cut(target, "zoneinfo/")
	for _, zone := range []string{os.Getenv("TZ"), system} {
		if _, err := time.LoadLocation(zone); zone != "" && err == nil {
			return zone
		}
	}
	return "UTC"
}

// Keep stores an app and a listener's token in a folder that no process uses. The error is [ErrInUse] where one does.
func Keep(ctx context.Context, dir, listener string, app spotify.App, token spotify.Token) error {
	f, err := lock(dir)
	if err != nil {
		return err
	}
	defer f.release()
	stored := filepath.Join(dir, "secrets")
	if err := embedded.AddSecret(ctx, stored, secrets.ClientID, app); err != nil {
		return err
	}
	return embedded.AddSecret(ctx, stored, secrets.TokenID(listener), token)
}
