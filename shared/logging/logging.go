// Package logging writes log lines in the format of Cloud Logging.
package logging

import (
	"context"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"

	"spotify-insights.internal/shared/config"
)

// Setup makes slog's default logger write this format in a deployed function, which has the variable K_SERVICE.
var Setup = sync.OnceFunc(func() {
	if !config.Deployed() {
		return
	}
	slog.SetDefault(slog.New(Handler(os.Stderr, os.Getenv("GOOGLE_CLOUD_PROJECT"))))
})

// Handler writes each record as one line of JSON. The project is part of the trace ids.
func Handler(out io.Writer, project string) slog.Handler {
	return traceHandler{slog.NewJSONHandler(out, &slog.HandlerOptions{ReplaceAttr: cloudNames}), project}
}

// cloudNames renames slog's own fields:
// https://cloud.google.com/logging/docs/structured-logging
func cloudNames(groups []string, a slog.Attr) slog.Attr {
	if len(groups) > 0 {
		return a
	}
	switch a.Key {
	case slog.LevelKey:
		if a.Value.String() == "WARN" {
			return slog.String("severity", "WARNING")
		}
		return slog.Attr{Key: "severity", Value: a.Value}
	case slog.MessageKey:
		return slog.Attr{Key: "message", Value: a.Value}
	}
	return a
}

type traceKey struct{}

// WithTrace stores the trace id of a request's X-Cloud-Trace-Context header, TRACE/SPAN;o=1, in a context.
func WithTrace(ctx context.Context, header string) context.Context {
	trace, _, _ := strings.Cut(header, "/")
	return context.WithValue(ctx, traceKey{}, trace)
}

// traceHandler adds the field by which Cloud Logging groups the lines of one request.
type traceHandler struct {
	slog.Handler
	project string
}

func (h traceHandler) Handle(ctx context.Context, r slog.Record) error {
	if trace, ok := ctx.Value(traceKey{}).(string); ok && trace != "" && h.project != "" {
		r.AddAttrs(slog.String("logging.googleapis.com/trace", "projects/"+h.project+"/traces/"+trace))
	}
	return h.Handler.Handle(ctx, r)
}

func (h traceHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return traceHandler{h.Handler.WithAttrs(attrs), h.project}
}

func (h traceHandler) WithGroup(name string) slog.Handler {
	return traceHandler{h.Handler.WithGroup(name), h.project}
}
