package buildpack

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"

	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/bucket"
)

// Trigger sends the function one request, as Google Cloud does: Cloud Scheduler a POST, Eventarc a CloudEvent, a reader a
// GET. It is about a listener, or for load and importer about an object of their bucket. It returns the answer's body; the
// error is that of [Process.Ask].
func (p *Process) Trigger(ctx context.Context, listener, object string) ([]byte, error) {
	switch p.Function {
	case "dashboard":
		return p.Ask(ctx, http.MethodGet, "/?listener="+listener)
	case "ingest":
		return p.Ask(ctx, http.MethodPost, "/?listener="+listener)
	case "reconcile", "features":
		return p.Ask(ctx, http.MethodPost, "/")
	case "load":
		return p.send(ctx, machinetest.Finalized(os.Getenv("LAKE_BUCKET"), object, time.Now()))
	case "importer":
		uploads, err := bucket.Open(ctx, os.Getenv("UPLOADS_BUCKET"))
		if err != nil {
			return nil, err
		}
		upload, err := uploads.Attrs(ctx, object)
		if err != nil {
			return nil, err
		}
		return p.send(ctx, machinetest.FinalizedGeneration(uploads.Name, object, upload.Generation, time.Now()))
	case "topten":
		return p.send(ctx, machinetest.Message(time.Now()))
	}
	return nil, fmt.Errorf("no trigger of the function %s: add it to test/buildpack/trigger.go", p.Function)
}

// send posts a CloudEvent in binary mode, as Eventarc does.
func (p *Process) send(ctx context.Context, e event.Event) ([]byte, error) {
	req, err := cehttp.NewHTTPRequestFromEvent(ctx, p.URL, e)
	if err != nil {
		return nil, err
	}
	return p.do(req)
}

// Ask sends a request without a body, and returns the answer's body. An answer without success is an error, with the
// output of the process so far.
func (p *Process) Ask(ctx context.Context, method, path string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, p.URL+path, nil)
	if err != nil {
		return nil, err
	}
	return p.do(req)
}

func (p *Process) do(req *http.Request) ([]byte, error) {
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("asking %s: %w\n%s", p.Function, err, p.output)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode/100 != 2 {
		err = fmt.Errorf("%s: %s", resp.Status, answer)
	}
	if err != nil {
		return nil, fmt.Errorf("asking %s: %s %s: %w\n%s", p.Function, req.Method, req.URL, err, p.output)
	}
	return answer, nil
}
