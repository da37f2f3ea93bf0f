// Command tables writes the tables of variables and outputs into a Markdown file, between the markers of terraform-docs.
// It reads what terraform-config-inspect prints. With -check it writes nothing, and fails if the tables are stale:
//
//	go run github.com/hashicorp/terraform-config-inspect --json terraform | go run ./terraform/tables [-check] FILE
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
)

func main() {
	check := flag.Bool("check", false, "write nothing, and fail if the tables are stale")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: terraform-config-inspect --json FOLDER | tables [-check] FILE")
		os.Exit(2)
	}
	if err := run(os.Stdin, flag.Arg(0), *check); err != nil {
		fmt.Fprintln(os.Stderr, "tables:", err)
		os.Exit(1)
	}
}

func run(in io.Reader, file string, check bool) error {
	var m module
	if err := json.NewDecoder(in).Decode(&m); err != nil {
		return fmt.Errorf("reading the configuration: %w", err)
	}
	for _, d := range m.Diagnostics {
		if d.Severity == "error" {
			return fmt.Errorf("reading the configuration: %s: %s", d.Summary, d.Detail)
		}
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	written, err := inject(text, m.tables())
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	if bytes.Equal(written, text) {
		return nil
	}
	if check {
		return fmt.Errorf("the tables of variables and outputs in %s are stale. This writes them: make docs", file)
	}
	return os.WriteFile(file, written, 0o644)
}

// module is the part of terraform-config-inspect's answer that the tables show.
type module struct {
	Variables map[string]variable `json:"variables"`
	Outputs   map[string]output   `json:"outputs"`

	Diagnostics []struct {
		Severity string `json:"severity"`
		Summary  string `json:"summary"`
		Detail   string `json:"detail"`
	} `json:"diagnostics"`
}

type variable struct {
	Type        string          `json:"type"`
	Description string          `json:"description"`
	Default     json.RawMessage `json:"default"` // null without one
	Required    bool            `json:"required"`
}

type output struct {
	Description string `json:"description"`
}

func (m module) tables() string {
	var b strings.Builder
	b.WriteString("| setting | default | meaning | type |\n|---|---|---|---|\n")
	for _, name := range slices.Sorted(maps.Keys(m.Variables)) {
		v := m.Variables[name]
		fmt.Fprintf(&b, "| `%s` | %s | %s | `%s` |\n", name, v.fallback(), cell(v.Description), cell(inline(v.Type)))
	}
	b.WriteString("\n| output | meaning |\n|---|---|\n")
	for _, name := range slices.Sorted(maps.Keys(m.Outputs)) {
		fmt.Fprintf(&b, "| `%s` | %s |\n", name, cell(m.Outputs[name].Description))
	}
	return b.String()
}

func (v variable) fallback() string {
	switch {
	case v.Required:
		return "required"
	case len(v.Default) == 0 || string(v.Default) == "null":
		return "none"
	}
	return "`" + cell(string(v.Default)) + "`"
}

// cell is text for a table's cell, which is one line and ends at a vertical bar.
func cell(text string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(text), " "), "|", `\|`)
}

var comment = regexp.MustCompile(`(?m)\s*(#|//).*$`)

// inline is a type in one line: its attributes are separated by commas instead of lines.
func inline(kind string) string {
	var b strings.Builder
	for line := range strings.Lines(comment.ReplaceAllString(kind, "")) {
		line = strings.TrimSpace(line)
		before := b.String()
		if before != "" && !strings.HasSuffix(before, "{") && !strings.HasPrefix(line, "}") {
			b.WriteString(",")
		}
		b.WriteString(" " + line)
	}
	return b.String()
}

// The markers of terraform-docs, so that it can replace this command.
const begin, end = "<!-- BEGIN_TF_DOCS -->\n", "<!-- END_TF_DOCS -->"

func inject(text []byte, tables string) ([]byte, error) {
	head, rest, begins := bytes.Cut(text, []byte(begin))
	_, tail, ends := bytes.Cut(rest, []byte(end))
	if !begins || !ends {
		return nil, errors.New("the lines " + begin + end + " have to be where the tables go")
	}
	return slices.Concat(head, []byte(begin+tables+end), tail), nil
}
