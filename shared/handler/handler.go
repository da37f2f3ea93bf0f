// Package handler connects the platform to a function's core: it gives the core a deadline, makes an answer of
// its error, and writes one log line about the error.
package handler

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/logging"
)

// status is the HTTP status of each kind of fault.
var status = map[faults.Kind]int{
	faults.Transient: http.StatusInternalServerError,
	faults.Invalid:   http.StatusBadRequest,
	faults.Missing:   http.StatusNotFound,
	faults.Method:    http.StatusMethodNotAllowed,
	faults.Foreign:   http.StatusForbidden,
	faults.Reconnect: http.StatusConflict,
	faults.Upstream:  http.StatusBadGateway,
	faults.Limited:   http.StatusServiceUnavailable,
}

// sameOrigin refuses requests that change something and that another web site made a browser send. Cloud Scheduler
// and terminals are not browsers, and pass.
var sameOrigin = http.NewCrossOriginProtection()

// HTTP makes an HTTP function of a core, which writes its answer itself on success. An error becomes
// {"error","action"} with the status of its kind; a core that returns one has not written anything. The core's
// context ends after limit.
func HTTP(name string, limit time.Duration, core func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	logging.Setup()
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), limit)
		defer cancel()
		ctx = logging.WithTrace(ctx, r.Header.Get("X-Cloud-Trace-Context"))
		start := time.Now()
		var err error
		if sameOrigin.Check(r) != nil {
			err = faults.New(faults.Foreign, "Send it from this page itself or from a terminal.", "the request comes from another web page")
		} else {
			err = core(w, r.WithContext(ctx))
		}
		report(ctx, name, start, err, faults.Of(err) == faults.Invalid)
		if err != nil {
			writeError(w, err)
		}
	}
}

// Post makes an HTTP function that answers POST with the result of a run as JSON.
func Post[T any](name string, limit time.Duration, run func(*http.Request) (T, error)) http.HandlerFunc {
	return HTTP(name, limit, func(w http.ResponseWriter, r *http.Request) error {
		if err := Method(w, r, http.MethodPost); err != nil {
			return err
		}
		result, err := run(r)
		if err == nil {
			JSON(w, http.StatusOK, result)
		}
		return err
	})
}

// Acknowledged answers a request by which Pub/Sub pushes a message: with 200 also where the run fails, because Pub/Sub would
// send the message again.
func Acknowledged(w http.ResponseWriter) http.ResponseWriter { return acknowledged{w} }

type acknowledged struct{ http.ResponseWriter }

func (a acknowledged) WriteHeader(int) { a.ResponseWriter.WriteHeader(http.StatusOK) }

// Event makes a CloudEvent function of a core. A permanent error is logged and acknowledged. Another error is
// returned to the platform, which delivers the event again. The returned text is fixed, because the framework
// uses it as a format string.
func Event(name string, limit time.Duration, core func(context.Context, event.Event) error) func(context.Context, event.Event) error {
	logging.Setup()
	return func(ctx context.Context, e event.Event) error {
		ctx, cancel := context.WithTimeout(ctx, limit)
		defer cancel()
		start := time.Now()
		err := core(ctx, e)
		report(ctx, name, start, err, false, "event", e.ID())
		if err == nil || faults.Permanent(err) {
			return nil
		}
		return errors.New(name + " failed: deliver the event again")
	}
}

// JSON writes v as the answer, with an HTTP status.
func JSON(w http.ResponseWriter, code int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(v) // the caller may be gone
}

// Status returns the HTTP status for an error.
func Status(err error) int { return status[faults.Of(err)] }

func writeError(w http.ResponseWriter, err error) {
	code := Status(err)
	action := faults.Action(err)
	if f, ok := errors.AsType[*faults.Fault](err); ok && f.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(f.RetryAfter/time.Second)))
	}
	if code == http.StatusInternalServerError && action == "" {
		action = "Retry. If it fails again, the log says why."
	}
	JSON(w, code, struct {
		Error  string `json:"error"`
		Action string `json:"action"`
	}{err.Error(), action})
}

// Method returns an error unless the request's method is one of those given.
func Method(w http.ResponseWriter, r *http.Request, allow ...string) error {
	if slices.Contains(allow, r.Method) {
		return nil
	}
	w.Header().Set("Allow", strings.Join(allow, ", "))
	return faults.New(faults.Method, "Use "+strings.Join(allow, " or ")+".", "the method is not allowed here")
}

// report logs an error: at ERROR what a person has to fix, at WARNING what is retried, at INFO what the caller
// has to fix, such as an invalid request. A run without an error logs its result itself. A stop is no error.
func report(ctx context.Context, name string, start time.Time, err error, caller bool, attrs ...any) {
	attrs = append(attrs, "function", name, "latency_ms", time.Since(start).Milliseconds())
	if err == nil {
		slog.DebugContext(ctx, name+" done", attrs...)
		return
	}
	if !faults.Permanent(err) && errors.Is(ctx.Err(), context.Canceled) { // the caller has gone, or the process stops
		slog.InfoContext(ctx, name+" broken off", attrs...)
		return
	}
	attrs = append(attrs, "error", err.Error(), "action", faults.Action(err))
	switch kind := faults.Of(err); {
	case caller || kind == faults.Method || kind == faults.Missing || kind == faults.Foreign:
		slog.InfoContext(ctx, name+" refused", attrs...)
	case kind == faults.Invalid || kind == faults.Reconnect:
		slog.ErrorContext(ctx, name+" failed", attrs...)
	default:
		slog.WarnContext(ctx, name+" failed", attrs...)
	}
}
