package main

import (
	"cmp"
	"context"
	"log/slog"
	"os"

	"github.com/GoogleCloudPlatform/functions-framework-go/funcframework"

	"spotify-insights.internal/functions/local/machine"
	"spotify-insights.internal/shared/config"
)

// serveFunction serves one function alone, at /, as it is deployed. It uses the cloud that the environment
// names, else that of the server that runs on the same data, else one of its own.
func serveFunction(ctx context.Context, dir, name string) error {
	if os.Getenv(config.StorageEmulator) == "" && os.Getenv("GOOGLE_CLOUD_PROJECT") == "" {
		m, err := machine.StartOrJoin(ctx, dir)
		if err != nil {
			return err
		}
		defer m.Stop()
		if err := credentials().fill(ctx, m); err != nil {
			return err
		}
	}
	os.Setenv("FUNCTION_TARGET", name)
	port := cmp.Or(os.Getenv("PORT"), "8081")
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
