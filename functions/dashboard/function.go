// Package dashboard is the function that shows a listener's figures as pages. Each page is also an answer in JSON, and its
// tables in CSV. It reads the insights bucket and nothing else.
package dashboard

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/GoogleCloudPlatform/functions-framework-go/functions"

	"spotify-insights.internal/functions/dashboard/pages"
	"spotify-insights.internal/functions/dashboard/picture"
	"spotify-insights.internal/functions/dashboard/static"
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

// Serve answers GET with a page, its numbers as JSON, or one of its tables as CSV.
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
	if f, ok := static.Open(r.URL.Path); ok {
		writeStatic(w, r, f)
		return nil
	}
	w.Header().Set("Cache-Control", "no-store") // of an error and a download
	if ok, err := v.download(w, r); ok {
		return err
	}
	route, path, id, format := pages.Find(r.URL.Path)
	html := format == "html"
	a, err := v.answer(r, route, path, id, format)
	var moved *pages.Redirect
	switch {
	case errors.As(err, &moved):
		code := http.StatusMovedPermanently
		if moved.Temporary {
			code = http.StatusSeeOther
		}
		http.Redirect(w, r, moved.In(format), code)
		return nil
	case err != nil && html:
		return v.refuse(w, r, err)
	case err != nil && v.site.Public:
		return discreet(r.Context(), err)
	case err != nil:
		return err
	}
	pageHeaders(w.Header())
	if format == "svg" {
		w.Header().Set("Content-Security-Policy", picture.Policy)
	}
	a.write(w, r)
	return nil
}

// answer returns the answer from the cache, or makes it. The key contains everything that it depends on.
func (v *Viewer) answer(r *http.Request, route *pages.Route, path, id, format string) (*answer, error) {
	if route == nil || route.Private && v.site.Public {
		return nil, faults.New(faults.Missing, "The overview is at /, its numbers are at /insights.json.", "there is nothing at this path")
	}
	request, err := v.read(r, path, id, format)
	if err != nil {
		return nil, err
	}
	h, ingest, imported := request.History, request.Ingest, request.Imported
	day := request.Now.In(h.Zone).Format(time.DateOnly) // pages count days from now
	key := fmt.Sprint(r.URL.Path, "?", request.Query.Encode(), " ", request.Listener.ID, " ", request.Period.Text, " ", day, " ", h.Generation, h.AsOf.UnixMicro(),
		" ", ingest.LastRunAt.UnixMicro(), " ", imported.Generation, " ", imported.Outcome, " ", imported.UpdatedAt.UnixMicro(), " ", request.Active,
		" ", strings.Join(request.Problems, "\n"))
	if a := v.answers.get(key); a != nil {
		return a, nil
	}
	// Many may ask for a page after a new snapshot. One of them makes it.
	made, err, _ := v.making.Do(key, func() (any, error) {
		a, err := render(route, request, format)
		if err == nil {
			v.answers.put(key, a)
		}
		return a, err
	})
	if err != nil {
		return nil, err
	}
	return made.(*answer), nil
}

// render makes an answer.
func render(route *pages.Route, r pages.Request, format string) (*answer, error) {
	page, err := route.Make(r)
	if err != nil {
		return nil, err
	}
	switch body := []byte(nil); format {
	case "html":
		body, err = page.HTML(r)
		return newAnswer("text/html; charset=utf-8", body, err)
	case "json":
		body, err = page.JSON()
		return newAnswer("application/json; charset=utf-8", body, err)
	case "csv":
		body, err = page.CSV(r.Query.Get("table"))
		return newAnswer("text/csv; charset=utf-8", body, err)
	default:
		if page.Picture == nil {
			return nil, faults.New(faults.Missing, "The page has no picture.", "there is nothing at this path")
		}
		body, err = page.Picture(format)
		return newAnswer(pictureTypes[format], body, err)
	}
}

var pictureTypes = map[string]string{"svg": "image/svg+xml", "png": "image/png"}
