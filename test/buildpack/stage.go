package buildpack

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// buildEnvironment is the build environment of a deployment, and of the build image.
func buildEnvironment(ctx context.Context) (map[string]string, error) {
	root, err := run(ctx, ".", nil, "go", "list", "-m", "-f", "{{.Dir}}")
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(filepath.Join(root, settingsFile))
	if err != nil {
		return nil, err
	}
	env := map[string]string{
		"GOFLAGS":     "-buildvcs=auto", // Go's default; an empty value would let `go env -w` apply
		"GOWORK":      "off",
		"CGO_ENABLED": "1", // the image has a C compiler, so packages that need one are linked in
	}
	if err := json.Unmarshal(text, &env); err != nil {
		return nil, fmt.Errorf("reading %s: %w", settingsFile, err)
	}
	return env, nil
}

// run runs a command in a folder, with env added to this process's environment, and returns its standard output.
func run(ctx context.Context, dir string, env map[string]string, command ...string) (string, error) {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Dir = dir
	cmd.Env = os.Environ()
	for name, value := range env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s: %w\n%s", strings.Join(command, " "), err, stderr.String())
	}
	return strings.TrimSpace(stdout.String()), nil
}

// Stage makes the zips of all functions in dir as deployment does, and returns their paths by the functions' names.
func Stage(ctx context.Context, dir string) (map[string]string, error) {
	if _, err := run(ctx, ".", nil, "go", "run", "spotify-insights.internal/terraform/stage", dir); err != nil {
		return nil, err
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.zip"))
	if err != nil {
		return nil, err
	}
	zips := map[string]string{}
	for _, file := range files {
		zips[strings.TrimSuffix(filepath.Base(file), ".zip")] = file
	}
	return zips, nil
}
