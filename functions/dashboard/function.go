// Package dashboard is the function that shows a listener's figures: a page, and the numbers behind
// it as JSON. It reads the insights bucket and nothing else.
package dashboard

import (
	"context"
	"net/http"
	"time"

	"github.com/GoogleCloudPlatform/functions-framework-go/functions"

	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/handler"
	"spotify-insights.internal/shared/objects"
	"spotify-insights.internal/shared/settings"
)

// limit is how long an answer may take.
const limit = 20 * time.Second

func init() {
	functions.HTTP("dashboard", Serve)
}

var viewer = handler.NewOnce(func() (*Viewer, error) {
	s, err := settings.Read(settings.InsightsBucket)
	if err != nil {
		return nil, err
	}
	documents, err := objects.Open(context.Background(), s.InsightsBucket)
	if err != nil {
		return nil, err
	}
	return New(s, documents, time.Now), nil
})

// Serve answers GET / with the page and GET /insights.json with the numbers.
var Serve = handler.HTTP("dashboard", limit, func(w http.ResponseWriter, r *http.Request) error {
	v, err := viewer.Get()
	if err != nil {
		return err
	}
	return v.serve(w, r)
})

func (v *Viewer) serve(w http.ResponseWriter, r *http.Request) error {
	if err := handler.Method(r, http.MethodGet, http.MethodHead); err != nil {
		return err
	}
	if r.URL.Path != "/" && r.URL.Path != "/insights.json" {
		return faults.New(faults.Missing, "The page is at /, its numbers are at /insights.json.", "there is nothing at this path")
	}
	w.Header().Set("Cache-Control", "no-store")
	if r.URL.Path == "/" {
		return v.page(w, r)
	}
	view, err := v.View(r.Context(), r.URL.Query())
	if err != nil && v.Public {
		return discreet(r.Context(), err)
	}
	if err != nil {
		return err
	}
	handler.JSON(w, http.StatusOK, view)
	return nil
}
