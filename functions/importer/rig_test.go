package importer

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/events"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/lake"
)

// rig is an Importer on an embedded cloud.
type rig struct {
	*Importer
	m       *machinetest.Rig
	uploads *bucket.Bucket
}

func newRig(t testing.TB) *rig {
	t.Helper()
	m := machinetest.Open(t)
	s := m.Config
	i, err := Open(t.Context(), config.Importer{Project: s.Project, UploadsBucket: s.UploadsBucket, LakeBucket: s.LakeBucket, InsightsBucket: s.InsightsBucket, Listeners: s.Listeners})
	if err != nil {
		t.Fatal(err)
	}
	return &rig{Importer: i, m: m, uploads: i.Uploads.(*bucket.Bucket)}
}

// put uploads a file, and returns its event.
func (r *rig) put(t testing.TB, name string, content []byte) event.Event {
	t.Helper()
	o, err := r.uploads.Upload(t.Context(), name, "application/zip", bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	return finalized(t, r.Bucket, o, time.Now())
}

func finalized(t testing.TB, in string, o bucket.Object, at time.Time) event.Event {
	t.Helper()
	e := event.New()
	e.SetID("1")
	e.SetSource("//test")
	e.SetType(events.ObjectFinalized)
	e.SetTime(at)
	if err := e.SetData("application/json", map[string]string{"bucket": in, "name": o.Name, "generation": fmt.Sprint(o.Generation)}); err != nil {
		t.Fatal(err)
	}
	return e
}

func (r *rig) status(t testing.TB, listener string) (s insights.ImportStatus) {
	t.Helper()
	if _, err := r.m.Insights.ReadJSON(t.Context(), insights.ImportStatusName(listener), &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// kept reports whether an upload is still there.
func (r *rig) kept(t testing.TB, name string) bool {
	t.Helper()
	_, err := r.uploads.Attrs(t.Context(), name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return err == nil
}

// objects returns the objects of the lake by their names.
func (r *rig) objects(t testing.TB) map[string][]byte {
	t.Helper()
	list, err := r.m.Lake.List(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	contents := map[string][]byte{}
	for _, o := range list {
		content, _, err := r.m.Lake.Read(t.Context(), o.Name, 1<<30)
		if err != nil {
			t.Fatal(err)
		}
		contents[o.Name] = content
	}
	return contents
}

// rows decodes all rows in the lake, in the order of the objects' names.
func (r *rig) rows(t testing.TB) (rows []lake.PlayRow) {
	t.Helper()
	list, err := r.m.Lake.List(t.Context(), lake.PlaysPrefix)
	if err != nil {
		t.Fatal(err)
	}
	contents := r.objects(t)
	for _, o := range list {
		if !strings.HasSuffix(o.Name, ".gz") {
			continue
		}
		for line := range bytes.Lines(unzipped(t, contents[o.Name])) {
			var row lake.PlayRow
			if err := json.Unmarshal(line, &row); err != nil {
				t.Fatal(err)
			}
			rows = append(rows, row)
		}
	}
	return rows
}

func unzipped(t testing.TB, content []byte) []byte {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// entry is a file of a zip.
type entry struct{ name, content string }

func zipped(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, e := range entries {
		f, err := w.Create(e.name)
		if err == nil {
			_, err = f.Write([]byte(e.content))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// personal are texts of every row that may not leave the upload.
var personal = []string{"203.0.113.7", "user-of-the-test", "Mozilla/5.0", "Town-of-the-test", "Country-of-the-test"}

// element is a row of an export with personal data in it. change replaces texts.
func element(n int, change ...string) string {
	at := time.Date(2023, 5, 1, 10, 0, 0, 0, time.UTC).Add(time.Duration(n) * 4 * time.Minute)
	return strings.NewReplacer(change...).Replace(fmt.Sprintf(`{"ts":"%s","username":"user-of-the-test","platform":"ios","ms_played":200000,"conn_country":"Country-of-the-test",`+
		`"ip_addr":"203.0.113.7","ip_addr_decrypted":"203.0.113.7","user_agent_decrypted":"Mozilla/5.0","city":"Town-of-the-test",`+
		`"master_metadata_track_name":"Song %d","master_metadata_album_artist_name":"Band","master_metadata_album_album_name":"Album",`+
		`"spotify_track_uri":"spotify:track:id%d","episode_name":null,"episode_show_name":null,"spotify_episode_uri":null,"reason_start":"trackdone",`+
		`"reason_end":"trackdone","shuffle":false,"skipped":null,"offline":null,"offline_timestamp":1600000000,"incognito_mode":false}`, at.Format(time.RFC3339), n, n))
}

// history is a file with n rows.
func history(n int, more ...string) string {
	list := make([]string, 0, n+len(more))
	for i := range n {
		list = append(list, element(i))
	}
	return "[" + strings.Join(append(list, more...), ",\n") + "]"
}
