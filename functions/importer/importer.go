package importer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path"
	"strings"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"spotify-insights.internal/shared/advice"
	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/events"
	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/shared/listener"
)

const (
	// retryLimit is the age of an event after which a transient error ends its delivery. It is shorter than the two
	// hours for which the platform delivers an event, so that the status is written.
	retryLimit = 110 * time.Minute
	// MaxUpload is the largest upload, in bytes. Spotify's exports have up to 100 MB.
	MaxUpload = 2 << 30
	// listenerFolder begins the names of uploads.
	listenerFolder = "listener="
)

// Importer imports uploads. A run that was interrupted is repeated from the beginning, but does not write the objects
// again that are in the lake.
type Importer struct {
	Bucket    string // of the uploads
	Listeners listener.Set
	Uploads   interface {
		Attrs(ctx context.Context, name string) (bucket.Object, error)
		ReadRange(ctx context.Context, o bucket.Object, offset, length int64) ([]byte, error)
		DeleteGeneration(ctx context.Context, o bucket.Object) error
	}
	Lake interface {
		List(ctx context.Context, prefix string) ([]bucket.Object, error)
		Create(ctx context.Context, name, contentType string, content []byte) (bool, error)
		ReadJSON(ctx context.Context, name string, v any) (generation int64, err error)
	}
	Insights interface {
		ReadJSON(ctx context.Context, name string, v any) (generation int64, err error)
		WriteJSON(ctx context.Context, name string, v any, generation int64) error
	}
	Now func() time.Time
}

// Handle imports the upload of one event. It does nothing where the upload was deleted or replaced, and where the object
// is not in the folder of a listener.
func (i *Importer) Handle(ctx context.Context, e event.Event) (err error) {
	in, o, err := events.DecodeObject(e)
	if err != nil {
		return err
	}
	defer faults.Wrap(&err, "importing gs://%s/%s", in, o.Name)
	if in != i.Bucket {
		return faults.New(faults.Invalid, "Give this function a trigger on the bucket of uploads only.", "the uploads are in the bucket %s", i.Bucket)
	}
	if folder, name, _ := strings.Cut(o.Name, "/"); !strings.HasPrefix(folder, listenerFolder) || name == "" {
		// Such as the parts that gcloud uploads in parallel, and deletes once it has put them together.
		slog.InfoContext(ctx, "passed over: the object is not in the folder of a listener", "object", o.Name)
		return nil
	}
	found, err := i.Uploads.Attrs(ctx, o.Name)
	if errors.Is(err, fs.ErrNotExist) || err == nil && found.Generation != o.Generation {
		slog.WarnContext(ctx, "the upload is gone or was replaced; there is nothing to import", "object", o.Name)
		return nil
	}
	if err != nil {
		return err
	}
	r := i.newRun(found)
	err = r.do(ctx)
	if errors.Is(err, fs.ErrNotExist) { // deleted meanwhile
		slog.WarnContext(ctx, "the upload is gone; the import ends", "object", o.Name)
		return r.fail(ctx, faults.New(faults.Invalid, "Upload the file again.", "the upload was deleted before it was imported"))
	}
	if err != nil && !faults.Permanent(err) && !e.Time().IsZero() && i.Now().Sub(e.Time()) > retryLimit {
		err = faults.New(faults.Invalid, "Look at the errors of importer in "+advice.Log()+", then upload the file again.", "it failed for two hours: %w", err)
		return errors.Join(err, r.fail(ctx, err)) // the upload stays: it can be imported by hand
	}
	if faults.Permanent(err) {
		if err := r.fail(ctx, err); err != nil {
			return err // the event is delivered again, and refused again
		}
		if err := i.Uploads.DeleteGeneration(context.WithoutCancel(ctx), found); err != nil {
			return err // likewise
		}
	}
	return err
}

// parseUpload returns the listener and the file name in the name of an upload, such as listener=me/my_spotify_data.zip.
func (i *Importer) parseUpload(object string) (id, name string, err error) {
	folder, name, _ := strings.Cut(object, "/")
	id = strings.TrimPrefix(folder, listenerFolder)
	if !listener.Valid(id) || path.Base(name) != name {
		return "", path.Base(object), faults.New(faults.Invalid, "Upload it again as listener=ID/FILE, such as listener=me/my_spotify_data.zip.", "its name is not valid")
	}
	if _, err := i.Listeners.Find(id); err != nil {
		return id, name, faults.New(faults.Invalid, "Add the listener to LISTENERS, or upload the file for one of its listeners.", "%w", err)
	}
	return id, name, nil
}

