package machine

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"spotify-insights.internal/functions/dashboard/pages"
	"spotify-insights.internal/functions/local/fakespotify"
)

// A data folder of version 1 is upgraded at the start: the rows of its lake, which have no ids of artists and albums, give
// the same figures as today's rows.
func TestUpgrade(t *testing.T) {
	tl := newTimeline(9, 20)
	fake, env := account(t, fakespotify.Options{Seed: 9, Now: tl.clock}, fakespotify.Listener{Plays: tl.history, ConsentedAt: tl.clock()})
	fake.SetFlaw(fakespotify.NullTrackID, 0.05)
	today, out := t.TempDir(), newOutput()
	p := start(t, today, out, env...)
	for range 5 {
		tl.forward(40)
		if code := p.ingest(t.Context()); code != http.StatusOK {
			t.Fatalf("an ingest answers %d\n%s", code, out)
		}
	}
	served := fake.Served("me")
	p.settle(t, len(served))
	if code, body := do(t, http.MethodPost, p.page+"/features", nil); code != http.StatusOK {
		t.Fatalf("features = %d %s", code, body)
	}
	featured := func(in pages.Overview) bool { return in.Status.Coverage.WithFeatures > 0 }
	eventually(t, "audio features", func() bool { return featured(p.insights(t)) })
	want := p.insights(t)
	if len(want.TopArtists) != 10 || want.TopArtists[0].ArtistID == nil || len(want.TopAlbums) != 10 || want.TopAlbums[0].AlbumID == nil || want.Status.Rejected == 0 {
		t.Fatalf("today's version shows %+v", want)
	}
	if err := p.stop(t); err != nil {
		t.Fatal(err)
	}

	old := folderOfVersion1(t, today)
	p = start(t, old, out, env...)
	eventually(t, "the plays and audio features of the old lake", func() bool {
		in := p.insights(t)
		return in.Totals.Plays >= int64(len(served)) && featured(in)
	})
	checkPlays(t, p, served)
	got := p.insights(t)
	for _, in := range []*pages.Overview{&want, &got} { // they belong to the run, not to the plays
		in.AsOf, in.Status.LastLoadAt, in.Status.LastIngestAt, in.Status.AuthorizedAt, in.Status.TokenExpiresAt = nil, nil, nil, nil, nil
		in.Status.TokenAgeDays, in.Trust = nil, "" // the line says the minute
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(pages.Overview{}, pages.Personal{})); diff != "" {
		t.Errorf("what is shown (-before +after the upgrade):\n%s", diff)
	}
	if code := p.ingest(t.Context()); code != http.StatusOK {
		t.Errorf("an ingest after the upgrade answers %d\n%s", code, out)
	}
	if err := p.stop(t); err != nil {
		t.Errorf("stopped with %v", err)
	}
}

// folderOfVersion1 makes a data folder of version 1 with the objects of today's lake.
func folderOfVersion1(t *testing.T, today string) string {
	t.Helper()
	dir := t.TempDir()
	write := func(name string, content []byte) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range lakeObjects(t, today) {
		name, err := filepath.Rel(today, path)
		if err != nil {
			t.Fatal(err)
		}
		write(name, rowsOfVersion1(t, path))
	}
	write("warehouse.duckdb", []byte("tables of version 1"))
	write("warehouse.duckdb.version", []byte("the-fingerprint-of-version-1\n"))
	write("storage/insights/insights/listener=me.json", []byte(`{"listener":"me","as_of":"`+time.Now().UTC().Format(time.RFC3339Nano)+
		`","periods":{"all":{"totals":{"plays":1}}},"recent":[],"warehouse":{"gaps":[]},"past":{"rows":0}}`))
	write("storage/insights/status/features.json", []byte(`{"attempts":{}}`))
	return dir
}

// rowsOfVersion1 are the rows of an object in the form of version 1: without the version and the columns of version 2,
// and with another name for the row's index.
func rowsOfVersion1(t *testing.T, path string) []byte {
	t.Helper()
	stored, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	unzipped, err := gzip.NewReader(bytes.NewReader(stored))
	if err != nil {
		t.Fatal(err)
	}
	var content bytes.Buffer
	zipped := gzip.NewWriter(&content)
	encoder := json.NewEncoder(zipped)
	for decoder := json.NewDecoder(unzipped); decoder.More(); {
		var row map[string]json.RawMessage
		if err := decoder.Decode(&row); err != nil {
			t.Fatal(err)
		}
		row["index"] = row["row_index"]
		for _, added := range []string{"version", "row_index", "artist_id", "album_id", "album_artist", "item"} {
			delete(row, added)
		}
		if row["raw"] == nil && strings.Contains(path, "/plays/") {
			t.Fatalf("a row of %s has no raw item", path)
		}
		if err := encoder.Encode(row); err != nil {
			t.Fatal(err)
		}
	}
	if err := zipped.Close(); err != nil {
		t.Fatal(err)
	}
	return content.Bytes()
}
