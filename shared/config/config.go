// Package config reads the environment. Each function has one struct, whose tags contain the names of the variables
// and their defaults. functions/README.md lists all variables.
package config

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"

	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/listener"
)

// Warehouse identifies the BigQuery dataset and limits its queries. Other structs embed it.
type Warehouse struct {
	Project        string `env:"GOOGLE_CLOUD_PROJECT,notEmpty"`
	Dataset        string `env:"DATASET" envDefault:"spotify_insights"`
	Location       string `env:"LOCATION"`                                  // of the dataset; empty: BigQuery's default
	MaxBytesBilled int64  `env:"MAX_BYTES_BILLED" envDefault:"21474836480"` // of one query; 20 GiB
}

// Listeners configures code that needs only the listeners.
type Listeners struct {
	Listeners listener.Set `env:"LISTENERS" envDefault:"{\"me\":{}}"`
}

// Spotify contains the addresses of Spotify's services. Other structs embed it.
type Spotify struct {
	APIURL      BaseURL `env:"SPOTIFY_API_URL" envDefault:"https://api.spotify.com"`
	AccountsURL BaseURL `env:"SPOTIFY_ACCOUNTS_URL" envDefault:"https://accounts.spotify.com"`
}

// Providers configures the providers of audio features. Other structs embed it.
type Providers struct {
	Spotify
	Names         string  `env:"FEATURE_PROVIDERS" envDefault:"spotify,reccobeats"` // in the order in which they are asked, or "none"
	ReccoBeatsURL BaseURL `env:"RECCOBEATS_URL" envDefault:"https://api.reccobeats.com"`
}

// Ingest configures the function ingest.
type Ingest struct {
	Spotify
	Project        string       `env:"GOOGLE_CLOUD_PROJECT,notEmpty"`
	LakeBucket     string       `env:"LAKE_BUCKET,notEmpty"`
	InsightsBucket string       `env:"INSIGHTS_BUCKET,notEmpty"`
	Topic          string       `env:"INGEST_TOPIC"` // the queue of listeners; empty: there is none
	Listeners      listener.Set `env:"LISTENERS" envDefault:"{\"me\":{}}"`
}

// Importer configures the function importer.
type Importer struct {
	Project        string       `env:"GOOGLE_CLOUD_PROJECT,notEmpty"`
	UploadsBucket  string       `env:"UPLOADS_BUCKET,notEmpty"`
	LakeBucket     string       `env:"LAKE_BUCKET,notEmpty"`
	InsightsBucket string       `env:"INSIGHTS_BUCKET,notEmpty"`
	Listeners      listener.Set `env:"LISTENERS" envDefault:"{\"me\":{}}"`
}

// Load configures the function load. Other structs embed it.
type Load struct {
	Warehouse
	LakeBucket string `env:"LAKE_BUCKET,notEmpty"`
	Topic      string `env:"TOPIC" envDefault:"plays-loaded"`
}

// Reconcile configures the function reconcile.
type Reconcile struct {
	Load
	Listeners listener.Set `env:"LISTENERS" envDefault:"{\"me\":{}}"` // whose recent pages are looked for
}

// TopTen configures the function topten.
type TopTen struct {
	Warehouse
	InsightsBucket string        `env:"INSIGHTS_BUCKET,notEmpty"`
	FeaturesPause  time.Duration `env:"FEATURES_PAUSE" envDefault:"3h"` // between two publications of new audio features without new plays
	Listeners      listener.Set  `env:"LISTENERS" envDefault:"{\"me\":{}}"`
}

// Features configures the function features.
type Features struct {
	Warehouse
	Providers
	LakeBucket string `env:"LAKE_BUCKET,notEmpty"`
}

// Dashboard configures the function dashboard.
type Dashboard struct {
	InsightsBucket string       `env:"INSIGHTS_BUCKET,notEmpty"`
	Audience       string       `env:"AUDIENCE"`                 // "public": everybody; empty: the listeners
	Local          bool         `env:"OWN_MACHINE"`              // pages are on the machine of the listeners: they upload exports to /import, and connect at /connect
	Covers         bool         `env:"COVERS" envDefault:"true"` // pages load covers from Spotify's image hosts
	Demo           bool         `env:"DEMO"`                     // pages say that the listener is invented
	Listeners      listener.Set `env:"LISTENERS" envDefault:"{\"me\":{}}"`
}

// Public reports whether everybody may see the pages.
func (d Dashboard) Public() bool { return d.Audience == "public" }

// All configures every function of one process.
type All struct {
	Load
	UploadsBucket  string        `env:"UPLOADS_BUCKET,notEmpty"`
	InsightsBucket string        `env:"INSIGHTS_BUCKET,notEmpty"`
	FeaturesPause  time.Duration `env:"FEATURES_PAUSE" envDefault:"3h"`
	Listeners      listener.Set  `env:"LISTENERS" envDefault:"{\"me\":{}}"`
}

// Deployed reports whether this process is a deployed function: Cloud Run sets K_SERVICE.
func Deployed() bool { return os.Getenv("K_SERVICE") != "" }

// Read reads a struct of this package from the environment. The error names every variable that is missing or not
// valid.
func Read[T any]() (T, error) {
	c, err := env.ParseAsWithOptions[T](env.Options{FuncMap: map[reflect.Type]env.ParserFunc{
		reflect.TypeFor[int64]():         parseBytes,
		reflect.TypeFor[time.Duration](): parsePause,
	}})
	err = named[T](err)
	if v, ok := any(c).(interface{ validate() error }); ok {
		err = errors.Join(err, v.validate())
	}
	if err != nil {
		var none T
		return none, fmt.Errorf("reading the configuration from the environment: %w", err)
	}
	return c, nil
}

// named replaces the names of fields in an error of package env by the names of their variables.
func named[T any](err error) error {
	all, ok := errors.AsType[env.AggregateError](err)
	if !ok {
		return err
	}
	list := slices.Clone(all.Errors)
	for i, err := range list {
		switch e := err.(type) {
		case env.ParseError:
			field, _ := reflect.TypeFor[T]().FieldByName(e.Name)
			variable, _, _ := strings.Cut(field.Tag.Get("env"), ",")
			list[i] = fmt.Errorf("%s: %w", variable, e.Err)
		case env.EmptyVarError:
			list[i] = fmt.Errorf("%s is not set: functions/README.md describes it", e.Key)
		}
	}
	return errors.Join(list...)
}

// parseBytes parses a limit of bytes. The configuration has no other integer.
func parseBytes(text string) (any, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n <= 0 {
		return nil, fmt.Errorf("%s is not a number of bytes such as 21474836480 (20 GiB)", faults.Quote(text))
	}
	return n, nil
}

func parsePause(text string) (any, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return nil, fmt.Errorf("%s is not a duration such as 3h", faults.Quote(text))
	}
	return d, nil
}

var datasetID = regexp.MustCompile(`^[A-Za-z0-9_]{1,100}$`)

func (w Warehouse) validate() error {
	if !datasetID.MatchString(w.Dataset) {
		return fmt.Errorf("DATASET: %s is not the name of a dataset: use letters, digits and underscores", faults.Quote(w.Dataset))
	}
	return nil
}

// validate rejects a misspelled "public", which would show the private figures.
func (d Dashboard) validate() error {
	if d.Audience != "" && !d.Public() {
		return fmt.Errorf("AUDIENCE: %s is not an audience: use public, or leave it empty for the listeners", faults.Quote(d.Audience))
	}
	return nil
}
