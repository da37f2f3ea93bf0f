package main

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"spotify-insights.internal/shared/faults"
)

// Nothing from outside controls the terminal: neither in a log line, nor in an error, nor in a summary.
func TestEscaping(t *testing.T) {
	for text, want := range map[string]string{
		"Motörhead, 東京\n":                   "Motörhead, 東京\n",
		"\x1b]0;title\a\x1b[2Jred":          `\x1b]0;title\a\x1b[2Jred`,
		"\u009b31m":                         `\u009b31m`, // a control sequence of one rune
		"a\rb\tc\bd":                        `a\rb\tc\bd`,
		"abc\u202edef":                      `abc\u202edef`, // reverses what follows
		"\xff\x9b":                          `\xff\x9b`,
		"file \u2066name\u2069\u200b.zip\n": `file \u2066name\u2069\u200b.zip` + "\n",
	} {
		var direct, logged strings.Builder
		if n, err := fmt.Fprint(escaping{&direct}, text); n != len(text) || err != nil || direct.String() != want {
			t.Errorf("%q is written as %q, want %q (%d, %v)", text, direct.String(), want, n, err)
		}
		slog.New(newConsole(escaping{&logged})).Error(text, "error", errors.New(text), slog.Group("g", "name", faults.Quote(text)))
		if line, _ := strings.CutSuffix(logged.String(), "\n"); strings.ContainsFunc(line, func(r rune) bool { return escaped(r) }) {
			t.Errorf("%q is logged as %q", text, line)
		}
	}
}
