// Package buildpack builds an uploaded zip with the steps of Google's Go buildpack, and runs the program as Cloud Run does,
// to test and measure functions before they are deployed.
// The steps are those of google.go.functions-framework and google.go.build
// (github.com/GoogleCloudPlatform/buildpacks, cmd/go/functions_framework and cmd/go/build, 2026-08).
package buildpack

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const (
	sourceFolder = "serverless_function_source_code"
	mainFolder   = "functions.local/app"

	// settingsFile contains the build environment variables of every function, for Terraform and for [Build].
	// GOOGLE_GOLDFLAGS and GOOGLE_GOGCFLAGS are the buildpack's; those that begin with GO reach the go command
	// (https://cloud.google.com/docs/buildpacks/go). They leave out the symbol tables, which panics do not need, and the
	// gRPC API of Cloud Storage's client, which is not used: together more than half of a program.
	settingsFile = "terraform/stage/build.json"

	// registry is the package that the root package has to import, or the buildpack writes another main package.
	registry = "github.com/GoogleCloudPlatform/functions-framework-go/functions"
)

// mainTemplate is the main package for a package that registers its functions itself.
const mainTemplate = `package main

import (
	"log"
	"net/http"
	"os"

	"github.com/GoogleCloudPlatform/functions-framework-go/funcframework"

	_ %q
)

func main() {
	for _, path := range []string{"/robots.txt", "/favicon.ico"} {
		http.HandleFunc(path, http.NotFound)
	}
	port, set := os.LookupEnv("PORT")
	if !set || port == "" {
		port = "8080"
	}
	if err := funcframework.Start(port); err != nil {
		log.Fatalln("starting:", err)
	}
}
`

// Build builds an uploaded zip in a workspace, a folder whose previous build it removes, and writes the program to the
// file binary. It has to be called in the module. It uses this machine's module proxy and caches, but neither its flags
// nor its go.work. Builds in one workspace share compiled packages.
func Build(ctx context.Context, archive, workspace, binary string) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("building %s: %w", archive, err)
		}
	}()
	env, err := buildEnvironment(ctx)
	if err != nil {
		return err
	}
	source := filepath.Join(workspace, sourceFolder)
	if err := os.RemoveAll(source); err != nil {
		return err
	}
	if err := unzip(archive, source); err != nil {
		return err
	}
	imports, err := run(ctx, source, env, "go", "list", "-f", `{{join .Imports "\n"}}`, ".") // fails where there are two packages
	if err != nil {
		return err
	}
	if !slices.Contains(strings.Split(imports, "\n"), registry) {
		return errors.New("the package at the root does not import " + registry + ": the buildpack would write another main package")
	}
	module, err := run(ctx, source, env, "go", "list", "-m")
	if err != nil {
		return err
	}
	if first, _, _ := strings.Cut(module, "/"); !strings.Contains(first, ".") {
		return fmt.Errorf("the first element of the module path %s has no dot", module)
	}
	// The main package belongs to the function's own module, whose go.mod decides every version.
	mainDir := filepath.Join(source, filepath.FromSlash(mainFolder))
	if err := os.MkdirAll(mainDir, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(mainDir, "main.go"), fmt.Appendf(nil, mainTemplate, module), 0o644); err != nil {
		return err
	}
	if _, err := run(ctx, source, env, "go", "mod", "tidy"); err != nil {
		return err
	}
	command := []string{"go", "build"}
	if flags := env["GOOGLE_GOGCFLAGS"]; flags != "" {
		command = append(command, "-gcflags", flags)
	}
	if flags := env["GOOGLE_GOLDFLAGS"]; flags != "" {
		command = append(command, "-ldflags", flags)
	}
	_, err = run(ctx, source, env, append(command, "-o", binary, mainDir)...)
	return err
}

// unzip extracts an archive to the new folder dir.
func unzip(archive, dir string) error {
	r, err := zip.OpenReader(archive)
	if err != nil {
		return err
	}
	defer r.Close()
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	return os.CopyFS(dir, r)
}
