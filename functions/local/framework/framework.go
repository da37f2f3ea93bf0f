// Package framework serves every function of the pipeline in one process, through the functions
// framework. On Google Cloud each function is served alone.
package framework

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"time"

	"github.com/GoogleCloudPlatform/functions-framework-go/funcframework"

	"spotify-insights.internal/functions/dashboard"
	_ "spotify-insights.internal/functions/features"
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
	for address := net.JoinHostPort(host, port); ; {
		conn, err := net.DialTimeout("tcp", address, time.Second)
		if err == nil {
			select {
			case err := <-failed: // another process has taken the port meanwhile
				return nil, errors.Join(fmt.Errorf("serving the functions: %w", err), conn.Close())
			default:
				return &url.URL{Scheme: "http", Host: address}, conn.Close()
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
