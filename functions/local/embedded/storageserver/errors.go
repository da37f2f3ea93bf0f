package storageserver

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"

	"spotify-insights.internal/functions/local/embedded/disk"
)

// statusError is an error with the HTTP status that answers it.
type statusError struct {
	status  int
	message string
}

func (e statusError) Error() string { return e.message }

func fault(status int, format string, args ...any) error {
	return statusError{status, fmt.Sprintf(format, args...)}
}

// handler answers an error in the JSON API's form: https://cloud.google.com/storage/docs/json_api/v1/status-codes
type handler func(http.ResponseWriter, *http.Request) error

func (h handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	err := h(w, r)
	if err == nil {
		return
	}
	status, message := http.StatusInternalServerError, err.Error()
	if e, ok := errors.AsType[statusError](err); ok {
		status = e.status
	} else if errors.Is(err, fs.ErrNotExist) {
		status = http.StatusNotFound
	} else if explained, known := disk.Explain(err); known {
		// As Cloud Storage answers where a quota is used up or a permission is missing. A client retries after a 500.
		status, message = http.StatusForbidden, explained.Error()
	}
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]any{"error": map[string]any{"code": status, "message": message}})
}
