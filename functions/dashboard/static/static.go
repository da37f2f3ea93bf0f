// Package static has the files that the pages load: the style sheet, the script, the font and the icon. The address of a
// file contains a hash of its content, so that a browser may keep it.
package static

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"path"
	"strings"
)

//go:embed style/*.css script.js icon.svg font/*.woff2
var files embed.FS

// Prefix begins the addresses of all files.
const Prefix = "/static/"

// File is a file.
type File struct {
	Content []byte
	Type    string // media type
}

var (
	byPath = map[string]File{}
	paths  = map[string]string{} // by name
)

func init() {
	for _, name := range []string{"script.js", "icon.svg", "font/figtree-latin.woff2", "font/figtree-latin-ext.woff2"} {
		add(path.Base(name), read(name))
	}
	var style strings.Builder
	style.Write(read("style/tokens.css")) // first, because it declares the order of the layers
	parts, err := files.ReadDir("style")
	if err != nil {
		panic(err)
	}
	for _, part := range parts {
		if part.Name() != "tokens.css" {
			style.Write(read("style/" + part.Name()))
		}
	}
	text := style.String()
	for name, address := range paths {
		text = strings.ReplaceAll(text, `url("`+name+`")`, `url("`+address+`")`)
	}
	add("style.css", []byte(text))
}

func read(name string) []byte {
	content, err := files.ReadFile(name)
	if err != nil {
		panic(err)
	}
	return content
}

func add(name string, content []byte) {
	sum := sha256.Sum256(content)
	ending := path.Ext(name)
	address := fmt.Sprintf("%s%s.%s%s", Prefix, strings.TrimSuffix(name, ending), base64.RawURLEncoding.EncodeToString(sum[:6]), ending)
	paths[name] = address
	byPath[address] = File{content, map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml", ".woff2": "font/woff2"}[ending]}
}

// Path returns the address of a file. The error names a file that does not exist.
func Path(name string) (string, error) {
	if address, ok := paths[name]; ok {
		return address, nil
	}
	return "", fmt.Errorf("there is no static file %s", name)
}

// Open returns the file at an address.
func Open(address string) (File, bool) {
	f, ok := byPath[address]
	return f, ok
}
