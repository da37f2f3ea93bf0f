package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"path"
	"strings"
	"sync"

	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/lake"
)

// console writes log records as short lines for a person: the time, the message and most attributes.
type console struct {
	mu    *sync.Mutex
	out   io.Writer
	attrs []slog.Attr
}

// consoleLevel is the lowest level that is shown.
var consoleLevel slog.LevelVar

func newConsole(out io.Writer) slog.Handler { return console{mu: &sync.Mutex{}, out: out} }

func (c console) Enabled(_ context.Context, level slog.Level) bool {
	return level >= consoleLevel.Level()
}

// leftOut are attributes that are of no use on a terminal.
var leftOut = map[string]bool{"function": true, "latency_ms": true, "event": true}

func (c console) Handle(_ context.Context, r slog.Record) error {
	var line strings.Builder
	line.WriteString(r.Time.Format("15:04:05"))
	switch {
	case r.Level >= slog.LevelError:
		line.WriteString("  ERROR")
	case r.Level >= slog.LevelWarn:
		line.WriteString("  warning:")
	}
	fmt.Fprintf(&line, "  %s", r.Message)
	write := func(a slog.Attr) bool {
		value := strings.Join(strings.Fields(a.Value.String()), " ") // one line, whatever the value is
		if a.Key == "object" && value != "" {
			value = shortName(value)
		}
		if !leftOut[a.Key] && value != "" {
			fmt.Fprintf(&line, "  %s=%s", a.Key, value)
		}
		return true
	}
	for _, a := range c.attrs {
		write(a)
	}
	r.Attrs(write)
	line.WriteByte('\n')
	c.mu.Lock()
	defer c.mu.Unlock()
	_, err := io.WriteString(c.out, line.String())
	return err
}

func (c console) WithAttrs(attrs []slog.Attr) slog.Handler {
	c.attrs = append(append([]slog.Attr{}, c.attrs...), attrs...)
	return c
}

// WithGroup changes nothing: a short line shows no groups.
func (c console) WithGroup(string) slog.Handler { return c }

// shortName shortens a lake object's name to its time and the beginning of its hash, which identify it. A name that is not
// one of this program's is quoted.
func shortName(object string) string {
	if _, ours := lake.ParseName(object); !ours {
		return faults.Quote(object)
	}
	name, _, _ := strings.Cut(path.Base(object), ".")
	stamp, hash, found := strings.Cut(name, "-")
	switch {
	case found && len(hash) > 8:
		return stamp + "-" + hash[:8]
	case !found && len(name) > 8: // the name of an object with audio features has no time
		return name[:8]
	}
	return name
}
