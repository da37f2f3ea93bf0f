package main

import (
	"context"
	"errors"
	"log/slog"
	"os"

	"github.com/GoogleCloudPlatform/functions-framework-go/funcframework"

	"spotify-insights.internal/functions/local/machine"
	"spotify-insights.internal/shared/config"
)

// serveOne serves one function alone, at /, as it is deployed. It works on the cloud of the server
// that runs on the same data, or on one of its own. Where the environment names a cloud already, it
// works on that.
func serveOne(ctx context.Context, dir, name string) error {
	if os.Getenv(config.StorageEmulator) == "" && os.Getenv("GOOGLE_CLOUD_PROJECT") == "" {
		m, err := machine.Start(ctx, dir)
		switch {
		case errors.Is(err, machine.ErrHeld):
			if err := machine.Join(dir); err != nil {
				return err
			}
		case err != nil:
			return err
		default:
			defer m.Stop()
			if err := credentials().fill(ctx, m); err != nil {
				return err
			}
		}
	}
	os.Setenv("FUNCTION_TARGET", name)
	port := or(os.Getenv("PORT"), "8081")
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
