package machine

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"spotify-insights.internal/functions/local/embedded"
	"spotify-insights.internal/functions/local/fakespotify"
	"spotify-insights.internal/shared/insights"
)

// writeExport writes an export of plays into a new file, and returns its path.
func writeExport(t *testing.T, plays []fakespotify.Play, o fakespotify.ExportOptions) (file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "my_spotify_data.zip")
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err = fakespotify.WriteExport(f, plays, o); err != nil {
		t.Fatal(err)
	}
	return file
}

// oldPlays are the plays of some days in 2020.
func oldPlays(days int) []fakespotify.Play {
	from := time.Date(2020, 3, 1, 0, 0, 0, 0, time.UTC)
	return fakespotify.History(5, from, from.AddDate(0, 0, days), time.UTC)
}

// importFile runs the command that imports a file, and returns what it prints.
func importFile(dir, file string, env []string) (text string, err error) {
	out := newOutput()
	err = command(dir, out, env, "import", file).Run()
	return out.String(), err
}

// An export is imported without a server, and its plays are shown without an account. The same export again, by the
// running server, changes nothing.
func TestImport(t *testing.T) {
	plays := oldPlays(20)
	file := writeExport(t, plays, fakespotify.ExportOptions{Seed: 5, FileRows: 300})
	dir, out := t.TempDir(), newOutput()

	text, err := importFile(dir, file, nil)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	for _, want := range []string{"is imported for listener me", "loading and ranking", "_2020_0.json", "Video", "rows/s", "make run"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	p := start(t, dir, out)
	// The page looks for new plays every two seconds.
	shows := func(plays int) {
		t.Helper()
		eventually(t, "showing the plays of the export", func() bool { return p.insights(t).Totals.Plays == int64(plays) })
	}
	shows(len(plays))
	if out.find(t, 0, "new plays: (http)"); strings.Contains(out.String(), "demo") {
		t.Errorf("without an account the server reports\n%s", out)
	}

	text, err = importFile(dir, file, nil)
	if err != nil || !strings.Contains(text, "already imported on") || !strings.Contains(text, p.page) {
		t.Errorf("the same again: %v\n%s", err, text)
	}
	// More of the same years in one file, of which the first days are stored.
	more := oldPlays(30)
	newer := writeExport(t, more, fakespotify.ExportOptions{Plain: true})
	if text, err = importFile(dir, newer, nil); err != nil {
		t.Errorf("a newer export: %v\n%s", err, text)
	}
	shows(len(more))

	account := filepath.Join(t.TempDir(), "StreamingHistory_music_0.json")
	if err := os.WriteFile(account, []byte(`[{"endTime":"2022-09-08 00:35","artistName":"A","trackName":"B","msPlayed":200000}]`), 0o600); err != nil {
		t.Fatal(err)
	}
	if text, err = importFile(dir, account, nil); err == nil || !strings.Contains(text, "xtended") || !strings.Contains(text, "https://www.spotify.com/account/privacy") {
		t.Errorf("the short form: %v\n%s", err, text)
	}
	damaged := filepath.Join(t.TempDir(), "Streaming_History_Audio_2020_0.json")
	row := `{"ts":"2019-05-01T10:00:00Z","ms_played":200000,"spotify_track_uri":"spotify:track:0123456789ABCDEFGHIJKL"}`
	if err := os.WriteFile(damaged, []byte("["+row+",{"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if text, err = importFile(dir, damaged, nil); err == nil || !strings.Contains(text, "NOT READ TO ITS END") {
			t.Errorf("a damaged file: %v\n%s", err, text)
		}
	}
	shows(len(more) + 1)
	if text, err = importFile(dir, account+"x", nil); err == nil || !strings.Contains(text, "there is no file") {
		t.Errorf("a missing file: %v\n%s", err, text)
	}
	if text, err = importFile(dir, file, []string{"LISTENER=sister"}); err == nil || !strings.Contains(text, `no listener "sister"`) {
		t.Errorf("an unknown listener: %v\n%s", err, text)
	}
}

// After Ctrl-C the same command finishes the import.
func TestStoppedImport(t *testing.T) {
	plays := oldPlays(365 * 3)
	file := writeExport(t, plays, fakespotify.ExportOptions{Plain: true})
	dir := t.TempDir()
	for _, at := range []string{"uploading", "reading", "loading"} {
		out := newOutput()
		cmd := command(dir, out, nil, "import", file)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		t.Cleanup(func() { cmd.Process.Kill() })
		eventually(t, at+" or at its end", func() bool { return strings.Contains(out.String(), at) || len(ended) > 0 })
		_ = cmd.Process.Signal(syscall.SIGINT) // it may have ended
		err := <-ended
		// Only the first is sure to be stopped: the others continue an import that may be done before they ask.
		if done := err == nil && strings.Contains(out.String(), "imported"); done && at != "uploading" {
			continue
		}
		if err == nil || !strings.Contains(out.String(), "The same command continues the import") || strings.Contains(out.String(), "warning") {
			t.Errorf("stopped while %s: %v\n%s", at, err, out)
		}
	}
	if text, err := importFile(dir, file, nil); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	p := start(t, dir, newOutput())
	eventually(t, "showing the plays of the export", func() bool { return p.insights(t).Totals.Plays == int64(len(plays)) })
}

// The page's form uploads an export. Another web page cannot, and what is no export is refused with what to do.
func TestUploadField(t *testing.T) {
	_, env := account(t, noFaults(), noPlays())
	dir := t.TempDir()
	p := start(t, dir, newOutput(), env...)
	plays := oldPlays(3)
	file := writeExport(t, plays, fakespotify.ExportOptions{Plain: true})
	pdf := filepath.Join(t.TempDir(), "my.pdf")
	empty := filepath.Join(t.TempDir(), "my.zip")
	for name, content := range map[string]string{pdf: "%PDF", empty: ""} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	wantsJSON, browser := map[string]string{"Accept": "application/json"}, map[string]string{"Accept": "text/html,*/*"}
	for _, tt := range []struct {
		path, file string
		header     map[string]string
		code       int
		body       string
	}{
		{"/import?listener=me", file, map[string]string{"Origin": "https://evil.example"}, 403, "another web page"},
		{"/import?listener=me", file, map[string]string{"Host": "evil.example"}, 400, "not this machine"},
		{"/import?listener=you", file, nil, 404, "no listener"},
		{"/import?listener=me", pdf, nil, 400, "my_spotify_data.zip"},
		{"/import?listener=me", pdf, browser, 400, "<!doctype html>"},
		{"/import?listener=me", empty, nil, 400, "empty"},
		{"/import?listener=me", "", nil, 400, "no file"},
		{"/import?listener=me", file, nil, 303, ""},
		{"/import", file, wantsJSON, 202, `{"status":"uploaded","upload":"listener=me/my_spotify_data.zip"}`},
	} {
		if code, body := post(t, p.page+tt.path, tt.file, tt.header); code != tt.code || !strings.Contains(body, tt.body) || code >= 400 && tt.body[0] != '<' && !strings.Contains(body, `"action":"`) {
			t.Errorf("%s to %s with %v: %d %s, want %d %s", filepath.Base(tt.file), tt.path, tt.header, code, body, tt.code, tt.body)
		}
		if tt.code == http.StatusSeeOther { // the page that follows shows the progress
			if _, err := os.Stat(filepath.Join(dir, "storage", embedded.InsightsBucket, insights.ImportStatusName("me"))); err != nil {
				t.Errorf("the import has not begun: %v", err)
			}
		}
	}
	eventually(t, "imported", func() bool { return int(p.insights(t).Totals.Plays) == len(plays) })
}

// post sends a form with a file, or without one, and returns the answer's status and body.
func post(t *testing.T, url, file string, header map[string]string) (int, string) {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	if file != "" {
		part, err := form.CreateFormFile("file", filepath.Base(file))
		if err != nil {
			t.Fatal(err)
		}
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		part.Write(content)
	}
	form.Close()
	req, err := http.NewRequest(http.MethodPost, url, &body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", form.FormDataContentType())
	for name, value := range header {
		req.Header.Set(name, value)
	}
	req.Host = header["Host"]
	resp, err := client.Transport.RoundTrip(req) // follows no redirect
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(answer)
}
