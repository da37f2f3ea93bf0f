package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/listener"
)

// importExport imports an export for the listener LISTENER: on this machine, or where GOOGLE_CLOUD_PROJECT is set, in
// that project. It returns once the plays are on the page. The error is not nil where a file was not read to its end.
func importExport(ctx context.Context, dir, file string, out io.Writer) (err error) {
	begun := time.Now()
	id := cmp.Or(os.Getenv("LISTENER"), listener.Default)
	export, err := openExport(file)
	if err != nil {
		return err
	}
	defer export.Close()
	consoleLevel.Set(slog.LevelWarn) // the progress is shown instead
	t, err := openTarget(ctx, dir, id, export.demo)
	if err != nil {
		if ctx.Err() != nil {
			return errors.New("stopped before the import began")
		}
		return err
	}
	defer func() { err = errors.Join(err, t.stop()) }()
	progress := newProgress(os.Stderr)
	result, err := importInto(ctx, t, id, file, export, progress)
	progress.end()
	if ctx.Err() != nil {
		consoleLevel.Set(slog.LevelError) // what is broken off is not worth a warning
		return errors.New("stopped. " + t.stopped)
	}
	if err != nil {
		return err
	}
	result.took, result.see = time.Since(begun), t.see
	fmt.Fprint(out, result.text())
	return result.err()
}

// importInto uploads an export and waits until its plays are on the page.
func importInto(ctx context.Context, t *target, listenerID, file string, export *exportFile, progress *progress) (r result, err error) {
	r.listener = listenerID
	name, err := uploadName(listenerID, file)
	if err != nil {
		return r, err
	}
	w := watch{target: t, listener: listenerID, progress: progress}
	before, err := w.document(ctx)
	if err != nil {
		return r, err
	}
	progress.show(phaseUpload, megabytes(0, export.size))
	content := &counting{Reader: export, count: func(n int64) { progress.show(phaseUpload, megabytes(n, export.size)) }}
	upload, err := t.uploads.Upload(ctx, name, uploadType, content)
	if err != nil {
		return r, fmt.Errorf("%w. %s", err, t.look)
	}
	status, err := w.imported(ctx, upload.Generation)
	if err != nil {
		return r, err
	}
	r.again = status.Again
	after, done, err := w.ranked(ctx, status.Zip)
	r.done, r.closed = done, closedGaps(before, after)
	return r, err
}

// closedGaps is how many gaps of a document are not in a later one.
func closedGaps(before, after insights.Document) (closed int) {
	if before.Status == nil || after.Status == nil {
		return 0
	}
	open := map[insights.Gap]bool{}
	for _, gap := range after.Status.Gaps {
		open[gap] = true
	}
	for _, gap := range before.Status.Gaps {
		if !open[gap] {
			closed++
		}
	}
	return closed
}

// counting reports how many bytes were read.
type counting struct {
	io.Reader
	n     int64
	count func(int64)
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += int64(n)
	c.count(c.n)
	return n, err
}