// do imports the upload, and deletes it once everything is in the lake.
func (r *run) do(ctx context.Context) (err error) {
	if r.refused != nil {
		return r.refused
	}
	if r.upload.Size > MaxUpload {
		return faults.New(faults.Invalid, "Upload the file that Spotify sent, or the JSON files in it one by one.", "it has %d MB, which is over the limit of %d", r.upload.Size>>20, MaxUpload>>20)
	}
	if err := r.writeStatus(ctx); err != nil {
		return err
	}
	source := &ranges{ctx: ctx, bucket: r.Uploads, object: r.upload}
	defer func() {
		if source.err != nil { // what a parser made of it does not matter
			err = source.err
		}
	}()
	if r.status.Zip, err = source.hash(); err != nil {
		return err
	}
	manifest, written, err := r.readManifest(ctx)
	if err != nil {
		return err
	}
	if !written {
		if manifest, err = r.read(ctx, source); err != nil {
			return err
		}
		if err := r.writeManifest(ctx, manifest); err != nil {
			return err
		}
	}
	r.status.Outcome, r.status.Again = insights.Imported, !manifest.ImportedAt.Equal(r.upload.Created)
	r.status.Rows, r.status.Files, r.status.Read = manifest.Rows, manifest.Files, r.status.Size
	if err := r.writeStatus(ctx); err != nil {
		return err
	}
	if err := r.Uploads.DeleteGeneration(ctx, r.upload); err != nil {
		return err
	}
	slog.InfoContext(ctx, "imported", "listener", r.listener, "zip", r.status.Zip, "name", r.status.Name, "again", r.status.Again,
		"files", len(manifest.Files), "complete", manifest.Complete(), "rows", manifest.Rows, "plays", manifest.Rows-manifest.NotMusic-manifest.Rejected,
		"not_music", manifest.NotMusic, "rejected", manifest.Rejected, "objects", r.written, "latency_ms", r.Now().Sub(r.status.StartedAt).Milliseconds())
	return nil
}

// readManifest returns the manifest of an earlier run that imported the same file.
func (r *run) readManifest(ctx context.Context) (m lake.Manifest, written bool, err error) {
	generation, err := r.Lake.ReadJSON(ctx, lake.ManifestName(r.listener, r.status.Zip), &m)
	return m, generation != 0, err
}

// read reads every file of the upload, and writes its rows to the lake.
func (r *run) read(ctx context.Context, source *ranges) (lake.Manifest, error) {
	files, err := open(source, r.status.Name)
	if err != nil {
		return lake.Manifest{}, err
	}
	for _, f := range files {
		r.status.Size += f.size
	}
	if err := r.writeObjects(ctx, source, files); err != nil {
		return lake.Manifest{}, err
	}
	m := lake.Manifest{Version: lake.ManifestVersion, Zip: r.status.Zip, Name: r.status.Name, ImportedAt: r.upload.Created, Oldest: r.span.oldest, Newest: r.span.newest, Files: r.status.Files}
	for _, f := range m.Files {
		m.Rows, m.NotMusic, m.Rejected = m.Rows+f.Rows, m.NotMusic+f.NotMusic, m.Rejected+f.Rejected
	}
	if m.Rows == 0 {
		return m, nothing(m.Files)
	}
	return m, nil
}

// howToAsk is what to do with a file that is not the extended streaming history.
const howToAsk = `Ask Spotify for the "Extended streaming history" at https://www.spotify.com/account/privacy, and import the file that arrives. It can take up to 30 days.`

// nothing returns why an upload has no row that could be imported.
func nothing(files []lake.ManifestFile) error {
	var reasons []string
	for _, f := range files {
		if f.Error != "" {
			reasons = append(reasons, f.Name+": "+strings.TrimSuffix(strings.TrimSuffix(f.Error, howToAsk), ". ")) // the action says it
		}
	}
	const most = 3
	if len(reasons) > most {
		reasons = append(reasons[:most], fmt.Sprintf("and %d files more", len(reasons)-most))
	}
	if len(reasons) == 0 {
		return faults.New(faults.Invalid, howToAsk, "it contains no row of a streaming history")
	}
	return faults.New(faults.Invalid, howToAsk, "it contains no row that can be imported: %s", strings.Join(reasons, "; "))
}
