package imports

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"spotify-insights.internal/functions/local/fakespotify"
	"spotify-insights.internal/functions/local/machine"
	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/emulator"
	"spotify-insights.internal/shared/insights"
)

var soak = flag.Bool("soak", false, "kill the import at every fifth step")

// The variables by which the process that imports gets its folder, and the step at which it kills itself (0: none).
const (
	folderVariable = "IMPORT_FOLDER"
	stepVariable   = "IMPORT_KILLED_AT"
)

const (
	// quickSteps is at how many steps an import is killed without -soak.
	quickSteps = 2
	// soakStride is odd, so that an import is killed before calls and after calls.
	soakStride = 5
)

// result is what there is after an import.
type result struct {
	Steps   int      // calls that change something, counted before and after each
	Listens []string `json:",omitempty"`
	Lake    []string // names of objects
	Uploads []string
	Import  insights.Import
}

// An import that is killed (SIGKILL) just before or just after any call that changes something, and then started again,
// ends as an undisturbed one does.
func TestKilled(t *testing.T) {
	if os.Getenv(folderVariable) != "" {
		importInFolder(t)
		return
	}
	export := filepath.Join(t.TempDir(), "my_spotify_data.zip")
	plays := fakespotify.History(5, time.Date(2021, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2021, 3, 1, 0, 0, 0, 0, time.UTC), time.UTC)
	content, _ := exportOf(t, plays)
	if err := os.WriteFile(export, content, 0o600); err != nil {
		t.Fatal(err)
	}
	undisturbed, killed := importProcess(t, t.TempDir(), export, 0)
	if killed || len(undisturbed.Listens) != len(plays) || len(undisturbed.Uploads) != 0 {
		t.Fatalf("without a kill: killed %v, %d listens of %d plays, uploads %v", killed, len(undisturbed.Listens), len(plays), undisturbed.Uploads)
	}
	checkAccount(t, undisturbed.Import)
	stride := soakStride
	if !*soak {
		stride = max(undisturbed.Steps/quickSteps, 1)
	}
	for step := 1; step <= undisturbed.Steps; step += stride {
		dir := t.TempDir()
		first, killed := importProcess(t, dir, export, step)
		if !killed && first.Steps < step {
			continue // the number of calls depends on how many objects one run of topten takes
		}
		if !killed {
			t.Fatalf("step %d of %d: the process was not killed", step, first.Steps)
		}
		again, killed := importProcess(t, dir, export, 0)
		if killed {
			t.Fatal("the process was killed without a step")
		}
		again.Steps, again.Import.ImportedAt = undisturbed.Steps, undisturbed.Import.ImportedAt
		if diff := cmp.Diff(undisturbed, again); diff != "" {
			t.Errorf("killed at step %d of %d (-undisturbed +again):\n%s", step, undisturbed.Steps, diff)
		}
	}
}

// importProcess runs this test again in a process of its own, and returns what it found at the end.
func importProcess(t *testing.T, dir, export string, step int) (r result, killed bool) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v", export)
	cmd.Env = append(os.Environ(), folderVariable+"="+dir, fmt.Sprintf("%s=%d", stepVariable, step), `LISTENERS={"me":{"time_zone":"Europe/Berlin"}}`)
	out, err := cmd.Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL {
		return r, true
	}
	_, found, ok := strings.Cut(string(out), "found ")
	if line, _, _ := strings.Cut(found, "\n"); err != nil || !ok || json.Unmarshal([]byte(line), &r) != nil {
		t.Fatalf("the import ended with %v:\n%s", err, out)
	}
	return r, false
}

// importInFolder imports an export as the command does: it goes on with what was begun, uploads the file, and waits.
func importInFolder(t *testing.T) {
	step, err := strconv.Atoi(os.Getenv(stepVariable))
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	m, err := machine.Start(ctx, os.Getenv(folderVariable))
	if err != nil {
		t.Fatal(err)
	}
	var steps atomic.Int64
	for _, variable := range []string{emulator.Storage, emulator.BigQuery} {
		interpose(t, variable, func() {
			if steps.Add(1) == int64(step) {
				syscall.Kill(os.Getpid(), syscall.SIGKILL)
				select {} // the signal may need a moment
			}
		})
	}
	p, err := start(ctx, m)
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(flag.Arg(0))
	if err == nil {
		err = p.upload(ctx, "me", filepath.Base(flag.Arg(0)), content)
	}
	if err != nil {
		t.Fatal(err)
	}
	r := result{Steps: int(steps.Load()), Listens: listens(t, p), Uploads: names(t, p.uploads)}
	inLake, err := bucket.Open(ctx, m.Config.LakeBucket)
	if err != nil {
		t.Fatal(err)
	}
	r.Lake = names(t, inLake)
	d, err := p.document(ctx, "me")
	if err != nil || d.Status == nil || len(d.Status.Imports) != 1 {
		t.Fatalf("the document is %+v, %v", d, err)
	}
	r.Import = d.Status.Imports[0]
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("found %s\n", text)
	if err := errors.Join(p.events.Close(context.WithoutCancel(ctx)), m.Stop()); err != nil {
		t.Fatal(err)
	}
}

// interpose puts a proxy before a service, which calls step before and after each call that changes something.
func interpose(t *testing.T, variable string, step func()) {
	t.Helper()
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: os.Getenv(variable)})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		changes := r.Method != http.MethodGet && r.Method != http.MethodHead
		if changes {
			step()
		}
		proxy.ServeHTTP(w, r)
		if changes {
			step() // the client may not have the end of the answer
		}
	}))
	t.Cleanup(server.Close)
	t.Setenv(variable, strings.TrimPrefix(server.URL, "http://"))
}

// names are the names of the objects in a bucket.
func names(t *testing.T, b *bucket.Bucket) (names []string) {
	t.Helper()
	list, err := b.List(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range list {
		names = append(names, o.Name)
	}
	return names
}
