// Package dashboard is the function that shows a listener's figures as a page and as JSON. It reads the insights
// bucket and nothing else.
package dashboard

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/GoogleCloudPlatform/functions-framework-go/functions"

	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/handler"
)

// limit is the deadline of an answer.
const limit = 20 * time.Second

func init() {
	functions.HTTP("dashboard", Serve)
}

var viewer = handler.NewOnce(func() (*Viewer, error) {
	s, err := config.Read[config.Dashboard]()
	if err != nil {
		return nil, err
	}
	bucket, err := bucket.Open(context.Background(), s.InsightsBucket)
	if err != nil {
		return nil, err
	}
	return New(s, bucket, time.Now), nil
})

// Serve answers GET / with the page, GET /insights.json with its numbers and GET /record.json with the account of all
// imports.
var Serve = handler.HTTP("dashboard", limit, func(w http.ResponseWriter, r *http.Request) error {
	v, err := viewer.Get()
	if err != nil {
		return err
	}
	return v.serve(w, r)
})

// Handler returns the function as a handler of this viewer.
func (v *Viewer) Handler() http.HandlerFunc { return handler.HTTP("dashboard", limit, v.serve) }

func (v *Viewer) serve(w http.ResponseWriter, r *http.Request) error {
	if err := handler.Method(w, r, http.MethodGet, http.MethodHead); err != nil {
		return err
	}
	render := renderers[r.URL.Path]
	if render == nil || v.public && r.URL.Path == recordPath {
		return faults.New(faults.Missing, "The page is at /, its numbers are at /insights.json.", "there is nothing at this path")
	}
	w.Header().Set("Cache-Control", "no-store") // of an error
	isPage := r.URL.Path == "/"
	if isPage {
		pageHeaders(w.Header(), false)
	}
	a, err := v.answer(r, render)
	switch {
	case err != nil && isPage:
		return refuse(w, r, err)
	case err != nil && v.public:
		return discreet(r.Context(), err)
	case err != nil:
		return err
	}
	if a.form {
		pageHeaders(w.Header(), true)
	}
	a.write(w, r)
	return nil
}

// renderers are the functions that make the answer of each path.
var renderers = map[string]func(request) (*answer, error){"/": renderPage, "/insights.json": renderView, recordPath: renderRecord}

const recordPath = "/record.json"

// answer returns the answer from the cache, or renders it. The key contains everything that it depends on.
func (v *Viewer) answer(r *http.Request, render func(request) (*answer, error)) (*answer, error) {
	request, err := v.read(r.Context(), r.URL.Query())
	if err != nil {
		return nil, err
	}
	h, ingest, imported := request.history, request.status.ingest, request.status.imported
	key := fmt.Sprint(r.URL.Path, " ", request.listener.ID, " ", request.period.Text, " ", h.Generation, h.AsOf.UnixMicro(),
		" ", ingest.LastRunAt.UnixMicro(), " ", imported.Generation, " ", imported.Outcome, " ", imported.UpdatedAt.UnixMicro(), " ", strings.Join(request.problems, "\n"))
	if a := v.answers.get(key); a != nil {
		return a, nil
	}
	a, err := render(request)
	if err == nil {
		v.answers.put(key, a)
	}
	return a, err
}

func renderView(r request) (*answer, error) { return newJSON(viewOf(r)) }

func newJSON(v any) (*answer, error) {
	var body bytes.Buffer
	if err := json.NewEncoder(&body).Encode(v); err != nil {
		return nil, fmt.Errorf("encoding the figures: %w", err)
	}
	return newAnswer("application/json; charset=utf-8", body.Bytes()), nil
}
