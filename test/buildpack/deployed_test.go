package buildpack

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"spotify-insights.internal/functions/dashboard/static"
	"spotify-insights.internal/functions/local/fakespotify"
	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/test/inprocess"
)

const (
	listener = "me"
	played   = 50 // plays
)

// deployment is the cloud of the deployed functions, and a Spotify with plays.
type deployment struct {
	*machinetest.Rig
	fake      *fakespotify.Server
	object    string // of ingest, then the upload
	processes []*Process
}

var built = flag.Bool("built", false, "build the functions as the buildpack does, which takes a minute or two, and test them")

func TestMain(m *testing.M) {
	flag.Parse()
	if *built {
		os.Exit(m.Run())
	}
}

// stations are the functions in the order of the data flow. Each is triggered as on Google Cloud, and has done its work
// when it answers.
var stations = []struct {
	function string
	prepare  func(*deployment, *testing.T)
	check    func(*deployment, *testing.T, *Process, []byte)
}{
	{"ingest", nil, (*deployment).checkIngest},
	{"load", nil, (*deployment).checkLoad},
	{"reconcile", (*deployment).forgetLoads, (*deployment).checkReconcile},
	{"topten", nil, (*deployment).checkTopTen},
	{"features", nil, (*deployment).checkFeatures},
	{"dashboard", nil, (*deployment).checkDashboard},
	{"importer", (*deployment).upload, (*deployment).checkImporter},
}

// Functions are built from the uploaded zips alone, contain nothing of the local command, and work in an empty folder.
func TestDeployed(t *testing.T) {
	d := deploy(t)
	binaries := build(t)
	if _, err := Start(t.Context(), binaries["ingest"], "load", t.TempDir()); err == nil || !strings.Contains(err.Error(), "ended before it listened") {
		t.Errorf("ingest started as load: %v", err)
	}
	for _, s := range stations {
		t.Run(s.function, func(t *testing.T) {
			p, err := Start(t.Context(), binaries[s.function], s.function, t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			d.processes = append(d.processes, p)
			if s.prepare != nil {
				s.prepare(d, t)
			}
			answer, err := p.Trigger(t.Context(), listener, d.object)
			if err != nil {
				t.Fatal(err)
			}
			s.check(d, t, p, answer)
			if err := p.Stop(); err != nil {
				t.Error(err)
			}
		})
	}
}

// build stages and builds every function, and checks its modules and packages.
func build(t *testing.T) map[string]string {
	t.Helper()
	watch(t)
	dir := t.TempDir()
	zips, err := Stage(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	binaries := map[string]string{}
	for _, s := range stations {
		binaries[s.function] = ""
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(binaries)), slices.Sorted(maps.Keys(zips))); diff != "" {
		t.Fatalf("the functions that are tested and those that are deployed (-tested +deployed):\n%s", diff)
	}
	tested := versions(t)
	workspace := t.TempDir()
	for function, archive := range zips {
		binaries[function] = filepath.Join(dir, function)
		t.Run("build "+function, func(t *testing.T) {
			if err := Build(t.Context(), archive, workspace, binaries[function]); err != nil {
				t.Fatal(err)
			}
			for _, strange := range slices.Concat(
				strangeModules(modules(t, binaries[function]), tested),
				strangePackages(t, filepath.Join(workspace, sourceFolder), "./"+mainFolder, function),
			) {
				t.Error(strange)
			}
		})
	}
	if t.Failed() {
		t.FailNow()
	}
	return binaries
}

// watch reads the folders of everything that is deployed. The go command repeats a test when a file has changed that the
// test itself has read; files that its child processes read do not count.
func watch(t *testing.T) {
	t.Helper()
	root := os.DirFS("../..")
	for _, name := range []string{"go.mod", "go.sum", "functions", "shared", "terraform/stage"} {
		err := fs.WalkDir(root, name, func(_ string, _ fs.DirEntry, err error) error { return err })
		if err != nil {
			t.Fatal(err)
		}
	}
}

func deploy(t *testing.T) *deployment {
	t.Helper()
	m := machinetest.Start(t)
	var plays []fakespotify.Play
	for n := range played {
		plays = append(plays, fakespotify.Play{Track: fakespotify.SimpleTrack(n), PlayedAt: time.Now().Add(-time.Duration(n+1) * 4 * time.Minute)})
	}
	clock, fake := inprocess.Connect(t, m, listener, plays)
	clock.Set(time.Now())
	d := &deployment{Rig: machinetest.Clients(t, m.Config), fake: fake}
	machinetest.NoSecrets(t, fake.Secrets, func(yield func(string, []byte) bool) {
		for _, p := range d.processes {
			yield("the output of "+p.Function, []byte(p.output.String()))
		}
	})
	return d
}

func (d *deployment) checkIngest(t *testing.T, _ *Process, answer []byte) {
	var result struct {
		Status, Object string
		Plays          int
	}
	if err := json.Unmarshal(answer, &result); err != nil || result.Status != insights.Written || result.Plays != played {
		t.Fatalf("ingest: %v, %s", err, answer)
	}
	if attrs, err := d.Lake.Attrs(t.Context(), result.Object); err != nil || attrs.Size == 0 {
		t.Errorf("the object in the lake: %+v, %v", attrs, err)
	}
	d.object = result.Object
}

func (d *deployment) checkLoad(t *testing.T, _ *Process, _ []byte) {
	got := d.Query(t, "SELECT object, rows_read, plays, error FROM spotify_insights.loads")
	if want := []string{fmt.Sprintf("%s | %d | %d | <nil>", d.object, played, played)}; !slices.Equal(got, want) {
		t.Errorf("loads = %q, want %q", got, want)
	}
}

func (d *deployment) forgetLoads(t *testing.T) {
	for _, table := range []string{"loads", "plays"} {
		d.Query(t, "DELETE FROM spotify_insights.%s WHERE TRUE", table)
	}
}

func (d *deployment) checkReconcile(t *testing.T, p *Process, answer []byte) {
	if got, want := strings.TrimSpace(string(answer)), `{"objects":1,"loaded":1,"failed":0,"reset":false}`; got != want {
		t.Errorf("reconcile: %s, want %s", got, want)
	}
	d.checkLoad(t, p, nil)
}

func (d *deployment) checkTopTen(t *testing.T, _ *Process, _ []byte) {
	if document, _ := d.Document(t, listener); document.Snapshot.Listens.Rows != played || document.Snapshot.Tracks.Rows != played || len(document.Snapshot.Listens.Names) < 2 {
		t.Errorf("the snapshot: %+v", document.Snapshot)
	}
	got := d.Query(t, "SELECT COUNT(*), SUM(times_played) FROM spotify_insights.top_ten WHERE period = 'all'")
	if want := []string{"10 | 10"}; !slices.Equal(got, want) {
		t.Errorf("the top ten of everything and how often they were played: %q, want %q", got, want)
	}
}

func (d *deployment) checkFeatures(t *testing.T, _ *Process, _ []byte) {
	if asked := d.fake.Asked(); len(asked) != played {
		t.Errorf("%d tracks were asked for, want %d", len(asked), played)
	}
	written, err := d.Lake.List(t.Context(), lake.FeaturesPrefix)
	if err != nil || len(written) != 1 || written[0].Size == 0 {
		t.Errorf("the objects in the lake: %+v, %v", written, err)
	}
}

func (d *deployment) checkDashboard(t *testing.T, p *Process, page []byte) {
	for what, text := range map[string]string{"the totals": `<dl class="totals">`, "a track": "Track 0", "the number of plays": fmt.Sprintf("<dt>Plays</dt><dd>%d<", played)} {
		if !strings.Contains(string(page), text) {
			t.Errorf("%s is not on the page:\n%s", what, page)
		}
	}
	d.checkStatic(t, p, page)
	numbers, err := p.Ask(t.Context(), http.MethodGet, "/insights.json?listener="+listener)
	if err != nil {
		t.Fatal(err)
	}
	var view struct{ Totals struct{ Plays, Tracks int } }
	if err := json.Unmarshal(numbers, &view); err != nil || view.Totals.Plays != played || view.Totals.Tracks != played {
		t.Errorf("the numbers: %v, %s", err, numbers)
	}
}

// checkStatic checks that the page names its style sheet, script, icon and font, that the style sheet names the font of
// further letters, and that all of them are served.
func (d *deployment) checkStatic(t *testing.T, p *Process, page []byte) {
	style := d.checkFile(t, p, page, "style.css")
	for _, name := range []string{"script.js", "icon.svg", "figtree-latin.woff2"} {
		d.checkFile(t, p, page, name)
	}
	d.checkFile(t, p, style, "figtree-latin-ext.woff2")
}

// checkFile returns what is served at the address of a file that is named in from.
func (d *deployment) checkFile(t *testing.T, p *Process, from []byte, name string) []byte {
	t.Helper()
	address, err := static.Path(name)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(from), `"`+address+`"`) {
		t.Errorf("%s does not name %s", from, address)
	}
	want, _ := static.Open(address)
	got, err := p.Ask(t.Context(), http.MethodGet, address)
	if err != nil || len(got) == 0 || !bytes.Equal(got, want.Content) {
		t.Errorf("%s has %d bytes, want %d: %v", address, len(got), len(want.Content), err)
	}
	return got
}

