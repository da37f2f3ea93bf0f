// Package platform does on one machine what Cloud Run functions, Eventarc and Cloud Scheduler do: it calls the functions
// of the pipeline. It calls them in this process, so no port leads to them.
package platform

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/cloudevents/sdk-go/v2/event"

	"spotify-insights.internal/functions/dashboard"
	"spotify-insights.internal/functions/features"
	"spotify-insights.internal/functions/importer"
	"spotify-insights.internal/functions/ingest"
	"spotify-insights.internal/functions/load"
	"spotify-insights.internal/functions/local/embedded"
	"spotify-insights.internal/functions/local/embedded/eventbridge"
	"spotify-insights.internal/functions/local/machine"
	"spotify-insights.internal/functions/reconcile"
	"spotify-insights.internal/functions/topten"
	"spotify-insights.internal/shared/faults"
)

// requested are the functions that are called by requests.
var requested = map[string]http.HandlerFunc{
	"dashboard": dashboard.Serve,
	"features":  features.Serve,
	"ingest":    ingest.Serve,
	"reconcile": reconcile.Serve,
}

// triggered are the functions that are called by events.
var triggered = map[string]func(context.Context, event.Event) error{
	"importer": importer.Receive,
	"load":     load.Receive,
	"topten":   topten.Receive,
}

// Scheduled are the paths of the functions that Cloud Scheduler calls.
var Scheduled = []string{"/features", "/ingest", "/reconcile"}

// Handler serves the scheduled functions at their paths, and the dashboard at every other path.
func Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", requested["dashboard"])
	for _, path := range Scheduled {
		mux.Handle(path, requested[path[1:]])
	}
	return mux
}

// Call calls a scheduled function as Cloud Scheduler does. The function logs its result.
func Call(ctx context.Context, name string, query url.Values) (err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "/"+name+"?"+query.Encode(), nil)
	if err != nil {
		return err
	}
	a := &status{header: http.Header{}, code: http.StatusOK}
	defer func() {
		if p := recover(); p != nil { // a mistake in one function does not end the server, which has all of them
			err = fmt.Errorf("%s has panicked: %v", name, p)
			slog.ErrorContext(ctx, err.Error(), "stack", string(debug.Stack()))
		}
	}()
	requested[name](a, req)
	if a.code != http.StatusOK {
		return fmt.Errorf("%s answered %d %s", name, a.code, http.StatusText(a.code))
	}
	return nil
}

// status is an answer of which only the HTTP status is kept.
type status struct {
	header http.Header
	code   int
}

func (s *status) Header() http.Header         { return s.header }
func (s *status) Write(p []byte) (int, error) { return len(p), nil }
func (s *status) WriteHeader(code int)        { s.code = code }

// Deliver starts to deliver the events of a machine's cloud to the functions. ctx only lends its values.
func Deliver(ctx context.Context, m *machine.Machine) *eventbridge.Bridge {
	return eventbridge.Start(ctx, eventbridge.Options{Project: embedded.Project, PubSub: m.Cloud.PubSub, Storage: m.Cloud.Storage, Routes: Routes(m.Config.Topic)})
}

// Routes are the triggers of the functions, as terraform/functions.tf has them.
func Routes(topic string) []eventbridge.Route {
	routes := []eventbridge.Route{
		{Name: "importer", Bucket: embedded.UploadsBucket, Existing: true},
		{Name: "load", Bucket: embedded.LakeBucket},
		{Name: "topten", Topic: topic},
	}
	for i := range routes {
		routes[i].Receive = triggered[routes[i].Name]
	}
	return routes
}

// Function is one function as a handler: an event function takes CloudEvents in the form in which Eventarc sends them.
func Function(name string) (http.Handler, error) {
	if serve, ok := requested[name]; ok {
		return serve, nil
	}
	receive, ok := triggered[name]
	if !ok {
		return nil, faults.New(faults.Missing, "Choose one of dashboard, features, importer, ingest, load, reconcile and topten.", "there is no function %s", faults.Quote(name))
	}
	protocol, err := cloudevents.NewHTTP()
	if err != nil {
		return nil, err
	}
	return cloudevents.NewHTTPReceiveHandler(context.Background(), protocol, receive)
}
