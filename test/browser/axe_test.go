package browser

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// axe-core finds what hinders people with a disability. It is downloaded once. Its licence is the MPL 2.0.
const (
	axePackage = "axe-core@4.14.1"
	axeFile    = "axe-core-4.14.1.tgz"
	axeSum     = "e6b0ce02b84d892e2e33e403485e7f3d6c29e2be6df65daf44d89ba564139745" // SHA-256
)

// axe finds nothing serious or critical, light and dark.
func TestAccessibility(t *testing.T) {
	t.Parallel()
	script, err := axe()
	if err != nil {
		t.Fatal(err)
	}
	b := openTab(t)
	for _, s := range every() {
		for _, p := range s.firsts() {
			b.prefer("prefers-color-scheme", "light", "prefers-reduced-motion", "reduce") // a colour in transition is neither
			b.open(s, p.path)
			evaluate[bool](b, script+"; true")
			for _, f := range findings(b, `{ resultTypes: ["violations"] }`) {
				t.Errorf("%s%s, light: %s", s.name, p.path, f)
			}
			b.prefer("prefers-color-scheme", "dark", "prefers-reduced-motion", "reduce")
			for _, f := range findings(b, `{ resultTypes: ["violations"], runOnly: ["color-contrast", "link-in-text-block"] }`) { // the others do not depend on it
				t.Errorf("%s%s, dark: %s", s.name, p.path, f)
			}
		}
	}
}

// findings returns what axe finds in the page.
func findings(b *tab, options string) []string {
	b.t.Helper()
	return evaluate[[]string](b, `axe.run(`+options+`).then(({ violations }) => violations
		.filter(({ impact }) => impact === "serious" || impact === "critical")
		.map(({ id, help, nodes }) => id + ", " + help + ": " + nodes.length + " elements, " +
			nodes.slice(0, 3).map((n) => n.target.join(" ") + " " + n.html.slice(0, 120) + " " + (n.any[0]?.message ?? "")).join("\n\t")))`)
}

// The search for findings finds them.
func TestAccessibilityFindings(t *testing.T) {
	t.Parallel()
	script, err := axe()
	if err != nil {
		t.Fatal(err)
	}
	b := openTab(t)
	b.open(&private, "/")
	evaluate[bool](b, `document.querySelector("input[type=search]").removeAttribute("aria-label"), document.querySelector("input[type=search]").removeAttribute("placeholder"), true`)
	evaluate[bool](b, script+"; true")
	if found := findings(b, "{}"); !strings.HasPrefix(strings.Join(found, "\n"), "label,") {
		t.Errorf("of a field without a name: %q", found)
	}
}

// axe returns the script of axe-core, from a folder of the person's cache or from npm.
func axe() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("there is no folder for a cache: %w", err)
	}
	folder := filepath.Join(cache, "spotify-insights")
	file := filepath.Join(folder, axeFile)
	packed, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		packed, err = download(folder, file)
	}
	if err != nil {
		return "", err
	}
	if sum := sha256.Sum256(packed); hex.EncodeToString(sum[:]) != axeSum {
		return "", fmt.Errorf("%s has the sum %x, not %s: delete it", file, sum, axeSum)
	}
	return unpack(packed, "package/axe.min.js")
}

func download(folder, file string) ([]byte, error) {
	npm, err := exec.LookPath("npm")
	if err != nil {
		return nil, fmt.Errorf("%s is needed to test accessibility: install npm (on Debian: apt-get install npm), or put the package at %s: %w", axePackage, file, err)
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, err
	}
	work, err := os.MkdirTemp(folder, "download")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(work)
	pack := exec.Command(npm, "pack", "--silent", axePackage)
	pack.Dir = work
	if text, err := pack.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("downloading %s with npm: %w\n%s", axePackage, err, text)
	}
	if err := os.Rename(filepath.Join(work, axeFile), file); err != nil {
		return nil, err
	}
	return os.ReadFile(file)
}

// unpack returns a file of a package.
func unpack(packed []byte, name string) (string, error) {
	unzipped, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return "", err
	}
	for archive := tar.NewReader(unzipped); ; {
		header, err := archive.Next()
		if err != nil {
			return "", fmt.Errorf("looking for %s in %s: %w", name, axePackage, err)
		}
		if header.Name == name {
			content, err := io.ReadAll(archive)
			return string(content), err
		}
	}
}
