// Package listener defines the people whose plays are stored.
package listener

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"time"
	_ "time/tzdata" // a function's image may have no zones

	"spotify-insights.internal/shared/faults"
)

// Listener is one person whose plays are stored.
type Listener struct {
	ID       string         `json:"-"`
	TimeZone string         `json:"time_zone"` // IANA name, default UTC
	Public   bool           `json:"public"`    // everybody may see the public page
	Zone     *time.Location `json:"-"`
}

// Default is the id of the listener where the configuration names none.
const Default = "me"

var validID = regexp.MustCompile(`^[a-z][a-z0-9-]{0,30}$`)

// Valid reports whether id can be a listener's id. Ids become parts of the names of objects and secrets.
func Valid(id string) bool { return validID.MatchString(id) }

// Set contains the listeners of a deployment by their ids.
type Set map[string]Listener

// Find returns the listener with an id from a request. The error is a faults.Invalid for an id that is not valid,
// and a faults.Missing for an id that is not in the set.
func (s Set) Find(id string) (Listener, error) {
	if !Valid(id) {
		return Listener{}, faults.New(faults.Invalid, "Give the id of a listener, as in ?listener=me.", "%s cannot be a listener's id", faults.Quote(id))
	}
	l, ok := s[id]
	if !ok {
		return Listener{}, faults.New(faults.Missing, "Add the listener to LISTENERS, or give one of its ids.", "there is no listener %s", faults.Quote(id))
	}
	return l, nil
}

// UnmarshalText parses the variable LISTENERS, such as {"me":{"time_zone":"Europe/Berlin","public":false}}. It may be
// compressed: base64 of gzip, because all variables of a function have 32 KiB together.
func (s *Set) UnmarshalText(text []byte) error {
	if bytes.HasPrefix(text, []byte(compressed)) {
		var err error
		if text, err = unpack(text); err != nil {
			return fmt.Errorf("it begins as compressed text does, and is not: %w", err)
		}
	}
	set, err := decode(text)
	if err != nil {
		return err
	}
	if len(set) == 0 {
		return errors.New("it has no listener: add one, such as {\"me\":{}}")
	}
	var errs []error
	for id, l := range set {
		if !Valid(id) {
			errs = append(errs, fmt.Errorf("listener %s: an id is a lower-case letter, then up to 30 lower-case letters, digits and dashes", faults.Quote(id)))
		}
		zone, err := time.LoadLocation(l.TimeZone)
		if err != nil || l.TimeZone == "Local" {
			errs = append(errs, fmt.Errorf("listener %s: time zone %s is not an IANA name such as Europe/Berlin", faults.Quote(id), faults.Quote(l.TimeZone)))
		}
		l.ID, l.Zone, l.TimeZone = id, zone, cmp.Or(l.TimeZone, "UTC")
		set[id] = l
	}
	*s = set
	return errors.Join(errs...)
}

// compressed begins every gzip in base64. No JSON begins with it.
const compressed = "H4sI"

// maxText is the largest size of an unpacked set in bytes: 10,000 listeners have less than 1 MB.
const maxText = 4 << 20

// unpack returns the text that Terraform's base64gzip has packed.
func unpack(text []byte) ([]byte, error) {
	unzipped, err := gzip.NewReader(base64.NewDecoder(base64.StdEncoding, bytes.NewReader(text)))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(unzipped, maxText))
}

// decode reads the JSON of a set. Package json would take the last one of listeners with the same id.
func decode(text []byte) (Set, error) {
	set := Set{}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields() // without it a misspelled time_zone has no effect
	token, err := decoder.Token()
	if err == nil && token != json.Delim('{') {
		err = fmt.Errorf("it begins with %s", faults.Quote(fmt.Sprint(token)))
	}
	for err == nil && decoder.More() {
		var l Listener
		if token, err = decoder.Token(); err == nil {
			err = decoder.Decode(&l)
		}
		id, _ := token.(string)
		if _, twice := set[id]; twice && err == nil {
			return nil, fmt.Errorf("listener %s is in it twice: remove one of them", faults.Quote(id))
		}
		set[id] = l
	}
	if err == nil {
		_, err = decoder.Token()
	}
	if rest, end := decoder.Token(); err == nil && end != io.EOF {
		err = fmt.Errorf("it goes on after its end with %s", faults.Quote(fmt.Sprint(rest)))
	}
	if err != nil {
		return nil, fmt.Errorf("it is not JSON of the form {\"me\":{\"time_zone\":\"Europe/Berlin\"}}: %w", err)
	}
	return set, nil
}
