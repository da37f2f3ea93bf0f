// Package framework serves every function of the pipeline in one process, through the functions
// framework. On Google Cloud each function is served alone.
package framework

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/GoogleCloudPlatform/functions-framework-go/funcframework"

	"spotify-insights.internal/functions/dashboard"
	_ "spotify-insights.internal/functions/features"
	_ "spotify-insights.internal/functions/importer"
	_ "spotify-insights.internal/functions/ingest"
	_ "spotify-insights.internal/functions/load"
	_ "spotify-insights.internal/functions/reconcile"
	_ "spotify-insights.internal/functions/topten"
)

// Serve serves every function at its name, and the page at /, on a free loopback port. It can be
// called once in a process: the framework cannot be stopped.
func Serve(ctx context.Context) (*url.URL, error) {
	// The page has a second path, which the framework does not take from the function's name.
	if err := funcframework.RegisterHTTPFunctionContext(ctx, "/", dashboard.Serve); err != nil {
		return nil, err
	}
	ready := "/" + rand.Text()
	err := funcframework.RegisterHTTPFunctionContext(ctx, ready, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	if err != nil {
		return nil, err
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	host, port, err := net.SplitHostPort(free.Addr().String())
	if err := errors.Join(err, free.Close()); err != nil {
		return nil, err
	}
	os.Unsetenv("FUNCTION_TARGET") // which would make the framework serve one function alone
	failed := make(chan error, 1)
	go func() { failed <- funcframework.StartHostPort(host, port) }()
	client := http.Client{Timeout: time.Second}
	functions := &url.URL{Scheme: "http", Host: net.JoinHostPort(host, port)}
	for {
		// A process that has taken the port meanwhile does not know the path.
		resp, err := client.Get(functions.JoinPath(ready).String())
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusNoContent {
				return functions, nil
			}
		}
		select {
		case err := <-failed:
			return nil, fmt.Errorf("serving the functions: %w", err)
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(time.Millisecond): // the framework does not report when it listens
		}
	}
}
