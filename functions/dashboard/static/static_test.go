package static

import (
	"regexp"
	"strings"
	"testing"
)

// open returns a file by its name.
func open(t *testing.T, name string) File {
	t.Helper()
	address, err := Path(name)
	if err != nil {
		t.Fatal(err)
	}
	f, ok := Open(address)
	if !ok || len(f.Content) == 0 {
		t.Fatalf("%s is not there", address)
	}
	return f
}

// The script is small, and does nothing that the policy of the pages forbids.
func TestScript(t *testing.T) {
	script := string(open(t, "script.js").Content)
	if len(script) > 5<<10 {
		t.Errorf("the script has %d bytes, want at most 5 KB", len(script))
	}
	for _, not := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(", "setAttribute(\"style\"", "fetch("} {
		if strings.Contains(script, not) {
			t.Errorf("the script contains %s", not)
		}
	}
}

// The style sheet begins with the order of its layers, and its fonts are files of this package.
func TestStyle(t *testing.T) {
	style := string(open(t, "style.css").Content)
	layers := regexp.MustCompile(`@layer ([a-z]+) \{`).FindAllStringSubmatch(style, -1)
	first, _, _ := strings.Cut(style, ";")
	if !strings.HasPrefix(first, "@layer tokens,") {
		t.Errorf("the style sheet begins with %.99s", style)
	}
	for _, layer := range layers {
		if !strings.Contains(first+",", " "+layer[1]+",") {
			t.Errorf("the layer %s has no place in the order %s", layer[1], first)
		}
	}
	addresses := regexp.MustCompile(`url\("([^"]*)"\)`).FindAllStringSubmatch(style, -1)
	for _, address := range addresses {
		if _, ok := Open(address[1]); !ok {
			t.Errorf("the style sheet loads %s, which is not there", address[1])
		}
	}
	if len(layers) < 5 || len(addresses) != 2 {
		t.Errorf("there are %d layers and %d fonts", len(layers), len(addresses))
	}
	if strings.Count(style, "{") != strings.Count(style, "}") {
		t.Error("a brace is missing")
	}
}

func TestUnknownFile(t *testing.T) {
	if address, err := Path("../static.go"); err == nil {
		t.Errorf("the address of a file that does not exist is %s", address)
	}
	if _, ok := Open("/static/style.css"); ok {
		t.Error("a file without a hash is there")
	}
}
