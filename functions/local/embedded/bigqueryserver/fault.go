package bigqueryserver

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
)

// fault is an error as BigQuery tells it: a reason from its fixed list, which
// decides the HTTP status, and a message. It is the body of a refused request
// as well as the errorResult of a failed job.
// https://cloud.google.com/bigquery/docs/error-messages
type fault struct {
	Reason   string `json:"reason"`
	Location string `json:"location,omitempty"`
	Message  string `json:"message"`

	// more holds the single errors a load job collected before it gave up.
	more []*fault
}

func (f *fault) Error() string { return f.Reason + ": " + f.Message }

// statuses maps reasons to the HTTP code and gRPC status BigQuery sends with them.
var statuses = map[string]struct {
	code int
	name string
}{
	"backendError":      {http.StatusServiceUnavailable, "UNAVAILABLE"},
	"conditionNotMet":   {http.StatusPreconditionFailed, "FAILED_PRECONDITION"},
	"duplicate":         {http.StatusConflict, "ALREADY_EXISTS"},
	"internalError":     {http.StatusInternalServerError, "INTERNAL"},
	"invalid":           {http.StatusBadRequest, "INVALID_ARGUMENT"},
	"invalidQuery":      {http.StatusBadRequest, "INVALID_ARGUMENT"},
	"notFound":          {http.StatusNotFound, "NOT_FOUND"},
	"notImplemented":    {http.StatusNotImplemented, "UNIMPLEMENTED"},
	"required":          {http.StatusBadRequest, "INVALID_ARGUMENT"},
	"resourceInUse":     {http.StatusBadRequest, "FAILED_PRECONDITION"},
	"jobBackendError":   {http.StatusBadRequest, "INVALID_ARGUMENT"},
	"jobInternalError":  {http.StatusBadRequest, "INVALID_ARGUMENT"},
	"responseTooLarge":  {http.StatusForbidden, "PERMISSION_DENIED"},
	"resourcesExceeded": {http.StatusBadRequest, "INVALID_ARGUMENT"},
	"stopped":           {http.StatusOK, "CANCELLED"},
}

func (f *fault) status() (code int, name string) {
	s, ok := statuses[f.Reason]
	if !ok {
		return http.StatusInternalServerError, "INTERNAL"
	}
	return s.code, s.name
}

func invalid(format string, args ...any) *fault { return newFault("invalid", format, args...) }

func invalidQuery(format string, args ...any) *fault {
	return newFault("invalidQuery", format, args...)
}

func syntaxError(format string, args ...any) *fault {
	return newFault("invalidQuery", "Syntax error: "+format, args...)
}

func notFound(format string, args ...any) *fault { return newFault("notFound", format, args...) }

func duplicate(format string, args ...any) *fault { return newFault("duplicate", format, args...) }

// notImplemented refuses what BigQuery can do and this server cannot.
func notImplemented(format string, args ...any) *fault {
	return newFault("notImplemented", "The embedded BigQuery does not support "+format, args...)
}

func newFault(reason, format string, args ...any) *fault {
	return &fault{Reason: reason, Message: fmt.Sprintf(format, args...)}
}

// ofJob is a failed job's error as the answer to a request for its rows. There a reason that would stand
// for the request is another one, so that nobody makes the request again and again.
func ofJob(f *fault) *fault {
	name, ok := map[string]string{"backendError": "jobBackendError", "internalError": "jobInternalError"}[f.Reason]
	if !ok {
		return f
	}
	return &fault{Reason: name, Location: f.Location, Message: f.Message}
}

// asFault makes a fault of any error; what is not one yet is this server's own failure.
func asFault(err error) *fault {
	var f *fault
	if errors.As(err, &f) {
		return f
	}
	return newFault("internalError", "%v", err)
}

// writeFault answers a request with an error in the shape of Google's APIs.
func writeFault(w http.ResponseWriter, err error) {
	f := asFault(err)
	code, name := f.status()
	if code == http.StatusOK {
		code = http.StatusBadRequest
	}
	if f.Reason == "internalError" {
		slog.Error("embedded BigQuery: request failed", "error", err)
	}
	type item struct {
		Reason   string `json:"reason"`
		Message  string `json:"message"`
		Domain   string `json:"domain"`
		Location string `json:"location,omitempty"`
	}
	var body struct {
		Error struct {
			Code    int    `json:"code"`
			Message string `json:"message"`
			Errors  []item `json:"errors"`
			Status  string `json:"status"`
		} `json:"error"`
	}
	body.Error.Code = code
	body.Error.Message = f.Message
	body.Error.Errors = []item{{f.Reason, f.Message, "global", f.Location}}
	body.Error.Status = name
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(code)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		slog.Debug("embedded BigQuery: client went away", "error", err)
	}
}
