package main

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"

	"github.com/GoogleCloudPlatform/functions-framework-go/funcframework"
	"github.com/GoogleCloudPlatform/functions-framework-go/functions"

	"spotify-insights.internal/functions/local/machine"
	"spotify-insights.internal/functions/local/platform"
	"spotify-insights.internal/shared/emulator"
)

// guarded is the name by which the framework knows the function that is served alone.
const guarded = "guarded"

// serveFunction serves one function alone, at /, with the functions framework, as it is deployed. It uses the cloud that the
// environment names, else that of the server that runs on the same data, else one of its own.
func serveFunction(ctx context.Context, dir, name string) error {
	function, err := platform.Function(name)
	if err != nil {
		return err
	}
	port := cmp.Or(os.Getenv("PORT"), "8081")
	if err := checkPort(port); err != nil {
		return err
	}
	if os.Getenv(emulator.Storage) == "" && os.Getenv("GOOGLE_CLOUD_PROJECT") == "" {
		m, err := machine.StartOrJoin(ctx, dir)
		if err != nil {
			return err
		}
		defer m.Stop()
		if err := credentials().fill(ctx, m); err != nil {
			return err
		}
	}
	functions.HTTP(guarded, guard(function).ServeHTTP)
	os.Setenv("FUNCTION_TARGET", guarded)
	failed := make(chan error, 1)
	go func() { failed <- funcframework.StartHostPort("127.0.0.1", port) }()
	slog.Info("function " + name + " at http://127.0.0.1:" + port + "/")
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
		return nil
	}
}

// guard refuses what a web page makes a browser on this machine send: functions that take events do not look.
func guard(function http.Handler) http.Handler {
	return ownHost(http.NewCrossOriginProtection().Handler(function))
}

// checkPort returns an error where a port cannot be used. The framework takes the port itself, and says later that it cannot.
func checkPort(port string) error {
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", port))
	if err != nil {
		return fmt.Errorf("port %s cannot be used. Choose another one, as in PORT=8082 make function NAME=ingest: %w", port, err)
	}
	return listener.Close()
}
