package commands

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// machine is a copy of the scripts, in which gcloud, terraform, go, bin/local, bin/operations and sleep are stand-ins: they
// record their calls and answer from a table.
type machine struct {
	root string
}

// answer is the output of a stand-in for calls that begin with call: on standard output, or with fails on standard error
// and with exit status 1; with stops after a Ctrl-C that every process gets. The first answer that matches counts. A
// call without an answer prints nothing and succeeds.
type answer struct {
	call  string
	says  string
	fails bool
	stops bool
	exit  int // the status, where it is neither 0 nor 1
	times int // 0: always
}

// The tools that the scripts use.
var system = []string{"awk", "basename", "bash", "cat", "cp", "dirname", "env", "grep", "head", "ln", "make", "mkdir", "mktemp", "rm", "sed", "sh", "tee", "tr"}

func newMachine(t *testing.T, without []string, answers []answer) machine {
	t.Helper()
	m := machine{t.TempDir()}
	m.copy(t, "Makefile", "terraform/commands/*.sh", "terraform/commands/state.json", "terraform/tests/*.hcl")
	m.write(t, "it's my data.zip", "an export")
	for _, folder := range []string{"bin", "path"} {
		if err := os.MkdirAll(filepath.Join(m.root, folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range system {
		at, err := exec.LookPath(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(at, filepath.Join(m.root, "path", name)); err != nil {
			t.Fatal(err)
		}
	}
	m.write(t, "path/.standin", standIn(m.root, answers))
	for _, name := range []string{"gcloud", "terraform", "sleep"} {
		if !slices.Contains(without, name) {
			m.write(t, "path/"+name, "#!/usr/bin/env bash\n. '"+m.root+"/path/.standin'\n")
		}
	}
	if !slices.Contains(without, "go") { // its calls also show the project of a test
		m.write(t, "path/go", "#!/usr/bin/env bash\nset -- \"$@\" ${SMOKE_PROJECT:+\"SMOKE_PROJECT=$SMOKE_PROJECT\"}\n. '"+m.root+"/path/.standin'\n")
	}
	m.write(t, "bin/local", "#!/usr/bin/env bash\n[ \"${1-}\" != import ] || set -- \"$@\" \"LISTENER=${LISTENER-}\"\nset -- \"$@\" \"GOOGLE_CLOUD_PROJECT=${GOOGLE_CLOUD_PROJECT-}\"\n. '"+m.root+"/path/.standin'\n")
	m.write(t, "bin/operations", "#!/usr/bin/env bash\nset -- \"$@\" \"$PROJECT\" \"$REGION\" \"$LISTENER\" \"$SINCE\" \"$CONFIRM\"\n. '"+m.root+"/path/.standin'\n")
	return m
}

func standIn(root string, answers []answer) string {
	var b strings.Builder
	fmt.Fprintf(&b, "call=${0##*/}\nfor argument; do\n  [[ $argument == *[[:space:]]* || -z $argument ]] && argument=\"'$argument'\"\n  call+=\" $argument\"\ndone\nprintf '%%s\\n' \"$call\" >>'%s/calls'\n", root)
	for i, a := range answers {
		times := fmt.Sprintf("%s/answered.%d", root, i)
		fmt.Fprintf(&b, "if [[ $call == %s* ]]", quoted(a.call))
		if a.times > 0 {
			fmt.Fprintf(&b, " && [ \"$(cat '%s' 2>/dev/null | grep -c .)\" -lt %d ]", times, a.times)
		}
		to, status := 1, 0
		if a.fails {
			to, status = 2, 1
		}
		if a.exit != 0 {
			status = a.exit
		}
		interrupt := ""
		if a.stops {
			// time for the others to begin, and to end
			interrupt = "  command -p sleep 0.5; trap '' INT; kill -INT 0; command -p sleep 0.5\n"
		}
		fmt.Fprintf(&b, "; then\n  echo again >>'%s'\n"+interrupt+"  printf '%%s\\n' %s >&%d\n  exit %d\nfi\n", times, quoted(a.says), to, status)
	}
	return b.String()
}

func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

func (m machine) copy(t *testing.T, patterns ...string) {
	t.Helper()
	for _, pattern := range patterns {
		files, err := filepath.Glob(filepath.Join("../..", pattern))
		if err != nil || len(files) == 0 {
			t.Fatalf("nothing is at %s: %v", pattern, err)
		}
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			m.write(t, strings.TrimPrefix(file, "../../"), string(content))
		}
	}
}

func (m machine) write(t *testing.T, name, content string) {
	t.Helper()
	at := filepath.Join(m.root, name)
	if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(at, []byte(content), 0o755); err != nil {
		t.Fatal(err)
	}
}

// run is the result of one `make ...`.
type run struct {
	failed bool
	calls  []string // of the stand-ins, in order, with $ROOT for the machine's folder and $WORK for a temporary one; arguments with spaces are quoted
	said   string   // standard output and standard error
}

func (m machine) make(t *testing.T, input string, arguments ...string) run {
	t.Helper()
	cmd := exec.Command("make", append([]string{"--no-print-directory"}, arguments...)...)
	cmd.Dir = m.root
	cmd.Env = []string{"PATH=" + filepath.Join(m.root, "path"), "HOME=" + m.root, "TMPDIR=" + m.root}
	cmd.Stdin = strings.NewReader(input)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a Ctrl-C of a test reaches these processes only
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	err := cmd.Run()
	if exit := new(exec.ExitError); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(m.root, "tmp.*")); len(left) > 0 {
		t.Errorf("%v is left behind", left)
	}
	calls, err := os.ReadFile(filepath.Join(m.root, "calls"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	r := run{failed: cmd.ProcessState.ExitCode() != 0, said: said.String()}
	temporary := regexp.MustCompile(regexp.QuoteMeta(m.root) + `/tmp\.\w+`)
	for line := range strings.Lines(string(calls)) {
		call := temporary.ReplaceAllString(strings.TrimSuffix(line, "\n"), "$$WORK")
		call = strings.ReplaceAll(call, m.root, "$ROOT")
		r.calls = append(r.calls, call)
		if problem := unknown(call); problem != "" {
			t.Error(problem)
		}
	}
	return r
}
