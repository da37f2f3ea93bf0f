package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"path"
	"strconv"
	"strings"
	"sync"
	"unicode"
)

// console writes log records as short lines for a person: the time, the message, and what matters.
type console struct {
	mu    *sync.Mutex
	out   io.Writer
	attrs []slog.Attr
}

// consoleLevel is the least level that is shown.
var consoleLevel slog.LevelVar

func newConsole(out io.Writer) slog.Handler { return console{mu: &sync.Mutex{}, out: out} }

func (c console) Enabled(_ context.Context, level slog.Level) bool {
	return level >= consoleLevel.Level()
}

// leftOut are attributes that say nothing to somebody who watches.
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
		value := strings.Join(strings.Fields(a.Value.String()), " ") // one line, whatever it holds
		if a.Key == "object" && value != "" {
			value = shortName(value)
		}
		if strings.ContainsFunc(value, func(r rune) bool { return !unicode.IsPrint(r) }) {
			value = strconv.Quote(value) // what comes from outside may hold a terminal's commands
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

// WithGroup has nothing to group: the lines are for reading.
func (c console) WithGroup(string) slog.Handler { return c }

// shortName is as much of a lake object's name as tells it from others: its time and some of its hash.
func shortName(object string) string {
	name, _, _ := strings.Cut(path.Base(object), ".")
	stamp, hash, found := strings.Cut(name, "-")
	switch {
	case found && len(hash) > 8:
		return stamp + "-" + hash[:8]
	case !found && len(name) > 8: // audio features have no time but that of their row
		return name[:8]
	}
	return name
}
