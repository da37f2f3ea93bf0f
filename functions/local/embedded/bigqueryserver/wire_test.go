package bigqueryserver_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
)

// wire sends requests as they are and holds them and the answers against the reference.
type wire struct {
	*fixture
	ref     *reference
	methods map[string]*method
	called  map[string]bool
}

func newWire(t *testing.T) *wire {
	w := &wire{fixture: start(t), ref: readReference(t), called: map[string]bool{}}
	w.methods = w.ref.methods()
	return w
}

// call sends a request to a method, whose path is completed with names, and returns the answer.
func (w *wire) call(id string, names []string, query, body string) (code int, answer any) {
	w.t.Helper()
	m := w.methods[id]
	if m == nil {
		w.t.Fatalf("the reference has no method %s", id)
	}
	w.called[id] = true
	values, err := url.ParseQuery(query)
	if err != nil {
		w.t.Fatal(err)
	}
	wrong := w.ref.checkQuery(m, values)
	if body != "" {
		wrong = append(wrong, w.ref.check("the request", m.Request, parsed(w.t, body), false)...)
	}
	if len(wrong) > 0 {
		w.t.Errorf("%s: this test asks for what is not in the reference:\n%s", id, strings.Join(wrong, "\n"))
	}
	return w.send(m, m.HTTPMethod, w.url+m.path(append([]string{project}, names...)...)+"?"+query, nil, body)
}

type headers map[string]string

// uploadStart is a header of the request that starts an upload, which is answered with an address.
const uploadStart = "X-Upload-Content-Type"

// send sends a request and checks the answer against the method's shape of it, or against that of errors.
func (w *wire) send(m *method, verb, address string, h headers, body string) (code int, answer any) {
	w.t.Helper()
	request, err := http.NewRequestWithContext(w.ctx, verb, address, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	for name, value := range h {
		request.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		w.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	what := m.ID + " " + body
	switch {
	case response.StatusCode >= 300:
		answer = parsed(w.t, string(text))
		if wrong := w.checkError(response.StatusCode, answer); len(wrong) > 0 {
			w.t.Errorf("%s: %s:\n%s", what, text, strings.Join(wrong, "\n"))
		}
	case h[uploadStart] != "":
		answer = response.Header.Get("Location")
	case m.Response == nil:
		if len(text) > 0 || response.StatusCode != http.StatusNoContent {
			w.t.Errorf("%s: %d %s, want 204 and nothing", what, response.StatusCode, text)
		}
	default:
		answer = parsed(w.t, string(text))
		if wrong := w.ref.check("the answer", m.Response, answer, true); len(wrong) > 0 {
			w.t.Errorf("%s:\n%s", what, strings.Join(wrong, "\n"))
		}
	}
	return response.StatusCode, answer
}

// parsed reads JSON and keeps numbers as they are written.
func parsed(t testing.TB, text string) (value any) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&value); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return value
}

// codes are the HTTP codes of reasons.
// https://cloud.google.com/bigquery/docs/error-messages#errortable
var codes = map[string]int{
	"accessDenied": 403, "backendError": 503, "duplicate": 409, "internalError": 500, "invalid": 400, "invalidQuery": 400,
	"jobBackendError": 400, "jobInternalError": 400, "jobRateLimitExceeded": 400, "notFound": 404, "notImplemented": 501,
	"quotaExceeded": 403, "rateLimitExceeded": 403, "resourceInUse": 400, "resourcesExceeded": 400, "responseTooLarge": 403,
	"conditionNotMet": 412, "required": 400, // those of every Google API
}

// errorShape is the body of an error, that of every Google API.
// https://cloud.google.com/bigquery/docs/error-messages, https://google.aip.dev/193
const errorShape = `{"type":"object","properties":{"error":{"type":"object","properties":{
	"code":{"type":"integer","format":"int32","description":"Required"},
	"message":{"type":"string","description":"Required"},
	"status":{"type":"string","description":"Required"},
	"errors":{"type":"array","description":"Required","items":{"type":"object","properties":{
		"reason":{"type":"string","description":"Required"},
		"message":{"type":"string","description":"Required"},
		"domain":{"type":"string","description":"Required","enum":["global"]},
		"location":{"type":"string"},
		"locationType":{"type":"string"}}}}}}}}`

// checkError gives what is wrong with an error's body.
func (w *wire) checkError(code int, body any) []string {
	w.t.Helper()
	var s shape
	if err := json.Unmarshal([]byte(errorShape), &s); err != nil {
		w.t.Fatal(err)
	}
	wrong := w.ref.check("the error", &s, body, true)
	message, _ := at(body, "error.message")
	reason, _ := at(body, "error.errors.0.reason")
	if first, _ := at(body, "error.errors.0.message"); message == "" || first != message {
		wrong = append(wrong, fmt.Sprintf("the first of the errors says %v, the whole %v", first, message))
	}
	if given, _ := at(body, "error.code"); fmt.Sprint(given) != fmt.Sprint(code) || codes[fmt.Sprint(reason)] != code {
		wrong = append(wrong, fmt.Sprintf("%d with the code %v and the reason %v, want %d", code, given, reason, codes[fmt.Sprint(reason)]))
	}
	return wrong
}

// at finds a value by the names and numbers on the way to it.
func at(value any, path string) (any, bool) {
	for name := range strings.SplitSeq(path, ".") {
		switch v := value.(type) {
		case map[string]any:
			field, ok := v[name]
			if !ok {
				return nil, false
			}
			value = field
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i >= len(v) {
				return nil, false
			}
			value = v[i]
		default:
			return nil, false
		}
	}
	return value, true
}

// expect checks an answer: "path=value", "path" for a value that has to be there, "!path" for one that must not.
func (w *wire) expect(what string, answer any, wants ...string) {
	w.t.Helper()
	for _, want := range wants {
		path, value, exactly := strings.Cut(want, "=")
		path, absent := strings.CutPrefix(path, "!")
		got, ok := at(answer, path)
		if ok == absent || exactly && fmt.Sprint(got) != value {
			w.t.Errorf("%s: %s is %v (%t), want %s\n%v", what, path, got, ok, want, answer)
		}
	}
}
