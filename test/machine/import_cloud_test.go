package machine

import (
	"errors"
	"io/fs"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"spotify-insights.internal/functions/local/embedded/storageserver"
	"spotify-insights.internal/functions/local/fakespotify"
	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/emulator"
	"spotify-insights.internal/shared/insights"
)

// With a project, the export goes into the project's uploads bucket, and the command follows what the project's
// functions write. Nothing is made on this machine.
func TestImportOnTheCloud(t *testing.T) {
	storage, err := storageserver.Open(t.TempDir(), deployed+"-spotify-uploads", deployed+"-spotify-insights")
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(storage.Handler())
	t.Cleanup(server.Close)
	host := strings.TrimPrefix(server.URL, "http://")
	t.Setenv(emulator.Storage, host)
	written, err := bucket.Open(t.Context(), deployed+"-spotify-insights")
	if err != nil {
		t.Fatal(err)
	}
	storage.OnFinalized(func(o storageserver.Object) { // the project's functions
		if o.Bucket != deployed+"-spotify-uploads" {
			return
		}
		if want := "listener=sister/my_spotify_data.zip"; o.Name != want {
			t.Errorf("the upload is %s, want %s", o.Name, want)
		}
		done := insights.Import{Zip: "abc", Name: "my_spotify_data.zip", ImportedAt: time.Now(), Rows: 3, Loaded: 3,
			Files: []insights.ImportedFile{{Name: "Streaming_History_Audio_2020_0.json", Rows: 3, Plays: 3}}}
		status := insights.ImportStatus{Upload: o.Name, Generation: o.Generation, Zip: "abc", Outcome: insights.Imported, UpdatedAt: time.Now()}
		err := errors.Join(written.WriteJSON(t.Context(), insights.ImportStatusName("sister"), status, 0),
			written.WriteJSON(t.Context(), insights.DocumentName("sister"), insights.Document{AsOf: time.Now(), Status: &insights.Warehouse{Imports: []insights.Import{done}}}, 0))
		if err != nil {
			t.Error(err)
		}
	})
	dir := filepath.Join(t.TempDir(), "data")
	file := writeExport(t, oldPlays(1), fakespotify.ExportOptions{Plain: true})
	env := []string{"GOOGLE_CLOUD_PROJECT=" + deployed, "LISTENER=sister", emulator.Storage + "=" + host}
	text, err := importFile(dir, file, env)
	if err != nil || !strings.Contains(text, "is imported for listener sister") || !strings.Contains(text, "make open PROJECT="+deployed+" LISTENER=sister") {
		t.Errorf("%v\n%s", err, text)
	}
	demo := writeExport(t, oldPlays(1), fakespotify.ExportOptions{Folder: "Spotify Insights demo/"})
	if text, err = importFile(dir, demo, env); err == nil || !strings.Contains(text, "belongs to no project") {
		t.Errorf("the demo's export: %v\n%s", err, text)
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the data folder: %v", err)
	}
}
