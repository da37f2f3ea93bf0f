// Package handler stands between the platform and a function's core: it gives the core a deadline,
// turns its error into the right answer, and writes one log line about how it went.
package handler

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/logging"
)

// status maps a kind of fault to the HTTP status that tells the caller the same.
var status = map[faults.Kind]int{
	faults.Passing:   http.StatusInternalServerError,
	faults.Invalid:   http.StatusBadRequest,
	faults.Missing:   http.StatusNotFound,
	faults.Method:    http.StatusMethodNotAllowed,
	faults.Foreign:   http.StatusForbidden,
	faults.Reconnect: http.StatusConflict,
	faults.Upstream:  http.StatusBadGateway,
	faults.Limited:   http.StatusServiceUnavailable,
}

// HTTP makes an HTTP function of a core that writes its own answer on success. An error becomes
// {"error","action"} with the status of its kind; the core must not have written anything by then.
// The core's context ends after limit.
func HTTP(name string, limit time.Duration, core func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	logging.Setup()
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), limit)
		defer cancel()
		ctx = logging.WithTrace(ctx, r.Header.Get("X-Cloud-Trace-Context"))
		start := time.Now()
		err := sameSite(r)
		if err == nil {
			err = core(w, r.WithContext(ctx))
		}
		report(ctx, name, start, err, faults.Of(err) == faults.Invalid)
		if err != nil {
			writeError(w, err)
		}
	}
}

// Event makes a CloudEvent function of a core. A permanent fault is logged and acknowledged; any
// other error goes back to the platform, which delivers the event again. What goes back is short:
// the framework uses an error's text as a format string.
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
		return errors.New(name + " failed and asks for the event again")
	}
}

// JSON writes v as the answer.
func JSON(w http.ResponseWriter, code int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(v) // a caller that hung up needs no answer
}

// Status is the HTTP status that says what err says.
func Status(err error) int { return status[faults.Of(err)] }

func writeError(w http.ResponseWriter, err error) {
	code := Status(err)
	action := faults.Action(err)
	if f, ok := errors.AsType[*faults.Fault](err); ok && f.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(f.RetryAfter/time.Second)))
	}
	if code == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", strings.Join(allowed(err), ", "))
	}
	if code == http.StatusInternalServerError && action == "" {
		action = "Try again; if it stays, the function's log has the whole story."
	}
	JSON(w, code, struct {
		Error  string `json:"error"`
		Action string `json:"action"`
	}{err.Error(), action})
}

// methodFault is an HTTP method that is not allowed, with those that are.
type methodFault struct{ allow []string }

func (m *methodFault) Error() string { return "the method is not allowed here" }

func allowed(err error) []string {
	if m, ok := errors.AsType[*methodFault](err); ok {
		return m.allow
	}
	return nil
}

// Method returns an error unless the request's method is one of those given.
func Method(r *http.Request, allow ...string) error {
	for _, m := range allow {
		if r.Method == m {
			return nil
		}
	}
	return &faults.Fault{Kind: faults.Method, Action: "Use " + strings.Join(allow, " or ") + ".", Err: &methodFault{allow}}
}

// sameSite refuses what another web page makes a browser send: such a request changes something
// without its reader's knowing. Those who have business here, Cloud Scheduler for one, are no browser.
func sameSite(r *http.Request) error {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return nil
	}
	site, origin := r.Header.Get("Sec-Fetch-Site"), r.Header.Get("Origin")
	if (site == "" || site == "same-origin" || site == "none") && (origin == "" || origin == "http://"+r.Host || origin == "https://"+r.Host) {
		return nil
	}
	return faults.New(faults.Foreign, "Send it from this page itself or from a terminal.", "the request comes from another web page")
}

// report logs how a run went: an ERROR for what needs a person or loses something for good, a
// WARNING for what will be tried again. Runs that went well log their own result, and what a caller
// got wrong (asked) is the caller's.
func report(ctx context.Context, name string, start time.Time, err error, asked bool, attrs ...any) {
	attrs = append(attrs, "function", name, "latency_ms", time.Since(start).Milliseconds())
	if err == nil {
		slog.DebugContext(ctx, name+" done", attrs...)
		return
	}
	attrs = append(attrs, "error", err.Error(), "action", faults.Action(err))
	switch kind := faults.Of(err); {
	case asked || kind == faults.Method || kind == faults.Missing || kind == faults.Foreign:
		slog.InfoContext(ctx, name+" refused", attrs...)
	case kind == faults.Invalid || kind == faults.Reconnect:
		slog.ErrorContext(ctx, name+" failed", attrs...)
	default:
		slog.WarnContext(ctx, name+" failed", attrs...)
	}
}
