// Package buildpack makes of an uploaded zip what Google's Go buildpack makes of it, step for step,
// and runs it as Cloud Run does: what is deployed can so be tested, and measured, before it is.
// The steps are those of google.go.functions-framework and google.go.build
// (github.com/GoogleCloudPlatform/buildpacks, cmd/go/functions_framework and cmd/go/build, 2026-08).
package buildpack

import (
	"archive/zip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

const (
	sourceFolder = "serverless_function_source_code"
	mainFolder   = "functions.local/app"

	// settingsFile holds the build environment variables of every function, for Terraform and for [Build].
	// GOOGLE_GOLDFLAGS and GOOGLE_GOGCFLAGS are the buildpack's; what begins with GO reaches the go
	// command (https://cloud.google.com/docs/buildpacks/go). Left out of the programs are their symbol
	// tables, which panics do without, and what Cloud Storage's client brings along for its gRPC API,
	// which is not used: together more than half of their size.
	settingsFile = "terraform/stage/build.json"

	// registry is what the root package has to import for its functions to count as registered.
	registry = "github.com/GoogleCloudPlatform/functions-framework-go/functions"
)

// mainTemplate is the program around a package that registers its functions itself.
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

// Build builds an uploaded zip in a workspace, a folder whose former build it removes, and writes the
// program to the file binary. It has to be called in the module. Modules come through this machine's
// proxy and cache, but neither its flags nor its workspace of modules count. Builds in one workspace,
// one after another as in Google's own, compile what they share once.
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
	imports, err := rootPackage(source)
	if err != nil {
		return err
	}
	if !imports[registry] {
		return errors.New("the package at the root does not import " + registry +
			": the buildpack would take it for one that registers nothing and write another main")
	}
	module, err := run(ctx, source, env, "go", "list", "-m")
	if err != nil {
		return err
	}
	if first, _, _ := strings.Cut(module, "/"); !strings.Contains(first, ".") {
		return fmt.Errorf("the first element of the module path %s has no dot", module)
	}
	// The main package is one of the function's own module: its go.mod settles every version.
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

// buildEnvironment is what deployment tells the buildpack, and the rest as it is in the build image.
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
		"GOFLAGS":     "-buildvcs=auto", // Go's default: with none at all, what `go env -w` has set would count
		"GOWORK":      "off",
		"CGO_ENABLED": "1", // the image has a C compiler, so that packages that need one are linked in
	}
	if err := json.Unmarshal(text, &env); err != nil {
		return nil, fmt.Errorf("reading %s: %w", settingsFile, err)
	}
	return env, nil
}

// unzip makes the folder dir of an archive.
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

// rootPackage returns what the one package in a folder imports. Every .go file counts, whatever its
// name and its build constraints.
func rootPackage(dir string) (imports map[string]bool, err error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	name := ""
	imports = map[string]bool{}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return nil, fmt.Errorf("error extracting package name: %w", err)
		}
		if name != "" && name != parsed.Name.Name {
			return nil, fmt.Errorf("error extracting package name: multiple packages in user code directory: %s != %s", name, parsed.Name.Name)
		}
		name = parsed.Name.Name
		for _, spec := range parsed.Imports {
			path, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return nil, fmt.Errorf("error extracting package name: %s imports %s: %w", file, spec.Path.Value, err)
			}
			imports[path] = true
		}
	}
	if name == "" {
		return nil, errors.New("error extracting package name: unable to find Go package")
	}
	return imports, nil
}

// run runs a command in a folder, with env added to this process's environment, and returns what it
// wrote to its standard output.
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

// Stage makes the zips of all functions in dir, with the program that deployment runs, and returns
// their paths by the functions' names.
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
