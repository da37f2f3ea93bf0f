package main

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
	"unicode"

	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/terminal"
)

// Nothing from outside controls the terminal through a log line: neither a message, nor an error, nor an attribute.
func TestLogLinesAreEscaped(t *testing.T) {
	for _, text := range []string{"\x1b]0;title\a\x1b[2Jred", "\u009b31m", "a\rb\tc\bd", "abc\u202edef", "\xff\x9b"} {
		var logged strings.Builder
		slog.New(newConsole(terminal.Writer{Writer: &logged})).Error(text, "error", errors.New(text), slog.Group("g", "name", faults.Quote(text)))
		if line, _ := strings.CutSuffix(logged.String(), "\n"); strings.ContainsFunc(line, func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }) {
			t.Errorf("%q is logged as %q", text, line)
		}
	}
}
