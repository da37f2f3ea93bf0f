package buildpack

import (
	"debug/buildinfo"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// versions are those of the modules that everything in this repository is tested with.
func versions(t *testing.T) map[string]string {
	t.Helper()
	list, err := run(t.Context(), ".", nil, "go", "list", "-m", "-f", "{{.Path}} {{.Version}}", "all")
	if err != nil {
		t.Fatal(err)
	}
	versions := map[string]string{}
	for line := range strings.Lines(list) {
		module, version, _ := strings.Cut(strings.TrimSpace(line), " ")
		versions[module] = version
	}
	return versions
}

// modules are those that a program is linked of.
func modules(t *testing.T, binary string) []*debug.Module {
	t.Helper()
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		t.Fatal(err)
	}
	if len(info.Deps) == 0 {
		t.Fatalf("%s does not say what it is made of", binary)
	}
	return info.Deps
}

// strangeModules tells of the modules in a program that are the embedded cloud's, or are of another
// version than was tested.
func strangeModules(linked []*debug.Module, tested map[string]string) (strange []string) {
	for _, module := range linked {
		if strings.Contains(module.Path, "duckdb") {
			strange = append(strange, "linked in is "+module.Path)
		}
		if module.Version != tested[module.Path] {
			strange = append(strange, fmt.Sprintf("%s is linked in as %s and tested as %q", module.Path, module.Version, tested[module.Path]))
		}
	}
	return strange
}

// strangePackages tells of what a main package of the module in dir is made of and should not be:
// packages for tests or for one's own machine, other functions, and anything but the one function.
func strangePackages(t *testing.T, dir, main, function string) (strange []string) {
	t.Helper()
	env, err := buildEnvironment(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	module, err := run(t.Context(), dir, env, "go", "list", "-m")
	if err != nil {
		t.Fatal(err)
	}
	list, err := run(t.Context(), dir, env, "go", "list", "-deps", main)
	if err != nil {
		t.Fatal(err)
	}
	packages := strings.Split(list, "\n")
	own := module + "/functions/" + function
	for _, pkg := range packages {
		other := strings.HasPrefix(pkg, module+"/functions/") && pkg != own && !strings.HasPrefix(pkg, own+"/")
		forTests := pkg == "testing" || strings.HasSuffix(pkg, "/pstest") || strings.HasPrefix(pkg, module+"/") && strings.HasSuffix(pkg, "test") || strings.HasPrefix(pkg, module+"/test/")
		if other || forTests {
			strange = append(strange, "linked in is "+pkg)
		}
	}
	if !slices.Contains(packages, own) {
		strange = append(strange, "not linked in is "+own)
	}
	return strange
}

// The command for one's own machine has all in it that a deployed function must not have.
func TestStrangeContents(t *testing.T) {
	linked := []*debug.Module{
		{Path: "github.com/duckdb/duckdb-go/v2", Version: "v2.1.0"},
		{Path: "google.golang.org/grpc", Version: "v1.2.0"}, {Path: "google.golang.org/api", Version: "v0.3.0"},
	}
	tested := map[string]string{linked[0].Path: "v2.1.0", linked[1].Path: "v1.1.0", linked[2].Path: "v0.3.0"}
	want := []string{
		"linked in is github.com/duckdb/duckdb-go/v2",
		`google.golang.org/grpc is linked in as v1.2.0 and tested as "v1.1.0"`,
	}
	if diff := cmp.Diff(want, strangeModules(linked, tested)); diff != "" {
		t.Errorf("modules (-want +got):\n%s", diff)
	}
	packages := strangePackages(t, "../..", "./functions/local", "none")
	for _, want := range []string{"local/embedded", "local/embedded/bigqueryserver", "topten"} {
		if want = "linked in is spotify-insights.internal/functions/" + want; !slices.Contains(packages, want) {
			t.Errorf("not told: %s; told: %q", want, packages)
		}
	}
	if want := "not linked in is spotify-insights.internal/functions/none"; !slices.Contains(packages, want) {
		t.Errorf("not told: %s; told: %q", want, packages)
	}
}