// upload uploads an export of one play.
func (d *deployment) upload(t *testing.T) {
	uploads := d.uploads(t)
	d.object = "listener=" + listener + "/Streaming_History_Audio_2019.json"
	row := `[{"ts":"2019-03-01T12:00:00Z","ms_played":200000,"spotify_track_uri":"spotify:track:` + fakespotify.SimpleTrack(0).ID + `"}]`
	if _, err := uploads.Upload(t.Context(), d.object, "application/json", strings.NewReader(row)); err != nil {
		t.Fatal(err)
	}
}

func (d *deployment) uploads(t *testing.T) *bucket.Bucket {
	t.Helper()
	uploads, err := bucket.Open(t.Context(), d.Config.UploadsBucket)
	if err != nil {
		t.Fatal(err)
	}
	return uploads
}

func (d *deployment) checkImporter(t *testing.T, _ *Process, _ []byte) {
	var status insights.ImportStatus
	if _, err := d.Insights.ReadJSON(t.Context(), insights.ImportStatusName(listener), &status); err != nil || status.Outcome != insights.Imported || status.Rows != 1 {
		t.Fatalf("the status: %+v, %v", status, err)
	}
	for _, name := range []string{lake.ExportName(listener, status.Zip, status.Files[0].Number, 0, 0), lake.ManifestName(listener, status.Zip)} {
		if _, err := d.Lake.Attrs(t.Context(), name); err != nil {
			t.Error(err)
		}
	}
	if left, err := d.uploads(t).List(t.Context(), ""); err != nil || len(left) > 0 {
		t.Errorf("the uploads that are left: %+v, %v", left, err)
	}
}
