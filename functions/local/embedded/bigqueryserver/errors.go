package bigqueryserver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"strings"

	"github.com/duckdb/duckdb-go/v2"
)

// apiError is an error in BigQuery's form: the body of a refused request and the errorResult of a failed job.
// https://cloud.google.com/bigquery/docs/error-messages
type apiError struct {
	Reason  string `json:"reason"` // decides the HTTP status
	Message string `json:"message"`
}

func (e *apiError) Error() string { return e.Reason + ": " + e.Message }

func newError(reason, format string, args ...any) *apiError {
	return &apiError{reason, fmt.Sprintf(format, args...)}
}

func invalid(format string, args ...any) *apiError { return newError("invalid", format, args...) }

func invalidQuery(format string, args ...any) *apiError {
	return newError("invalidQuery", format, args...)
}

func notFound(format string, args ...any) *apiError { return newError("notFound", format, args...) }

func isNotFound(err error) bool {
	e, ok := errors.AsType[*apiError](err)
	return ok && e.Reason == "notFound"
}

func duplicate(format string, args ...any) *apiError { return newError("duplicate", format, args...) }

// notSupported refuses what BigQuery can do and this server cannot.
func notSupported(format string, args ...any) *apiError {
	return newError("notImplemented", "The embedded BigQuery does not support "+format, args...)
}

// stopping is the error of what the end of the server breaks off.
func stopping() *apiError { return newError("backendError", "The embedded BigQuery is stopping") }

// statuses are the HTTP and gRPC status of each reason.
var statuses = map[string]struct {
	code int
	name string
}{
	"backendError":      {http.StatusServiceUnavailable, "UNAVAILABLE"},
	"duplicate":         {http.StatusConflict, "ALREADY_EXISTS"},
	"internalError":     {http.StatusInternalServerError, "INTERNAL"},
	"invalid":           {http.StatusBadRequest, "INVALID_ARGUMENT"},
	"invalidQuery":      {http.StatusBadRequest, "INVALID_ARGUMENT"},
	"jobBackendError":   {http.StatusBadRequest, "INVALID_ARGUMENT"},
	"jobInternalError":  {http.StatusBadRequest, "INVALID_ARGUMENT"},
	"notFound":          {http.StatusNotFound, "NOT_FOUND"},
	"notImplemented":    {http.StatusNotImplemented, "UNIMPLEMENTED"},
	"resourcesExceeded": {http.StatusBadRequest, "INVALID_ARGUMENT"},
}

// ofJob is a failed job's error as the answer to a request for its rows. The reasons that make a client retry
// the request have another name there, because the job has failed for good.
func ofJob(e *apiError) *apiError {
	switch e.Reason {
	case "backendError":
		return &apiError{"jobBackendError", e.Message}
	case "internalError":
		return &apiError{"jobInternalError", e.Message}
	}
	return e
}

// asError converts any error; one that has no form of BigQuery's yet is an internal error, which is logged.
func asError(err error) *apiError {
	if e, ok := errors.AsType[*apiError](err); ok {
		return e
	}
	if errors.Is(err, context.Canceled) {
		return stopping()
	}
	if e, ok := errors.AsType[*duckdb.Error](err); ok {
		if converted := engineError(e); converted != nil {
			return converted
		}
	}
	slog.Error("embedded BigQuery: internal error", "error", err)
	return newError("internalError", "%v", err)
}

var (
	nullColumn   = regexp.MustCompile(`NOT NULL constraint failed: \S*?([^.\s]+)\s*$`)
	missingTable = regexp.MustCompile(`Table with name "?([^"\s]+)"? does not exist`)
)

// engineError converts an error of DuckDB about a statement; nil if the statement is not its cause.
func engineError(e *duckdb.Error) *apiError {
	text := strings.TrimSpace(e.Msg)
	if _, after, ok := strings.Cut(text, "Error: "); ok {
		text = after
	}
	switch e.Type {
	case duckdb.ErrorTypeIO, duckdb.ErrorTypeFatal, duckdb.ErrorTypeInternal, duckdb.ErrorTypeTransaction:
		return nil
	case duckdb.ErrorTypeInterrupt:
		return stopping()
	case duckdb.ErrorTypeOutOfMemory:
		return newError("resourcesExceeded", "Resources exceeded during query execution: %s", text)
	case duckdb.ErrorTypePermission, duckdb.ErrorTypeMissingExtension, duckdb.ErrorTypeAutoLoad, duckdb.ErrorTypeNotImplemented:
		return notSupported("this statement: %s", text)
	case duckdb.ErrorTypeParser, duckdb.ErrorTypeSyntax:
		return invalidQuery("Syntax error: %s", text)
	}
	if m := nullColumn.FindStringSubmatch(text); m != nil {
		return invalidQuery("Required field %s cannot be null", m[1])
	}
	if m := missingTable.FindStringSubmatch(text); m != nil {
		return notFound("Not found: Table %s", m[1])
	}
	return invalidQuery("%s", text)
}

// writeError answers a request with an error in the form of Google's APIs.
func writeError(w http.ResponseWriter, err error) {
	e := asError(err)
	status, ok := statuses[e.Reason]
	if !ok {
		status = statuses["internalError"]
	}
	body := map[string]any{"error": map[string]any{
		"code": status.code, "status": status.name, "message": e.Message,
		"errors": []map[string]string{{"reason": e.Reason, "message": e.Message, "domain": "global"}},
	}}
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(status.code)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		slog.Debug("embedded BigQuery: the client closed the connection", "error", err)
	}
}
