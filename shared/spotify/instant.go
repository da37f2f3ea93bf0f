package spotify

import (
	"strings"
	"time"
)

// instant reads a time in any spelling of RFC 3339: with or without a fraction, in any zone, in small
// letters, with a space for the T, with a leap second. Spotify's precision is one millisecond.
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
