package buildpack

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"spotify-insights.internal/shared/events"
)

// Trigger asks the function once, as what wakes it on Google Cloud does: Cloud Scheduler with a POST,
// Eventarc with a CloudEvent, a reader with a GET. It is about a listener, or about an object of the
// lake where objects wake the function. It returns the answer's body; the error is that of [Process.Ask].
func (p *Process) Trigger(ctx context.Context, listener, object string) ([]byte, error) {
	switch p.Function {
	case "dashboard":
		return p.Ask(ctx, http.MethodGet, "/?listener="+listener, nil, nil)
	case "ingest":
		return p.Ask(ctx, http.MethodPost, "/?listener="+listener, nil, nil)
	case "reconcile", "features":
		return p.Ask(ctx, http.MethodPost, "/", nil, nil)
	case "load":
		lake := os.Getenv("LAKE_BUCKET")
		return p.event(ctx, events.ObjectFinalized, map[string]string{"bucket": lake, "name": object, "generation": "1"})
	case "topten":
		return p.event(ctx, events.MessagePublished, map[string]any{"message": map[string][]byte{"data": []byte("loaded")}})
	}
	return nil, fmt.Errorf("what wakes the function %s is not known here: add it to test/buildpack/trigger.go", p.Function)
}

// event posts a CloudEvent in binary mode, as Eventarc does.
func (p *Process) event(ctx context.Context, eventType string, data any) ([]byte, error) {
	return p.Ask(ctx, http.MethodPost, "/", data, map[string]string{
		"Ce-Specversion": "1.0", "Ce-Id": "1", "Ce-Source": "//test", "Ce-Type": eventType,
		"Ce-Time": time.Now().UTC().Format(time.RFC3339Nano), "Content-Type": "application/json",
	})
}

// Ask sends a request, with data as JSON unless it is nil, and returns the answer's body. An answer
// that tells of no success is an error, which holds what the process has written so far.
func (p *Process) Ask(ctx context.Context, method, path string, data any, header map[string]string) ([]byte, error) {
	var body string
	if data != nil {
		text, err := json.Marshal(data)
		if err != nil {
			return nil, err
		}
		body = string(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, p.URL+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	for name, value := range header {
		req.Header.Set(name, value)
	}
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
		return nil, fmt.Errorf("asking %s: %s %s: %w\n%s", p.Function, method, path, err, p.output)
	}
	return answer, nil
}
