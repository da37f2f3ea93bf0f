package buildpack

import (
	"debug/buildinfo"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
)

// versions are the versions of the modules that the tests use.
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

// modules are the modules in a program.
func modules(t *testing.T, binary string) []*debug.Module {
	t.Helper()
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		t.Fatal(err)
	}
	if len(info.Deps) == 0 {
		t.Fatalf("%s has no list of modules", binary)
	}
	return info.Deps
}

// strangeModules lists the modules in a program that belong to the embedded cloud or have another version than the
// tested one.
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

// strangePackages lists the packages in a main package of the module in dir that must not be there: other functions and
// packages for tests. It also reports a missing function.
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
