package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"spotify-insights.internal/functions/dashboard/pages"
	"spotify-insights.internal/functions/importer"
	"spotify-insights.internal/functions/local/embedded"
	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/handler"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/listener"
)

const (
	// uploadLimit is the longest that an upload may take.
	uploadLimit = 2 * time.Hour
	// peeked is how many bytes at the beginning of an export are enough to find the name of its first entry.
	peeked = 1024
	// beginPause is how long the answer to an upload waits for the import to begin.
	beginPause = 5 * time.Second
)

// uploads takes exports from the page, and writes them into the bucket from which they are imported.
type uploads struct {
	bucket    *bucket.Bucket
	insights  *bucket.Bucket
	listeners listener.Set
	demo      bool // only the demo's own export
}

func openUploads(ctx context.Context, listeners listener.Set, demo bool) (*uploads, error) {
	b, err := bucket.Open(ctx, embedded.UploadsBucket)
	if err != nil {
		return nil, err
	}
	insights, err := bucket.Open(ctx, embedded.InsightsBucket)
	return &uploads{b, insights, listeners, demo}, err
}

// site is what the page of an error shows besides the error.
func (u *uploads) site() *pages.Site {
	return &pages.Site{Listeners: slices.Sorted(maps.Keys(u.listeners)), Default: listener.Default, Local: true, Demo: u.demo}
}

// receive answers a form with one file. The file is never whole in memory, nor in a file of this process's own.
func (u *uploads) receive(w http.ResponseWriter, r *http.Request) (err error) {
	if err := handler.Method(w, r, http.MethodPost); err != nil {
		return err
	}
	l, err := u.listeners.Find(cmp.Or(r.URL.Query().Get("listener"), listener.Default))
	if err != nil {
		return err
	}
	if r.ContentLength > importer.MaxUpload+peeked {
		return tooLarge()
	}
	r.Body = &patientBody{http.MaxBytesReader(w, r.Body, importer.MaxUpload+peeked), http.NewResponseController(w)}
	defer func() {
		if err != nil { // a browser shows the answer only after it has sent everything
			_, _ = io.Copy(io.Discard, r.Body)
		}
	}()
	parts, err := r.MultipartReader()
	if err != nil {
		return faults.New(faults.Invalid, "Send the file as curl does: curl -F file=@my_spotify_data.zip ADDRESS", "the request is not a form with a file: %w", err)
	}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return faults.New(faults.Invalid, "Choose "+choice, "the form contains no file")
		}
		if err != nil {
			return cutUpload(err)
		}
		if part.FileName() == "" {
			continue
		}
		upload, err := u.store(r.Context(), l.ID, part.FileName(), part)
		if err != nil {
			return err
		}
		if next, err := parts.NextPart(); err == nil && next.FileName() != "" {
			return faults.New(faults.Invalid, "Upload the other files one by one.", "the form contains several files, of which the first is imported")
		}
		if strings.Contains(r.Header.Get("Accept"), "application/json") {
			handler.JSON(w, http.StatusAccepted, map[string]string{"status": "uploaded", "upload": upload.Name})
			return nil
		}
		u.awaitBegin(r.Context(), l.ID, upload.Generation)
		http.Redirect(w, r, "/record?"+url.Values{"listener": {l.ID}}.Encode(), http.StatusSeeOther)
		return nil
	}
}

// awaitBegin waits until the importer has taken an upload, so that the page shows its progress. It gives up after
// beginPause, because the importer may be busy with an earlier upload.
func (u *uploads) awaitBegin(ctx context.Context, listenerID string, generation int64) {
	ctx, cancel := context.WithTimeout(ctx, beginPause)
	defer cancel()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for {
		var status insights.ImportStatus
		if _, err := u.insights.ReadJSON(ctx, insights.ImportStatusName(listenerID), &status); err == nil && status.Generation == generation {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// store writes a file into the bucket.
func (u *uploads) store(ctx context.Context, listenerID, file string, content io.Reader) (o bucket.Object, err error) {
	name, err := uploadName(listenerID, file)
	if err != nil {
		return o, err
	}
	received := &received{Reader: content}
	buffered := bufio.NewReaderSize(received, peeked)
	head, err := buffered.Peek(peeked)
	if err != nil && !errors.Is(err, io.EOF) {
		return o, cutUpload(err)
	}
	switch own := isDemoExport(head); {
	case len(head) == 0:
		return o, emptyExport()
	case u.demo && !own:
		return o, faults.New(faults.Invalid, "Import your own export with: make import FILE=my_spotify_data.zip. Then stop the demo and start the server again: it shows your own plays.",
			"this page shows the demo, whose data is apart from yours")
	case !u.demo && own:
		return o, faults.New(faults.Invalid, "Choose the zip that Spotify sent you. The demo's is imported by make import only, into the demo's own data.", "this is the export of the demo's invented listener")
	}
	o, err = u.bucket.Upload(ctx, name, uploadType, buffered)
	if received.err != nil {
		return o, cutUpload(received.err)
	}
	if err != nil {
		return o, err
	}
	slog.Info("an export was uploaded; its import begins", "listener", listenerID, "bytes", o.Size)
	return o, nil
}

// isDemoExport reports whether an export that begins with head is of the demo's listener.
func isDemoExport(head []byte) bool {
	const fixed = 30 // bytes of a zip's header before the name of its first entry
	if len(head) < fixed || string(head[:4]) != "PK\x03\x04" {
		return false
	}
	name := head[fixed:]
	if n := int(binary.LittleEndian.Uint16(head[26:])); n < len(name) {
		name = name[:n]
	}
	return strings.HasPrefix(string(name), demoExportFolder)
}
