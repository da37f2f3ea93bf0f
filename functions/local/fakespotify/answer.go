package fakespotify

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
)

const (
	contentJSON = "application/json; charset=utf-8"
	contentHTML = "text/html; charset=utf-8"
	contentText = "text/plain; charset=utf-8"
)

// answer is a whole response, ready to be sent.
type answer struct {
	status int
	header map[string]string
	body   []byte

	// plays are the readable ones in the body, and listener is whose they are.
	listener string
	plays    []PlayKey

	// asked are the tracks whose audio features the body tells or does not know, and provider is the endpoint.
	provider string
	asked    []string
}

func jsonAnswer(status int, v any) answer {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false) // Spotify does not; names keep their < and >
	if err := encoder.Encode(v); err != nil {
		panic(fmt.Sprintf("fakespotify: encoding %T: %v", v, err)) // only this package's own types come here
	}
	return answer{
		status: status,
		header: map[string]string{"Content-Type": contentJSON, "Cache-Control": "private, max-age=0"},
		body:   bytes.TrimSuffix(body.Bytes(), []byte("\n")),
	}
}

func textAnswer(status int, contentType, body string) answer {
	return answer{status: status, header: map[string]string{"Content-Type": contentType}, body: []byte(body)}
}

// apiError is the form of every error of the Web API. Without a message the body holds the status alone.
func apiError(status int, message string) answer {
	return apiErrorFor(status, message, "")
}

func apiErrorFor(status int, message, reason string) answer {
	type detail struct {
		Status  int    `json:"status"`
		Message string `json:"message,omitempty"`
		Reason  string `json:"reason,omitempty"`
	}
	return jsonAnswer(status, struct {
		Error detail `json:"error"`
	}{detail{status, message, reason}})
}

// oauthError is the form of an error of the accounts service (RFC 6749, 5.2): 400 for every one.
func oauthError(code, description string) answer {
	return oauthErrorWith(http.StatusBadRequest, code, description)
}

func oauthErrorWith(status int, code, description string) answer {
	return jsonAnswer(status, struct {
		Error       string `json:"error"`
		Description string `json:"error_description,omitempty"`
	}{code, description})
}

// reccoBeatsError is the form of an error of ReccoBeats. Only one has been seen, that of reccoBeats with a wrong number of
// ids; the status of the others is taken to be that of HTTP.
func reccoBeatsError(status int, message string) answer {
	return reccoBeatsErrorAt(status, status, "", cmp.Or(message, http.StatusText(status)))
}

func reccoBeatsErrorAt(status, code int, path, message string) answer {
	type detail struct {
		Path    string `json:"path,omitempty"`
		Message string `json:"message"`
	}
	return jsonAnswer(status, struct {
		Status int      `json:"status"`
		Errors []detail `json:"errors"`
	}{code, []detail{{path, message}}})
}

// accountsError is what the accounts service answers where it is itself in trouble.
func accountsError(status int, message string) answer {
	code := "server_error"
	if status < http.StatusInternalServerError {
		code = "invalid_request"
	}
	return oauthErrorWith(status, code, message)
}

func (a answer) write(w http.ResponseWriter) error {
	a.writeHeader(w)
	_, err := w.Write(a.body)
	return err
}

// writeHalf promises the whole body, sends half of it and drops the connection.
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
