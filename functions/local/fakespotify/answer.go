package fakespotify

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
)

const (
	contentHTML = "text/html; charset=utf-8"
	contentText = "text/plain; charset=utf-8"
)

// answer is a whole response.
type answer struct {
	status int
	header map[string]string
	body   []byte
	sent   func() // records what the body contains; nil where nothing is recorded
}

func jsonAnswer(status int, v any) answer {
	body, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("fakespotify: encoding %T: %v", v, err)) // only this package's own types reach this
	}
	return answer{status: status, header: map[string]string{"Content-Type": "application/json; charset=utf-8", "Cache-Control": "private, max-age=0"}, body: body}
}

func textAnswer(status int, contentType, body string) answer {
	return answer{status: status, header: map[string]string{"Content-Type": contentType}, body: []byte(body)}
}

// errorForm makes the error of a service.
type errorForm func(status int, message, reason string) answer

// apiError has the form of every error of Spotify's Web API. Without a message the body contains only the status.
func apiError(status int, message, reason string) answer {
	type detail struct {
		Status  int    `json:"status"`
		Message string `json:"message,omitempty"`
		Reason  string `json:"reason,omitempty"`
	}
	return jsonAnswer(status, map[string]detail{"error": {status, message, reason}})
}

// oauthError is an error of the accounts service about a request (RFC 6749, 5.2).
func oauthError(code, description string) answer {
	return oauthAnswer(http.StatusBadRequest, code, description)
}

func oauthAnswer(status int, code, description string) answer {
	return jsonAnswer(status, struct {
		Error       string `json:"error"`
		Description string `json:"error_description,omitempty"`
	}{code, description})
}

// accountsError is an error of the accounts service itself. A 403 or a quota has the form of the Web API.
func accountsError(status int, message, reason string) answer {
	switch {
	case status == http.StatusForbidden || reason != "":
		return apiError(status, message, reason)
	case status < http.StatusInternalServerError:
		return oauthAnswer(status, "invalid_request", message)
	}
	return oauthAnswer(status, "server_error", message)
}

// reccoBeatsError has the form of the one error that ReccoBeats has shown: a request for too many ids.
func reccoBeatsError(status int, message, _ string) answer {
	return jsonAnswer(status, map[string]any{"status": status, "errors": []map[string]string{{"message": message}}})
}

func (a answer) write(w http.ResponseWriter) {
	a.writeHeader(w)
	_, _ = w.Write(a.body) // fails where the client has gone
}

// writeHalf announces the whole body, sends half of it and drops the connection.
func (a answer) writeHalf(w http.ResponseWriter) {
	a.writeHeader(w)
	_, _ = w.Write(a.body[:len(a.body)/2])
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

func (a answer) writeHeader(w http.ResponseWriter) {
	for name, value := range a.header {
		w.Header().Set(name, value)
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	w.WriteHeader(a.status)
}
