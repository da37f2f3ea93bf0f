// Package imports tests the import of an export from the upload to the page: through the event bridge and the functions
// framework, together with plays of the API, and with a process that is killed at each step.
package imports

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"testing"

	"spotify-insights.internal/functions/local/embedded"
	"spotify-insights.internal/functions/local/embedded/eventbridge"
	"spotify-insights.internal/functions/local/fakespotify"
	"spotify-insights.internal/functions/local/framework"
	"spotify-insights.internal/functions/local/machine"
	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/insights"
)

// pipeline is a machine with its functions. The framework can be started once in a process.
type pipeline struct {
	*machine.Machine
	functions *url.URL
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
	if p.functions, err = framework.Serve(ctx); err != nil {
		return nil, err
	}
	p.events = eventbridge.Start(ctx, eventbridge.Options{
		Project: embedded.Project, PubSub: m.Cloud.PubSub, Storage: m.Cloud.Storage,
		Routes: []eventbridge.Route{
			{Name: "importer", Bucket: embedded.UploadsBucket, Existing: true, URL: p.functions.JoinPath("importer").String()},
			{Name: "load", Bucket: embedded.LakeBucket, URL: p.functions.JoinPath("load").String()},
			{Name: "topten", Topic: m.Config.Topic, URL: p.functions.JoinPath("topten").String()},
		},
	})
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
	req, err := http.NewRequestWithContext(ctx, method, p.functions.String()+path, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s = %s %s", method, path, resp.Status, body)
	}
	if err == nil && out != nil {
		_, err = out.Write(body)
	}
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
