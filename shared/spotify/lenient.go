package spotify

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"spotify-insights.internal/shared/lake"
)

// The types of this file decode one field of an item and never fail. A value of an unexpected type is unknown,
// so that one malformed field does not lose the play.

// text is a JSON string without its NULs. Another value is "".
type text struct{ value string }

func (t *text) UnmarshalJSON(b []byte) error {
	t.value = unquote(b)
	return nil
}

// unquote returns the text of a JSON string without its NULs, which BigQuery refuses to load. Another value is "".
func unquote(b []byte) string {
	if len(b) < 2 || b[0] != '"' {
		return ""
	}
	if bytes.IndexByte(b, '\\') < 0 && bytes.IndexByte(b, 0) < 0 {
		return string(b[1 : len(b)-1])
	}
	decoded, _ := jsontext.AppendUnquote(nil, b) // a lone surrogate becomes U+FFFD
	return strings.ReplaceAll(string(decoded), "\x00", "")
}

func (t text) pointer() *string {
	if t.value == "" {
		return nil
	}
	return &t.value
}

// link returns the text where it is an http or https URL. The dashboard shows it as a link, and a link of another
// scheme, such as javascript, could run a program.
func (t text) link() *string {
	u, err := url.Parse(t.value)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		return nil
	}
	return &t.value
}

// flag is a JSON true, which may be in quotes. Another value is false.
type flag bool

func (f *flag) UnmarshalJSON(b []byte) error {
	value := truth(b)
	*f = flag(value != nil && *value)
	return nil
}

// truth is a JSON true or false, which may be in quotes. Another value is unknown.
func truth(b []byte) *bool {
	switch strings.ToLower(strings.Trim(string(b), `"`)) {
	case "true":
		return new(true)
	case "false":
		return new(false)
	}
	return nil
}

// number is a whole number of ms from 0 to [lake.LongestPlay] in any JSON spelling (240000, 240000.0, 2.4E5), which
// may be in quotes. Another value is unknown.
type number struct{ value *int64 }

func (n *number) UnmarshalJSON(b []byte) error {
	n.value, _ = milliseconds(b)
	return nil
}

// milliseconds parses a number of ms as [number] does, and returns what is wrong with another value.
func milliseconds(b []byte) (value *int64, wrong string) {
	v, ok := parseNumber(b)
	switch {
	case !ok:
		return nil, "is not a number"
	case v < 0:
		return nil, "is negative"
	case v > float64(lake.LongestPlay.Milliseconds()):
		return nil, "is longer than a day"
	case v != float64(int64(v)):
		return nil, "is not a whole number"
	}
	return new(int64(v)), ""
}

// parseNumber parses a JSON number, which may be in quotes.
func parseNumber(b []byte) (v float64, ok bool) {
	literal := bytes.TrimSpace(b)
	if bytes.HasPrefix(literal, []byte(`"`)) {
		literal = bytes.TrimSpace([]byte(unquote(literal)))
	}
	if !json.Valid(literal) { // ParseFloat accepts more spellings than JSON
		return 0, false
	}
	v, err := strconv.ParseFloat(string(literal), 64)
	return v, err == nil
}

// maybe is a JSON value that decodes into T. Another value is the zero T.
type maybe[T any] struct{ value T }

func (m *maybe[T]) UnmarshalJSON(b []byte) error {
	var v T
	if json.Unmarshal(b, &v) == nil {
		m.value = v
	}
	return nil
}

// list is a JSON array. An element that does not decode into T is the zero T. Another value is an empty list.
type list[T any] []T

func (l *list[T]) UnmarshalJSON(b []byte) error {
	var elements []maybe[T]
	if json.Unmarshal(b, &elements) != nil {
		return nil
	}
	*l = make([]T, len(elements))
	for i, e := range elements {
		(*l)[i] = e.value
	}
	return nil
}

// instant parses a time in any spelling of RFC 3339: with or without a fraction, in any zone, in small letters,
// with a space for the T, with a leap second. Spotify's precision is one millisecond.
func instant(text string) (at time.Time, ok bool) {
	text = strings.ToUpper(strings.TrimSpace(text))
	if len(text) > len(time.DateTime) && text[len(time.DateOnly)] == ' ' {
		text = text[:len(time.DateOnly)] + "T" + text[len(time.DateOnly)+1:]
	}
	before, leap := strings.CutSuffix(text[:min(len(text), len(time.DateTime))], ":60")
	if leap {
		text = before + ":59" + text[len(time.DateTime):]
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, false
	}
	if leap {
		at = at.Add(time.Second)
	}
	return at.UTC().Truncate(time.Millisecond), true
}
