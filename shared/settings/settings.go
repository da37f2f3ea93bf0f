// Package settings reads the configuration of a function from its environment.
package settings

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // a function's image may hold no zones

	"spotify-insights.internal/shared/faults"
)

// The variables that some functions need and others do not.
const (
	Project        = "GOOGLE_CLOUD_PROJECT"
	LakeBucket     = "LAKE_BUCKET"
	InsightsBucket = "INSIGHTS_BUCKET"
	FeaturesPause  = "FEATURES_PAUSE"
)

// Settings is one deployment: a project, its buckets and tables, its listeners.
type Settings struct {
	Project        string
	LakeBucket     string
	InsightsBucket string
	Dataset        string        // DATASET, default spotify_insights
	Location       string        // LOCATION of the dataset, default BigQuery's own
	Topic          string        // TOPIC, default plays-loaded
	MaxBytesBilled int64         // MAX_BYTES_BILLED: what one query may be billed for, default 20 GiB
	FeaturesPause  time.Duration // FEATURES_PAUSE: how long new audio features without new plays wait to be published, default 3h
	Public         bool          // AUDIENCE is "public": what is shown is shown to everybody
	Listeners      map[string]Listener
}

// maxBytesBilled is enough to read a few columns of every play there can be.
const maxBytesBilled = "21474836480"

// Listener is one person whose plays are kept.
type Listener struct {
	ID       string         `json:"-"`
	TimeZone string         `json:"time_zone"` // IANA name, default UTC
	Public   bool           `json:"public"`    // may the page be shown to everybody
	Zone     *time.Location `json:"-"`
}

// DefaultListener is the listener of a deployment that names none.
const DefaultListener = "me"

var listenerID = regexp.MustCompile(`^[a-z][a-z0-9-]{0,30}$`)

// ValidListener reports whether id can be a listener's id. Ids become parts of object names and of
// secret names, so nothing else may pass.
func ValidListener(id string) bool { return listenerID.MatchString(id) }

// Find returns the listener of an id that came from outside. The error is a faults.Invalid for what
// can be no id, and a faults.Missing for nobody's.
func Find(listeners map[string]Listener, id string) (Listener, error) {
	if !ValidListener(id) {
		return Listener{}, faults.New(faults.Invalid, "Give the id of a listener, as in ?listener=me.", "%s cannot be a listener's id", faults.Quote(id))
	}
	l, ok := listeners[id]
	if !ok {
		return Listener{}, faults.New(faults.Missing, "Add the listener to LISTENERS, or give one that is there.", "there is no listener %q", id)
	}
	return l, nil
}

var datasetID = regexp.MustCompile(`^[A-Za-z0-9_]{1,100}$`)

// Read reads the environment. The variables named in required have to be set. It reports everything
// that is wrong at once.
func Read(required ...string) (Settings, error) {
	s := Settings{
		Project:        os.Getenv(Project),
		LakeBucket:     os.Getenv(LakeBucket),
		InsightsBucket: os.Getenv(InsightsBucket),
		Dataset:        or(os.Getenv("DATASET"), "spotify_insights"),
		Location:       os.Getenv("LOCATION"),
		Topic:          or(os.Getenv("TOPIC"), "plays-loaded"),
	}
	var limit, pause, audience, listeners error
	s.MaxBytesBilled, limit = parseBytes(or(os.Getenv("MAX_BYTES_BILLED"), maxBytesBilled))
	s.FeaturesPause, pause = parsePause(or(os.Getenv(FeaturesPause), "3h"))
	s.Public, audience = parseAudience(os.Getenv("AUDIENCE"))
	s.Listeners, listeners = parseListeners(os.Getenv("LISTENERS"))
	if err := errors.Join(missing(required), s.validate(), limit, pause, audience, listeners); err != nil {
		return Settings{}, fmt.Errorf("reading the settings from the environment: %w", err)
	}
	return s, nil
}

func missing(required []string) error {
	var errs []error
	for _, name := range required {
		if os.Getenv(name) == "" {
			errs = append(errs, fmt.Errorf("%s is not set", name))
		}
	}
	return errors.Join(errs...)
}

func (s Settings) validate() error {
	if !datasetID.MatchString(s.Dataset) {
		return fmt.Errorf("%q is not a dataset's name: use letters, digits and underscores", s.Dataset)
	}
	return nil
}

func parseBytes(text string) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n <= 0 {
		return 0, fmt.Errorf("MAX_BYTES_BILLED=%q is no number of bytes such as %s (20 GiB)", text, maxBytesBilled)
	}
	return n, nil
}

func parsePause(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("%s=%q is not a duration such as 3h", FeaturesPause, text)
	}
	return d, nil
}

// parseAudience reports whether everybody is shown what is shown. A word that is none of those known
// is an error: it may have meant fewer people.
func parseAudience(text string) (public bool, err error) {
	if text != "" && text != "public" {
		return false, fmt.Errorf("AUDIENCE=%q is no audience: say public, or nothing", text)
	}
	return text == "public", nil
}

// parseListeners reads LISTENERS, such as {"me":{"time_zone":"Europe/Berlin","public":false}}.
func parseListeners(text string) (map[string]Listener, error) {
	if text == "" {
		text = `{"` + DefaultListener + `":{}}`
	}
	var listeners map[string]Listener
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.DisallowUnknownFields() // a misspelt time_zone would go unseen
	if err := decoder.Decode(&listeners); err != nil {
		return nil, fmt.Errorf("LISTENERS is not JSON of the form {\"me\":{\"time_zone\":\"Europe/Berlin\"}}: %w", err)
	}
	if len(listeners) == 0 {
		return nil, errors.New("LISTENERS names nobody")
	}
	var errs []error
	for id, l := range listeners {
		if !ValidListener(id) {
			errs = append(errs, fmt.Errorf("listener %q: an id is a small letter, then up to 30 small letters, digits and dashes", id))
		}
		zone, err := time.LoadLocation(l.TimeZone)
		if err != nil || l.TimeZone == "Local" {
			errs = append(errs, fmt.Errorf("listener %q: time zone %q is not one such as Europe/Berlin", id, l.TimeZone))
		}
		l.ID, l.Zone, l.TimeZone = id, zone, or(l.TimeZone, "UTC")
		listeners[id] = l
	}
	return listeners, errors.Join(errs...)
}

func or(value, fallback string) string {
	if value == "" {
		return fallback
	}
	return value
}
