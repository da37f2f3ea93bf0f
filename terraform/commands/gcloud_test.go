package commands

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// gcloud has the commands of gcloud that are used or named here, one a line, with their own flags. Its first line is the
// version of the Google Cloud SDK that they were compared with.
//
//go:embed testdata/gcloud.txt
var gcloud string

// known are the commands of gcloud.txt, with their flags.
func known() map[string][]string {
	commands := map[string][]string{}
	for line := range strings.Lines(gcloud) {
		words := strings.Fields(line)
		if words[0] == "#" {
			continue
		}
		flags := len(words)
		for flags > 0 && strings.HasPrefix(words[flags-1], "--") {
			flags--
		}
		commands[strings.Join(words[:flags], " ")] = words[flags:]
	}
	return commands
}

// global are flags of every command.
var global = []string{"--billing-project", "--format", "--project", "--quiet"}

var (
	quotedArgument = regexp.MustCompile(`'[^']*'|"[^"]*"`)
	flag           = regexp.MustCompile(`(?:^| )(--[a-z][a-z0-9-]*)`)
)

// command is the longest command of gcloud.txt that the call begins with.
func commandOf(call string) string {
	longest := ""
	for command := range known() {
		if strings.HasPrefix(call+" ", "gcloud "+command+" ") && len(command) > len(longest) {
			longest = command
		}
	}
	return longest
}

// unknown reports what of a call is not gcloud's, or "".
func unknown(call string) string {
	if !strings.HasPrefix(call, "gcloud ") {
		return ""
	}
	command := commandOf(call)
	if command == "" {
		return fmt.Sprintf("%q: there is no such command in testdata/gcloud.txt", call)
	}
	flags := slices.Concat(known()[command], global)
	for _, f := range flag.FindAllStringSubmatch(quotedArgument.ReplaceAllString(call, ""), -1) {
		if !slices.Contains(flags, f[1]) {
			return fmt.Sprintf("%q: there is no flag %s in testdata/gcloud.txt", call, f[1])
		}
	}
	return ""
}

var (
	named     = regexp.MustCompile(`\bgcloud [a-z]`)
	inScript  = regexp.MustCompile(`(?m)(^|[ (])(?:ask) ([a-z])`) // a function of the scripts that calls gcloud
	continued = regexp.MustCompile(`\\\n\s*`)
)

// namedCalls are the calls of gcloud in a text. A call ends with its line, sentence, string, or the shell's command.
func namedCalls(text string) (calls []string) {
	text = inScript.ReplaceAllString(continued.ReplaceAllString(text, ""), "${1}gcloud $2")
	for _, at := range named.FindAllStringIndex(text, -1) {
		rest, end := text[at[0]:], 0
		if strings.HasPrefix(rest, "gcloud https:") { // where to install it
			continue
		}
		for end < len(rest) && !strings.ContainsRune("`;|)\n", rune(rest[end])) && !strings.HasPrefix(rest[end:], ". ") {
			if c := rest[end]; c == '"' || c == '\'' {
				closes := strings.IndexByte(rest[end+1:], c)
				if !strings.ContainsRune(" =", rune(rest[end-1])) || closes < 0 {
					break // it closes the string around the call
				}
				end += 1 + closes
			}
			end++
		}
		calls = append(calls, strings.TrimRight(rest[:end], ".,: "))
	}
	return calls
}

func TestEveryNamedGcloudCommandExists(t *testing.T) {
	used := map[string]bool{}
	for file, text := range texts(t) {
		for _, call := range namedCalls(text) {
			used[commandOf(call)] = true
			if problem := unknown(call); problem != "" {
				t.Errorf("%s: %s", file, problem)
			}
		}
	}
	for command := range known() {
		if !used[command] {
			t.Errorf("testdata/gcloud.txt: nothing names gcloud %s any more", command)
		}
	}
}

func TestNamedCalls(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"a sentence", "there is no login: gcloud auth login. Then deploy.", "gcloud auth login"},
		{"the end of a string", `fail "Log in:" "  gcloud auth login" "  and more"`, "gcloud auth login"},
		{"flags after quoted arguments", `x=$(ask secrets describe "$1" --filter='a | b (c)' --limit=1) --no`, `gcloud secrets describe "$1" --filter='a | b (c)' --limit=1`},
		{"two lines", "gcloud logging read x \\\n  --limit=200\nnext", "gcloud logging read x --limit=200"},
		{"Markdown", "`gcloud projects list`, and more", "gcloud projects list"},
		{"no command", "use gcloud; it is here", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := strings.Join(namedCalls(tt.text), "\n"); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
	for call, want := range map[string]string{
		"gcloud auth login":                            "",
		"gcloud auth logon":                            "no such command",
		"gcloud auth list --filter=x --project=y":      "",
		"gcloud auth list --max=1":                     "no flag --max",
		"gcloud secrets describe x --note='a --max b'": "no flag --note",
		"gcloud storage rm --recursive 'gs://a --max'": "",
	} {
		if got := unknown(call); (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%s: got %q, want %q", call, got, want)
		}
	}
}

// tree is a group or a command of gcloud, as its installation lists them for completion.
type tree struct {
	Commands map[string]tree `json:"commands"`
	Flags    map[string]any  `json:"flags"`
}

// installed reads the commands of the gcloud on this machine. There are none without one.
func installed(t *testing.T) (root tree, found bool) {
	t.Helper()
	at, err := exec.LookPath("gcloud")
	if err != nil {
		return tree{}, false
	}
	if at, err = filepath.EvalSymlinks(at); err != nil {
		t.Fatal(err)
	}
	python, err := os.ReadFile(filepath.Join(filepath.Dir(at), "../data/cli/gcloud_completions.py"))
	if err != nil {
		return tree{}, false // such as Snap's, which starts gcloud with a script
	}
	_, list, _ := strings.Cut(string(python), "STATIC_COMPLETION_CLI_TREE = ")
	if err := json.Unmarshal([]byte(list), &root); err != nil {
		t.Fatalf("gcloud's list of commands has another format: %v", err)
	}
	return root, true
}

// The stand-ins and the texts are compared with gcloud.txt, and gcloud.txt with the real gcloud where there is one.
func TestCommandsAreThoseOfTheInstalledGcloud(t *testing.T) {
	root, found := installed(t)
	if !found {
		t.Log("gcloud is not installed, so testdata/gcloud.txt was not compared with it")
		return
	}
	for command, flags := range known() {
		at := root
		for word := range strings.FieldsSeq(command) {
			next, ok := at.Commands[word]
			if !ok {
				t.Errorf("gcloud %s: there is no %q", command, word)
			}
			at = next
		}
		if len(at.Commands) > 0 {
			t.Errorf("gcloud %s is a group of commands: %s", command, slices.Sorted(maps.Keys(at.Commands)))
		}
		for _, f := range flags {
			if _, ok := at.Flags[f]; !ok {
				t.Errorf("gcloud %s: there is no flag %s", command, f)
			}
		}
	}
	for _, f := range global {
		if _, ok := root.Flags[f]; !ok {
			t.Errorf("gcloud: there is no flag %s", f)
		}
	}
}
