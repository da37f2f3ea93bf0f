package spotify

import (
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"time"

	"spotify-insights.internal/shared/lake"
)

// The types of this file decode one field of an item and never fail. A value of an unexpected type is unknown,
// so that one malformed field does not lose the play.

// text is a JSON string without its NULs. Another value is "".
type text struct{ value string }

func (t *text) UnmarshalJSON(b []byte) error {
	if json.Unmarshal(b, &t.value) != nil { // a lone surrogate becomes U+FFFD
		t.value = ""
	}
	t.value = strings.ReplaceAll(t.value, "\x00", "") // BigQuery refuses to load a NUL
	return nil
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
	*f = flag(strings.EqualFold(strings.Trim(string(b), `"`), "true"))
	return nil
}

// number is a whole number of ms from 0 to [lake.LongestPlay] in any JSON spelling (240000, 240000.0, 2.4E5), which
// may be in quotes. Another value is unknown.
type number struct{ value *int64 }

func (n *number) UnmarshalJSON(b []byte) error {
	literal := strings.TrimSpace(string(b))
	if strings.HasPrefix(literal, `"`) {
		var quoted text
		_ = quoted.UnmarshalJSON(b)
		literal = strings.TrimSpace(quoted.value)
	}
	if !json.Valid([]byte(literal)) { // ParseFloat accepts more spellings than JSON
		return nil
	}
	v, err := strconv.ParseFloat(literal, 64)
	if err == nil && v >= 0 && v <= float64(lake.LongestPlay.Milliseconds()) && v == float64(int64(v)) {
		n.value = new(int64(v))
	}
	return nil
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
