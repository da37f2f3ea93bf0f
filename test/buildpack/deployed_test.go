package buildpack

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"spotify-insights.internal/functions/local/fakespotify"
	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/shared/spotify"
)

const (
	listener = "me"
	played   = 50 // plays
)

// deployment is what the deployed functions work on: an embedded cloud, and a Spotify with plays.
type deployment struct {
	config.All
	lake, insights *bucket.Bucket
	fake           *fakespotify.Server
	object         string // that ingest has written
}

// stations are the functions in the order in which a play comes by them. Each is woken as it is on
// Google Cloud and has to have done its work then.
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
}

// What is deployed is built of the uploaded zips alone, holds nothing that belongs to one's own
// machine, and does its work from an empty folder.
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

// build stages and builds every function, and checks what is in each.
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

// watch looks at everything that is deployed. The go command keeps a test's good result until a file
// changes that the test has looked at itself: what the commands read that it runs does not count.
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
	d := &deployment{All: m.Config}
	app := spotify.App{ClientID: "id", ClientSecret: "the-apps-secret"}
	fake := fakespotify.New(fakespotify.Options{Seed: 1, ClientID: app.ClientID, ClientSecret: app.ClientSecret})
	account := fakespotify.Listener{Name: listener, RefreshToken: "the-refresh-token"}
	for n := range played {
		at := time.Now().Add(-time.Duration(n+1) * 4 * time.Minute)
		account.Plays = append(account.Plays, fakespotify.Play{Track: fakespotify.SimpleTrack(n), PlayedAt: at})
	}
	fake.AddListener(account)
	d.fake = fake
	server := httptest.NewServer(fake)
	t.Cleanup(server.Close)
	t.Setenv("SPOTIFY_API_URL", server.URL)
	t.Setenv("SPOTIFY_ACCOUNTS_URL", server.URL)
	t.Setenv("RECCOBEATS_URL", server.URL+"/reccobeats")
	err := m.Connect(t.Context(), listener, app, spotify.Token{RefreshToken: account.RefreshToken})
	if err != nil {
		t.Fatal(err)
	}
	if d.lake, err = bucket.Open(t.Context(), d.LakeBucket); err != nil {
		t.Fatal(err)
	}
	if d.insights, err = bucket.Open(t.Context(), d.InsightsBucket); err != nil {
		t.Fatal(err)
	}
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
	if attrs, err := d.lake.Attrs(t.Context(), result.Object); err != nil || attrs.Size == 0 {
		t.Errorf("the object in the lake: %+v, %v", attrs, err)
	}
	d.object = result.Object
}

func (d *deployment) checkLoad(t *testing.T, _ *Process, _ []byte) {
	got := machinetest.Query(t, d.All, "SELECT object, rows_read, plays, error FROM spotify_insights.loads")
	if want := []string{fmt.Sprintf("%s | %d | %d | <nil>", d.object, played, played)}; !slices.Equal(got, want) {
		t.Errorf("loads = %q, want %q", got, want)
	}
}

func (d *deployment) forgetLoads(t *testing.T) {
	for _, table := range []string{"loads", "plays"} {
		machinetest.Query(t, d.All, "DELETE FROM spotify_insights."+table+" WHERE listener = '"+listener+"'")
	}
}

func (d *deployment) checkReconcile(t *testing.T, p *Process, answer []byte) {
	if got, want := strings.TrimSpace(string(answer)), `{"objects":1,"loaded":1,"failed":0,"reset":false}`; got != want {
		t.Errorf("reconcile: %s, want %s", got, want)
	}
	d.checkLoad(t, p, nil)
}

func (d *deployment) checkTopTen(t *testing.T, _ *Process, _ []byte) {
	var document insights.Document
	if _, err := d.insights.ReadJSON(t.Context(), insights.DocumentName(listener), &document); err != nil {
		t.Fatal(err)
	}
	if document.Snapshot.Listens.Rows != played || document.Snapshot.Tracks.Rows != played || len(document.Snapshot.Listens.Names) < 2 {
		t.Errorf("the snapshot: %+v", document.Snapshot)
	}
	got := machinetest.Query(t, d.All, "SELECT COUNT(*), SUM(times_played) FROM spotify_insights.top_ten WHERE period = 'all'")
	if want := []string{"10 | 10"}; !slices.Equal(got, want) {
		t.Errorf("the top ten of everything and how often they were played: %q, want %q", got, want)
	}
}

func (d *deployment) checkFeatures(t *testing.T, _ *Process, _ []byte) {
	if asked := d.fake.Asked(fakespotify.ReccoBeats); len(asked) != played {
		t.Errorf("%d tracks were asked for, want %d", len(asked), played)
	}
	written, err := d.lake.List(t.Context(), lake.FeaturesPrefix)
	if err != nil || len(written) != 1 || written[0].Size == 0 {
		t.Errorf("the objects in the lake: %+v, %v", written, err)
	}
}

func (d *deployment) checkDashboard(t *testing.T, p *Process, page []byte) {
	style, err := os.ReadFile("../../functions/dashboard/style.css")
	if err != nil {
		t.Fatal(err)
	}
	for what, text := range map[string]string{"the style": string(style), "a track": "Track 0", "the number of plays": fmt.Sprintf("<dd>%d</dd>", played)} {
		if !strings.Contains(string(page), text) {
			t.Errorf("%s is not on the page:\n%s", what, page)
		}
	}
	numbers, err := p.Ask(t.Context(), http.MethodGet, "/insights.json?listener="+listener, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	var view struct{ Totals struct{ Plays, Tracks int } }
	if err := json.Unmarshal(numbers, &view); err != nil || view.Totals.Plays != played || view.Totals.Tracks != played {
		t.Errorf("the numbers: %v, %s", err, numbers)
	}
}
