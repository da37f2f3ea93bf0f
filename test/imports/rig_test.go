// Package imports tests the import of an export from the upload to the page: through the event bridge, together with plays of the API, and with a process that is killed at each step.
package imports

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"spotify-insights.internal/functions/local/embedded/eventbridge"
	"spotify-insights.internal/functions/local/fakespotify"
	"spotify-insights.internal/functions/local/machine"
	"spotify-insights.internal/functions/local/platform"
	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/insights"
)

// pipeline is a machine with its functions.
type pipeline struct {
	*machine.Machine
	events    *eventbridge.Bridge
	uploads   *bucket.Bucket
	documents *bucket.Bucket
}

// start starts the functions of a machine and delivers its events, also those of uploads that are there already.
func start(ctx context.Context, m *machine.Machine) (p *pipeline, err error) {
	p = &pipeline{Machine: m}
	if p.uploads, err = bucket.Open(ctx, m.Config.UploadsBucket); err != nil {
		return nil, err
	}
	if p.documents, err = bucket.Open(ctx, m.Config.InsightsBucket); err != nil {
		return nil, err
	}
	p.events = platform.Deliver(ctx, m)
	return p, p.call(ctx, http.MethodPost, "/reconcile", nil)
}

// upload uploads an export, and returns when it is imported, loaded and ranked.
func (p *pipeline) upload(ctx context.Context, listener, name string, content []byte) error {
	if _, err := p.uploads.Upload(ctx, "listener="+listener+"/"+name, "application/zip", bytes.NewReader(content)); err != nil {
		return err
	}
	return p.events.Idle(ctx)
}

// call calls a function and writes the body of its answer to out.
func (p *pipeline) call(ctx context.Context, method, path string, out io.Writer) error {
	w := httptest.NewRecorder()
	platform.Handler().ServeHTTP(w, httptest.NewRequestWithContext(ctx, method, path, nil))
	if w.Code != http.StatusOK {
		return fmt.Errorf("%s %s = %d %s", method, path, w.Code, w.Body)
	}
	if out == nil {
		return nil
	}
	_, err := io.Copy(out, w.Body)
	return err
}

// document reads a listener's document.
func (p *pipeline) document(ctx context.Context, listener string) (d insights.Document, err error) {
	_, err = p.documents.ReadJSON(ctx, insights.DocumentName(listener), &d)
	return d, err
}

// exportOf is an export of plays with all its flaws, in several files.
func exportOf(t testing.TB, plays []fakespotify.Play) (content []byte, counts fakespotify.ExportCounts) {
	t.Helper()
	var out bytes.Buffer
	counts, err := fakespotify.WriteExport(&out, plays, fakespotify.ExportOptions{Seed: 7, FileRows: 400})
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), counts
}

// checkAccount checks that every row of an import is accounted for, and returns the sums over its files.
func checkAccount(t testing.TB, i insights.Import) (sum insights.ImportedFile) {
	t.Helper()
	for _, file := range i.Files {
		if file.Rows != file.Plays+file.Duplicates+file.NotMusic+file.Rejected || file.Error != "" {
			t.Errorf("%s: %+v does not add up, or has an error", i.Name, file)
		}
		sum.Rows += file.Rows
		sum.Plays += file.Plays
		sum.Duplicates += file.Duplicates
		sum.NotMusic += file.NotMusic
		sum.Rejected += file.Rejected
	}
	if i.Loaded != i.Rows || sum.Rows != i.Rows {
		t.Errorf("%s: %d rows, %d of them are loaded, %d are in its files", i.Name, i.Rows, i.Loaded, sum.Rows)
	}
	return sum
}
